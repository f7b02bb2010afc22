"""exporter/Dockerfile: pinned, hashed, without root, and with every file it copies at hand."""

import fnmatch
import json
import re
import tomllib
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "exporter" / "Dockerfile").read_text()
LINES = TEXT.replace("\\\n", " ").splitlines()


def _arguments(instruction: str) -> list[str]:
    return [line.removeprefix(instruction).strip() for line in LINES if line.startswith(f"{instruction} ")]


def test_both_stages_start_from_the_same_pinned_image() -> None:
    images = [argument.split()[0] for argument in _arguments("FROM")]
    assert len(images) == 2
    assert len(set(images)) == 1
    assert re.fullmatch(r"python:3\.13\.\d+-slim-\w+", images[0])


def test_everything_installed_is_hashed_or_built_here() -> None:
    commands = [command.strip() for argument in _arguments("RUN") for command in argument.split("&&")]
    installs = [command for command in commands if command.startswith("pip ")]
    assert len(installs) == 4
    for command in installs:
        assert "--require-hashes" in command or "--no-deps" in command, command


def test_runs_without_root_as_the_user_of_compose() -> None:
    (user,) = _arguments("USER")
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", user)
    service = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]["fairlead"]
    assert service["user"] == user


def test_health_check_is_the_one_of_compose() -> None:
    (check,) = _arguments("HEALTHCHECK")
    command = json.loads(check[check.index("[") :])
    service = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]["fairlead"]
    assert service["healthcheck"]["test"] == ["CMD", *command]


def test_starts_the_console_script() -> None:
    (entry,) = _arguments("ENTRYPOINT")
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    assert json.loads(entry)[0] in scripts


def _in_context(name: str) -> bool:
    """Whether .dockerignore, which starts by leaving everything out, lets a file in."""
    lines = (ROOT / ".dockerignore").read_text().split()
    assert lines[0] == "*"
    return any(fnmatch.fnmatch(name, line[1:]) for line in lines if line.startswith("!"))


def test_copied_files_exist_and_are_in_the_build_context() -> None:
    sources = [
        source for argument in _arguments("COPY") if "--from" not in argument for source in argument.split()[:-1]
    ]
    assert sources
    for source in sources:
        assert (ROOT / source).exists(), source
        assert _in_context(source), source
