"""Rows at odd moments around a window, and which of them a summary found."""

from datetime import UTC, datetime, timedelta

import pyarrow as pa

from fairlead.core.plan import NumericalColumn, Plan, Window
from fairlead.core.summary import Summary
from tests.support import bins

START = datetime(2026, 3, 29, 0, 30, 0, 250_001, tzinfo=UTC)
END = START + timedelta(hours=23, microseconds=7)
WINDOW = Window(START, END)
TICK = timedelta(microseconds=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def ticks(moment: datetime) -> int:
    """Microseconds since 1970."""
    return (moment - EPOCH) // TICK


def plan(unit: str | None = None) -> Plan:
    """The id as prediction, so that the summary names the rows."""
    return Plan("at", unit, "id", numerical={"x": NumericalColumn("x", bins=bins.at(0.0))})


def table(stamps: pa.Array, *, words: bool = False) -> pa.Table:
    """Rows whose id is their place; words in x send a Parquet file through the parser of text."""
    ids = pa.array([f"row {place}" for place in range(len(stamps))])
    x = pa.array(["1"] * len(stamps)) if words else pa.array([1.0] * len(stamps))
    return pa.table({"at": stamps, "id": ids, "x": x})


def found(summary: Summary) -> list[str]:
    """Ids of the rows, each there once."""
    assert all(count == 1 for count in summary.classes.counts.values())
    return sorted(summary.classes.counts)
