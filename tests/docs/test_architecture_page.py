"""The page about the architecture names every decision by its title, and every part of the package."""

import re
from pathlib import Path

DOCS = Path(__file__).parents[2] / "exporter" / "docs"
PACKAGE = DOCS.parent / "fairlead"
PAGE = (DOCS / "architecture.md").read_text()


def test_every_decision_is_listed_in_order() -> None:
    titles = [path.read_text().splitlines()[0].removeprefix("# ") for path in sorted(DOCS.glob("adr/*.md"))]
    names = [path.name for path in sorted(DOCS.glob("adr/*.md"))]
    listed = re.findall(r"^\| (\d+) \| \[(.+)\]\(adr/(.+)\) \|$", PAGE, re.MULTILINE)
    assert [(f"{number}. {title}", name) for number, title, name in listed] == list(zip(titles, names, strict=True))


def test_every_part_has_its_line() -> None:
    described = [name for line in PAGE.splitlines() if line.startswith("| `") for name in re.findall(r"`(\w+)`", line)]
    outside = {"app", "cli", "demo"}
    assert set(described) == {path.parent.name for path in PACKAGE.glob("*/__init__.py")} - outside
