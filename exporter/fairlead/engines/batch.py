"""What feeders hand to the kernel: a few rows with clean types."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pyarrow as pa

from fairlead.core.plan import Plan, Window

ROWS = 1 << 16
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows of one window. A column that the file does not have is in neither mapping: its values count as missing.

    numbers are of any numerical Arrow type, names strings (or dictionaries of them), integers, booleans or floats.
    mismatched counts, per number column, values that could not be read as a number (null in the column). undated rows
    had no timestamp and are not among ``rows``.
    """

    rows: int
    numbers: Mapping[str, pa.Array] = field(default_factory=dict)
    names: Mapping[str, pa.Array] = field(default_factory=dict)
    mismatched: Mapping[str, int] = field(default_factory=dict)
    undated: int = 0


def microseconds(window: Window) -> tuple[int, int]:
    """The window's ends in microseconds since 1970, UTC."""
    return (window.start - EPOCH) // timedelta(microseconds=1), (window.end - EPOCH) // timedelta(microseconds=1)


def wanted(plan: Plan, window: Window | None) -> list[str]:
    """Columns to read; timestamps only where a window selects rows."""
    dated = [plan.timestamp] if window else []
    return [*dated, *sorted((plan.number_columns() | plan.name_columns()) - set(dated))]
