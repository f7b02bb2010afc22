"""Figures, their targets and how they are written."""

import pytest

from tests.bench.report import HEADINGS, Row, markdown, quantity


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.0, "s", "0 s"),
        (0.012345, "s", "0.0123 s"),
        (0.12345, "s", "0.123 s"),
        (1.0, "×", "1×"),
        (2.456, "×", "2.46×"),
        (20.0, "ms", "20 ms"),
        (115.26, "s", "115 s"),
        (1234.5, "MiB", "1,234 MiB"),
        (100_000.0, "", "100,000"),
    ],
)
def test_quantity_has_three_digits_and_a_unit(value: float, unit: str, text: str) -> None:
    assert quantity(value, unit) == text


@pytest.mark.parametrize(
    ("row", "met"),
    [
        (Row("ratio", 4.0, "×", 4), True),
        (Row("ratio", 4.1, "×", 4), False),
        (Row("speed", 8.0, "×", 8, at_least=True), True),
        (Row("speed", 7.9, "×", 8, at_least=True), False),
        (Row("told", 7.9, "×"), None),
        (Row("missing", None, "×", 4), None),
    ],
)
def test_a_target_is_met_on_its_good_side(row: Row, met: bool | None) -> None:
    assert row.met is met


def test_cells_say_value_target_and_verdict() -> None:
    assert Row("speed", 7.9, "×", 8, at_least=True, note="someone").cells() == (
        "speed",
        "7.9× (someone)",
        "≥ 8×",
        "no",
    )
    assert Row("speed", None, "×", 8, note="it failed").cells() == ("speed", "not measured (it failed)", "≤ 8×", "")


def test_markdown_keeps_a_bar_inside_its_cell() -> None:
    text = markdown(HEADINGS, [("a|b", "1 s", "", "")])
    assert text.splitlines() == [
        "| figure | measured | target | met |",
        "| --- | --- | --- | --- |",
        r"| a\|b | 1 s |  |  |",
    ]
