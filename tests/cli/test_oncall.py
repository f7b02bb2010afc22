"""`fairlead oncall`: who is on call, and the address book that Alertmanager is shipped with."""

from pathlib import Path

import pytest

from tests.support.cli import Outcome, call
from tests.support.config_files import write

EXAMPLE = Path(__file__).parents[2] / "exporter" / "fairlead.example.yml"
SHIPPED = Path(__file__).parents[2] / "alertmanager" / "templates" / "oncall.tmpl"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """The smallest configuration with the rotations of the example."""
    path = write(tmp_path / "site")
    section = EXAMPLE.read_text(encoding="utf-8").split("\noncall:\n")[1]
    path.write_text(f"{path.read_text(encoding='utf-8')}oncall:\n{section}", encoding="utf-8")
    return path


def oncall(config: Path, *arguments: str) -> Outcome:
    command, *rest = arguments
    return call("oncall", command, "--config.file", config, *rest)


def cells(text: str) -> dict[str, list[str]]:
    """Rotation → the cells of its line."""
    lines = [[cell.strip() for cell in line.split("│")[1:-1]] for line in text.splitlines() if line.startswith("│")]
    return {line[0]: line[1:] for line in lines}


@pytest.mark.parametrize(
    ("at", "primary"),
    [
        ("2026-01-05T08:00Z", ["Ana Example", "2026-01-05 08:00", "2026-01-12 08:00", "Ben Example"]),
        ("2026-01-12T07:59:59", ["Ana Example", "2026-01-05 08:00", "2026-01-12 08:00", "Ben Example"]),
        ("2026-01-12T09:00+01:00", ["Ben Example", "2026-01-12 08:00", "2026-01-19 08:00", "Ana Example"]),
        ("2026-12-25", ["Cleo Example", "2026-12-24 08:00", "2026-12-28 08:00", "Ben Example"]),
    ],
)
def test_show(config: Path, at: str, primary: list[str]) -> None:
    shown = cells(oncall(config, "show", "--at", at).out)
    assert shown["primary"][:4] == primary
    assert shown["compliance_officer"] == [
        *("Eve Example", *shown["compliance_officer"][1:3], "Eve Example"),
        *("eve@example.com", "U00EVE", "+15550100005"),
    ]


def test_show_now(config: Path) -> None:
    assert set(cells(oncall(config, "show").out)) == {"primary", "secondary", "compliance_officer"}


@pytest.mark.parametrize("at", ["soon", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z"])
def test_show_at_no_moment(config: Path, at: str) -> None:
    refused = oncall(config, "show", "--at", at)
    assert (refused.code, refused.err.splitlines()[-1]) == (
        4,
        f"Error: --at: must be an ISO 8601 date or time, got '{at}'",
    )


def test_the_shipped_address_book_is_that_of_the_example(config: Path, tmp_path: Path) -> None:
    printed = oncall(config, "template")
    assert printed.out == SHIPPED.read_text(encoding="utf-8"), "make it again from exporter/fairlead.example.yml"
    written = tmp_path / "oncall.tmpl"
    assert oncall(config, "template", "--output", str(written)).out == f"{written}: reload Alertmanager\n"
    assert written.read_text(encoding="utf-8") == printed.out
    assert [path.name for path in tmp_path.iterdir() if "oncall" in path.name] == ["oncall.tmpl"]


def test_template_where_nothing_can_be_written(config: Path, tmp_path: Path) -> None:
    refused = oncall(config, "template", "--output", str(tmp_path / "none" / "oncall.tmpl"))
    assert refused.code == 1
    assert refused.err.startswith("--output: must be a file that can be written, got ")


def test_without_the_section(tmp_path: Path) -> None:
    path = write(tmp_path / "site")
    refused = oncall(path, "show")
    assert (refused.code, refused.err) == (1, f"{path}: oncall: must be given to know who is on call, got nothing\n")
