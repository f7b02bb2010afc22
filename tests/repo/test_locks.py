"""The pinned requirements: complete, hashed, without addresses, and what pyproject.toml asks for."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
EXTRAS = PROJECT["project"]["optional-dependencies"]
RUNTIME = PROJECT["project"]["dependencies"]
LOCKS = {
    "requirements.txt": RUNTIME,
    "requirements-demo.txt": [*RUNTIME, *EXTRAS["demo"]],
    "requirements-dev.txt": [*RUNTIME, *EXTRAS["demo"], *EXTRAS["dev"]],
    "requirements-build.txt": PROJECT["build-system"]["requires"],
}
all_locks = pytest.mark.parametrize("name", LOCKS)


def _pins(name: str) -> dict[str, list[tuple[Version, int]]]:
    """Package → its pinned versions with their counts of hashes; several where they depend on the Python version."""
    joined = (ROOT / name).read_text().replace("\\\n", " ")
    pins: dict[str, list[tuple[Version, int]]] = {}
    for line in joined.splitlines():
        if line.strip() and not line.lstrip().startswith("#"):
            pinned = re.match(r"([\w.-]+)(?:\[[\w,-]+\])?==([^\s;]+)", line)
            assert pinned is not None, f"{name}: not pinned: {line[:80]}"
            pins.setdefault(canonicalize_name(pinned[1]), []).append((Version(pinned[2]), line.count("--hash=sha256:")))
    return pins


@all_locks
def test_every_package_has_hashes(name: str) -> None:
    pins = _pins(name)
    assert pins
    assert all(hashes > 0 for versions in pins.values() for _, hashes in versions)


@all_locks
def test_no_address_is_in_a_lock(name: str) -> None:
    assert "://" not in (ROOT / name).read_text()


@all_locks
def test_lock_holds_what_the_project_asks_for(name: str) -> None:
    pins = _pins(name)
    for text in LOCKS[name]:
        wanted = Requirement(text)
        versions = pins.get(canonicalize_name(wanted.name), [])
        assert versions, f"{name}: {wanted.name} is missing: run make lock"
        assert all(wanted.specifier.contains(version) for version, _ in versions), f"{name}: {text}: run make lock"


@all_locks
def test_locks_agree_with_each_other(name: str) -> None:
    development = _pins("requirements-dev.txt")
    for package, versions in _pins(name).items():
        if package in development:
            found = {version for version, _ in versions}
            assert found == {version for version, _ in development[package]}, package
