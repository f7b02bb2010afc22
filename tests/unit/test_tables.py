"""The table that is drawn here is the one that rich would draw."""

import io

import pytest
from rich.console import Console
from rich.table import Table
from rich.text import Text

from fairlead.tables import Line, wide

COLUMNS = {"severity": "left", "of": "left", "value": "right"}
LINES = [Line("bold red", ("CRITICAL", "feature=名前 é", "0.5")), Line("", ("INFO", "", "-12.25"))]


def console(width: int, terminal: bool) -> Console:
    colours = "truecolor" if terminal else None
    return Console(file=io.StringIO(), width=width, force_terminal=terminal, color_system=colours, legacy_windows=False)  # type: ignore[arg-type]


def drawn(width: int, terminal: bool) -> str:
    shown = console(width, terminal)
    wide(shown, COLUMNS, LINES)
    return str(shown.file.getvalue())  # type: ignore[attr-defined]


def expected(width: int, terminal: bool) -> str:
    table, shown = Table(), console(width, terminal)
    for name, justify in COLUMNS.items():
        table.add_column(name, justify=justify, no_wrap=True)  # type: ignore[arg-type]
    for line in LINES:
        table.add_row(Text(line.cells[0], line.style), *line.cells[1:])
    shown.print(table)
    return str(shown.file.getvalue())  # type: ignore[attr-defined]


@pytest.mark.parametrize("width", [10, 20, 37, 38, 39, 200])
def test_text_is_that_of_rich(width: int) -> None:
    assert drawn(width, terminal=False) == expected(width, terminal=False)


def test_severities_have_their_colours() -> None:
    assert "\x1b[1;31mCRITICAL\x1b[0m" in drawn(200, terminal=True)
    assert "\x1b[1;31mCRITICAL\x1b[0m" in expected(200, terminal=True)
    assert Text.from_ansi(drawn(200, terminal=True)).plain == Text.from_ansi(expected(200, terminal=True)).plain
