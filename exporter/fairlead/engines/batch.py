"""What feeders hand to the kernel: a few rows with clean types."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from fairlead.core.plan import Plan, Window
from fairlead.core.summary import Integers

ROWS = 1 << 15
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows of one window, the one at place ``piece`` of those that were asked for.

    A column that the file does not have is in neither mapping: its values count as missing.
    numbers are of any numerical Arrow type, names strings (or dictionaries of them), integers, booleans or floats.
    mismatched counts, per number column, values that could not be read as a number (null in the column). undated rows
    had no timestamp and are not among ``rows``.
    """

    rows: int
    numbers: Mapping[str, pa.Array] = field(default_factory=dict)
    names: Mapping[str, pa.Array] = field(default_factory=dict)
    mismatched: Mapping[str, int] = field(default_factory=dict)
    undated: int = 0
    piece: int = 0


Pieces = Sequence[Window] | None
"""Disjoint windows in ascending order; None: all rows, dated or not."""


def microseconds(window: Window) -> tuple[int, int]:
    """The window's ends in microseconds since 1970, UTC."""
    return (window.start - EPOCH) // timedelta(microseconds=1), (window.end - EPOCH) // timedelta(microseconds=1)


def split(
    record: pa.RecordBatch, stamps: Integers, starts: Integers, ends: Integers
) -> Iterator[tuple[int, pa.RecordBatch]]:
    """Rows by the piece [start, end) that their stamp falls into, those of no piece left out."""
    places = np.searchsorted(starts, stamps, side="right") - 1
    places[(places < 0) | (stamps >= ends[places])] = -1
    low, high = (int(places.min()), int(places.max())) if len(places) else (-1, -1)
    if low == high:
        yield from [(low, record)] if low >= 0 else []
        return
    for piece in np.unique(places[places >= 0]).tolist():
        rows = np.flatnonzero(places == piece)
        if rows[-1] - rows[0] + 1 == len(rows):
            yield piece, record.slice(int(rows[0]), len(rows))
        else:
            yield piece, record.take(whole_numbers(rows))


def whole_numbers(values: Integers) -> pa.Array:
    """The numbers as an Arrow array; pa.array would first import pandas where it is installed, which takes longer."""
    values = np.ascontiguousarray(values, dtype=np.int64)
    return pa.Array.from_buffers(pa.int64(), len(values), [None, pa.py_buffer(values)])


def values(array: pa.Array, kind: str) -> np.ndarray[tuple[int], np.dtype[Any]]:
    """An array's own numbers without a copy, whatever stands where it is null; to_numpy would import pandas as well."""
    if len(array) == 0:
        return np.zeros(0, kind)
    return np.frombuffer(array.buffers()[1], kind)[array.offset : array.offset + len(array)]


def missing(array: pa.Array) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Where an array that has nulls is null."""
    bits = np.unpackbits(np.frombuffer(array.buffers()[0], np.uint8), bitorder="little")
    found: np.ndarray[tuple[int], np.dtype[np.bool_]] = bits[array.offset : array.offset + len(array)] == 0
    return found


def listed(names: Iterable[str]) -> str:
    """Column names for a message, on one line."""
    return ", ".join(name if name.isprintable() else repr(name) for name in names)


def wanted(plan: Plan, pieces: Pieces) -> list[str]:
    """Columns to read; timestamps only where windows select rows."""
    dated = [plan.timestamp] if pieces else []
    return [*dated, *sorted((plan.number_columns() | plan.name_columns()) - set(dated))]
