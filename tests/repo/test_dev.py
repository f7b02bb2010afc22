"""tools/dev: it runs the right thing, passes on its exit code, and says what to install where it may not."""

import os
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCKS = ("requirements-build.txt", "requirements-demo.txt", "requirements-dev.txt", "pyproject.toml")
BROWSER = ("chromium", "chromedriver")


class Checkout:
    """A copy of the scripts with a stand-in for .venv, whose programs are stand-ins too."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.bin = folder / ".venv" / "bin"
        self.bin.mkdir(parents=True)
        (folder / "tools").mkdir()
        shutil.copy(ROOT / "tools" / "dev", folder / "tools" / "dev")
        shutil.copy(ROOT / "Makefile", folder / "Makefile")
        for name in LOCKS:
            (folder / name).write_text(name)
        for name in ("alertmanager", "promtool", "amtool", "docker-compose", "postgres", "initdb", *BROWSER):
            self.program(name, "exit 0")
        self.program("prometheus", 'echo "prometheus, version 2.42.0"')
        self.program("python", 'case $1 in -c) exit 0 ;; esac; echo "python $*"')
        self.program("apt-get", "echo apt-get must not run; exit 99")
        self.program("id", "echo 1000")
        self.program("sudo", "exit 1")
        for extra in ("demo", "dev"):
            self.stamp(extra)

    def program(self, name: str, body: str) -> None:
        """Put a stand-in for a program on PATH."""
        path = self.bin / name
        path.write_text(f"#!/bin/sh\n{body}\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)

    def stamp(self, extra: str) -> None:
        """Mark the packages of a lock as installed."""
        names = ["requirements-build.txt", f"requirements-{extra}.txt", "pyproject.toml"]
        content = "".join((self.folder / name).read_text() for name in names)
        key = subprocess.run(["cksum"], input=content, capture_output=True, text=True, check=True).stdout
        (self.folder / ".venv" / f".locked-{extra}").write_text(key)

    def run(self, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a command in the checkout without the settings of the tests' own environment."""
        clean = {key: text for key, text in os.environ.items() if not key.startswith(("FAIRLEAD_", "MAKE", "MFLAGS"))}
        return subprocess.run(
            command, cwd=self.folder, env={**clean, **environment}, capture_output=True, text=True, check=False
        )


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """A fresh one, in a folder with a space in its name."""
    folder = tmp_path / "a checkout"
    folder.mkdir()
    return Checkout(folder)


@pytest.mark.parametrize(
    ("command", "started"),
    [
        (("make", "demo"), "python -m fairlead.demo\n"),
        (("make", "demo", "ONCE=1"), "python -m fairlead.demo --once\n"),
        (("./tools/dev", "demo", "--once"), "python -m fairlead.demo --once\n"),
        (("make", "test"), "python -m pytest -n auto --dist loadfile\n"),
        (("make", "test", "ARGS=-k psi"), "python -m pytest -n auto --dist loadfile -k psi\n"),
        (("make", "dashboards"), "python -m grafana.build\n"),
        (("make", "bench", "ARGS=--rows 50000"), "python -m tests.bench --rows 50000\n"),
        (("make", "study", "ARGS=--sizes 30"), "python -m tests.study --sizes 30\n"),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value),
)
def test_command_starts_what_it_promises(checkout: Checkout, command: tuple[str, ...], started: str) -> None:
    result = checkout.run(*command)
    assert (result.returncode, result.stdout, result.stderr) == (0, started, "")


@pytest.mark.parametrize("task", ["demo", "test"])
def test_exit_code_is_passed_on(checkout: Checkout, task: str) -> None:
    checkout.program("python", "case $1 in -c) exit 0 ;; esac; exit 5")
    assert checkout.run("./tools/dev", task).returncode == 5
    assert checkout.run("make", task).returncode != 0


def test_missing_programs_without_the_right_to_install(checkout: Checkout) -> None:
    result = checkout.run("./tools/dev", "demo", FAIRLEAD_PROMETHEUS="no-such-program")
    assert result.returncode == 1
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1
    assert "sudo apt-get install --no-install-recommends prometheus\n" in result.stderr


