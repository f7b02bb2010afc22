"""The core takes time and randomness as arguments and prints nothing; tests/repo holds its imports."""

import ast
from pathlib import Path

import pytest

import fairlead.core

FILES = sorted(Path(str(fairlead.core.__file__)).parent.rglob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: "/".join(path.parts[path.parts.index("core") :]))
def test_core_reads_no_clock_draws_nothing_and_prints_nothing(path: Path) -> None:
    nodes = list(ast.walk(ast.parse(path.read_text())))
    attributes = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    names = {node.id for node in nodes if isinstance(node, ast.Name)}
    assert not attributes & {"now", "utcnow", "today", "random", "default_rng"}
    assert not names & {"print", "open", "input"}
