"""Imports point one way, and core is pure."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "exporter" / "fairlead"
MODULES = sorted(PACKAGE.rglob("*.py"))

SIBLINGS = {
    "alerting",
    "api",
    "config",
    "console",
    "engines",
    "exposition",
    "grafana",
    "ingest",
    "monitor",
    "reports",
    "store",
}
LEAVES = {"", "errors", "log"}
"""The package itself (its version), errors and logging: everything but core may import them."""
INSIDE = SIBLINGS | {"core"}
MAY_IMPORT = {
    "core": set(),
    **{sibling: {"core"} for sibling in SIBLINGS},
    "console": {"core", "api"},
    "tables": INSIDE,
    "report": INSIDE | {"tables"},
    "app": INSIDE,
    "serve": INSIDE | {"app"},
    "cli": INSIDE | {"app", "report", "serve", "tables"},
    "__main__": {"cli"},
    "demo": INSIDE,
    "client": set(),
    "": set(),
    "errors": set(),
    "log": set(),
}
"""Part of the package → the parts it may import besides itself and the leaves. A new part gets a line here."""

PURE = {"numpy", "scipy"} | sys.stdlib_module_names
IMPURE = {"asyncio", "io", "logging", "multiprocessing", "os", "pathlib", "random", "shutil", "socket", "sqlite3"} | {
    "subprocess",
    "tempfile",
    "threading",
    "time",
    "urllib",
}
"""Of the standard library: input, output, clocks, chance and logging."""
VAGUE = {"common", "helper", "helpers", "misc", "model", "util", "utils"}


def _name(path: Path) -> str:
    return str(path.relative_to(PACKAGE))


def _part(path: Path) -> str:
    first = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    return "" if first == "__init__" else first


def _imports(path: Path) -> Iterator[str]:
    """Every imported module, absolute, wherever in the file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{_name(path)}:{node.lineno}: imports must be absolute"
            module = node.module or ""
            parent = module in {"fairlead", "fairlead.core"}
            yield from (f"{module}.{alias.name}" for alias in node.names) if parent else (module,)


def _fairlead_parts(path: Path) -> set[str]:
    """The parts of fairlead that a file imports; a name in the package itself, such as its version, is the part ""."""
    parts = set()
    for module in _imports(path):
        names = module.split(".")
        if names[0] == "fairlead":
            part = names[1] if len(names) > 1 else ""
            parts.add(part if (PACKAGE / part).is_dir() or (PACKAGE / f"{part}.py").is_file() else "")
    return parts


def test_there_are_modules() -> None:
    assert len(MODULES) > 30


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_imports_point_one_way(path: Path) -> None:
    part = _part(path)
    assert part in MAY_IMPORT, f"{_name(path)}: say in MAY_IMPORT what {part} may import"
    leaves = set() if part == "core" else LEAVES
    forbidden = _fairlead_parts(path) - MAY_IMPORT[part] - leaves - {part}
    assert not forbidden, f"{_name(path)} must not import {', '.join(sorted(forbidden))}"


@pytest.mark.parametrize("path", sorted((PACKAGE / "core").rglob("*.py")), ids=_name)
def test_core_is_pure(path: Path) -> None:
    roots = {module.split(".")[0] for module in _imports(path)} - {"fairlead"}
    assert roots <= PURE, f"{_name(path)} must import only numpy, scipy and the standard library"
    assert not roots & IMPURE, f"{_name(path)} must not import {', '.join(sorted(roots & IMPURE))}"


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_modules_are_named_by_subject(path: Path) -> None:
    if path.stem not in {"__init__", "__main__"}:
        assert path.stem not in sys.stdlib_module_names | VAGUE


def test_exporter_is_a_folder_not_a_package() -> None:
    assert not (PACKAGE.parent / "__init__.py").exists()
    assert not list((PACKAGE.parents[1] / "tests").rglob("__init__.py"))