def test_missing_programs_with_the_right_to_install(checkout: Checkout) -> None:
    checkout.program("sudo", 'case "$*" in *install*) echo "$@" >>installed ;; esac')
    checkout.program("amtool", "exit 0")
    result = checkout.run("./tools/dev", "test", FAIRLEAD_AMTOOL="no-such-program")
    assert "installing the distribution's packages: prometheus-alertmanager" in result.stderr
    (line,) = (checkout.folder / "installed").read_text().splitlines()
    assert "apt-get -qq install --yes --no-install-recommends prometheus-alertmanager" in line


def test_postgresql_is_installed_for_tests_only(checkout: Checkout) -> None:
    """Without its default cluster, and without a service."""
    sudo = (
        'case "$*" in *apt-get*install*) echo "$@" >>installed ;; *tee*) cat >>settings ;; *) echo "$@" >>other ;; esac'
    )
    checkout.program("sudo", sudo)
    checkout.program("systemctl", "exit 0")
    assert checkout.run("./tools/dev", "demo", FAIRLEAD_POSTGRES="no-such-program").returncode == 0
    assert not (checkout.folder / "installed").exists()
    result = checkout.run("./tools/dev", "test", FAIRLEAD_POSTGRES="no-such-program")
    assert "installing the distribution's packages: postgresql\n" in result.stderr
    (line,) = (checkout.folder / "installed").read_text().splitlines()
    assert line.endswith(" postgresql")
    if not Path("/etc/postgresql-common/createcluster.conf").exists():
        assert "create_main_cluster = false\n" in (checkout.folder / "settings").read_text()
    assert "systemctl --quiet disable postgresql\n" in (checkout.folder / "other").read_text()


def test_a_browser_is_installed_for_tests_only(checkout: Checkout) -> None:
    checkout.program("sudo", 'case "$*" in *install*) echo "$@" >>installed ;; esac')
    missing = {"FAIRLEAD_CHROMIUM": "no-such-program", "FAIRLEAD_CHROMEDRIVER": "no-such-program"}
    checkout.program("apt-cache", "exit 0")
    assert checkout.run("./tools/dev", "demo", **missing).returncode == 0
    assert not (checkout.folder / "installed").exists()
    result = checkout.run("./tools/dev", "test", **missing)
    assert "installing the distribution's packages: chromium chromium-driver\n" in result.stderr


@pytest.mark.parametrize("version", ["2.41.0", "2.31.2+ds1", "1.8.2", "2.5.0"])
def test_old_prometheus_is_refused(checkout: Checkout, version: str) -> None:
    checkout.program("prometheus", f'echo "prometheus, version {version} (branch: main)"')
    result = checkout.run("./tools/dev", "demo")
    assert result.returncode == 1
    assert "prometheus must be 2.42 or newer, got" in result.stderr


@pytest.mark.parametrize("version", ["2.42.0+ds", "2.53.3", "3.5.3"])
def test_new_prometheus_is_taken(checkout: Checkout, version: str) -> None:
    checkout.program("prometheus", f'echo "prometheus, version {version} (branch: main)"')
    assert checkout.run("./tools/dev", "demo").returncode == 0


def test_changed_lock_is_installed_with_hashes(checkout: Checkout) -> None:
    (checkout.folder / "requirements-dev.txt").write_text("changed")
    result = checkout.run("./tools/dev", "test")
    assert "installing the packages of requirements-dev.txt into .venv" in result.stderr
    installs = [line for line in result.stdout.splitlines() if " install " in line]
    assert len(installs) == 3
    assert all("--require-hashes" in line or "--no-deps" in line for line in installs)
    assert checkout.run("./tools/dev", "test").stdout == "python -m pytest -n auto --dist loadfile\n"


def test_without_a_task_it_explains_itself(checkout: Checkout) -> None:
    for command in (["./tools/dev"], ["make"]):
        result = checkout.run(*command)
        assert result.returncode == 0
        assert "demo" in result.stdout
        assert "test" in result.stdout


def test_makefile_targets_are_short_and_explained() -> None:
    text = (ROOT / "Makefile").read_text()
    targets = [block for block in text.split("\n\n") if not block.startswith(".PHONY")]
    assert targets[0].startswith("help:")
    for block in targets:
        header, *recipe = block.strip().splitlines()
        assert " ## " in header, header
        assert len(recipe) <= 3, header
