"""The core stays pure: it imports numpy, scipy and the standard library, and nothing that reaches outside."""

import ast
import sys
from pathlib import Path

import pytest

import fairlead.core

FILES = sorted(Path(str(fairlead.core.__file__)).parent.rglob("*.py"))
OUTSIDE = {"os", "io", "logging", "socket", "subprocess", "random", "time", "threading", "urllib", "pathlib", "sqlite3"}


def imported(path: Path) -> set[str]:
    """Modules a file imports, at any depth."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name}: relative import"
            found.add(str(node.module))
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: "/".join(path.parts[path.parts.index("core") :]))
def test_core_imports_only_what_it_may(path: Path) -> None:
    for module in imported(path):
        top = module.partition(".")[0]
        assert module.startswith("fairlead.core") or top in {"numpy", "scipy"} or top in sys.stdlib_module_names, module
        assert top not in OUTSIDE, module
        assert not module.startswith("numpy.random"), module


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_core_reads_no_clock_and_prints_nothing(path: Path) -> None:
    names = {node.attr for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Attribute)}
    calls = {node.id for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Name)}
    assert not names & {"now", "utcnow", "today", "default_rng"}
    assert not calls & {"print", "open", "input"}
