"""A stranger follows the page from an own Parquet file to /metrics, word for word."""

import os
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fairlead.demo.processes import free_port
from tests.support import logs, rules
from tests.support.metrics import series

PAGE = rules.FOLDER.parent / "exporter" / "docs" / "ten-minutes.md"
INSTALL, *BLOCKS = re.findall(r"^```sh\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
STOP = BLOCKS.pop()


def prepare(folder: Path) -> None:
    """What the first block leaves: a checkout, and the program on PATH; and the stranger's own two files."""
    shutil.copytree(rules.FOLDER, folder / "rules")
    (folder / "bin").mkdir()
    for name, command in {"fairlead": f"{sys.executable} -m fairlead", "python3": sys.executable}.items():
        program = folder / "bin" / name
        program.write_text(f'#!/bin/sh\nexec {command} "$@"\n')
        program.chmod(0o755)
    names = {"at": "ts", "score": "p_approved"}
    columns = ["ts", "decision", "outcome", "p_approved", "income", "purpose", "sex"]
    validation = logs.rows(3_000, seed=1).rename(columns=names)[columns]
    lately = logs.rows(6_000, datetime.now(UTC) - timedelta(days=3), days=4, seed=2).rename(columns=names)[columns]
    lately["income"] *= 2
    logs.write(validation, folder / "validation.parquet")
    logs.write(lately, folder / "logs" / "today.parquet")


@pytest.mark.timeout(900)
def test_a_clone_is_installed(tmp_path: Path) -> None:
    """From this checkout, with the pinned packages."""
    script = "set -e\n" + INSTALL.replace("<this repository>", str(rules.FOLDER.parent)) + "command -v fairlead\n"
    env = {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "VIRTUAL_ENV"}}
    command = ["bash", "-c", script + "fairlead --version\n"]
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    where, version = done.stdout.splitlines()[-2:]
    assert where == str(tmp_path / "fairlead" / ".venv" / "bin" / "fairlead")
    assert version.startswith("fairlead, version ")


def test_the_page_ends_with_the_own_model_monitored(tmp_path: Path) -> None:
    assert STOP == "kill $!\n"
    prepare(tmp_path)
    port = free_port()
    keep = 'curl --silent --fail http://127.0.0.1:10171/metrics > page.txt\nkill $!\nwait $! || echo "ended with $?"\n'
    script = "set -e -o pipefail\ntrap 'kill $! 2>/dev/null || :' EXIT\n" + "".join(BLOCKS) + keep
    done = subprocess.run(
        ["bash", "-c", script.replace(":10171", f":{port}")],
        cwd=tmp_path,
        env={**os.environ, "PATH": f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "fairlead.yml: 1 model" in done.stdout
    assert re.search(r"credit-default: baseline \S+-v1 from 3000 rows, active", done.stdout)
    assert "exit code 2: " in done.stdout
    assert "ended with" not in done.stdout
    assert done.stdout.count("\nfairlead_feature_psi{") == 2
    page = (tmp_path / "page.txt").read_text()
    found = {dict(of)["feature"]: value for of, value in series(page, "fairlead_feature_psi").items()}
    assert found.keys() == {"income", "purpose"}
    assert found["income"] > 0.25 > found["purpose"]
    assert series(page, "fairlead_fairness_disparate_impact_ratio", model="credit-default", attribute="sex")
    assert "Traceback" not in (tmp_path / "fairlead.log").read_text()
