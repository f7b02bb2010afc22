"""Sums for the correlation of every pair of features, over the rows where both have a finite value."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from fairlead.core.edges import CLIP, CORRELATION_STEPS, NumericalBins
from fairlead.core.summary import Floats, Integers, Numerical, Products
from fairlead.engines.hashing import mixed

BLOCK = 4096
"""Rows at a time: their columns fit a processor's cache, and sums of whole numbers up to CLIP² stay exact."""
MAX_FEATURES = 100
"""Features whose correlations are looked at, the first ones of the configuration: pairs grow with their square."""


HASHED = 4
"""Features that decide which rows take part."""


@dataclass(frozen=True, slots=True)
class Counted:
    """A feature's values (rows,) and what its own count says of them: is one missing or infinite, is one far away."""

    name: str
    values: Floats
    bins: NumericalBins
    holed: bool
    far: bool


def counted(name: str, values: Floats, bins: NumericalBins, summary: Numerical) -> Counted:
    """The feature with what its summary says."""
    limit = CLIP / CORRELATION_STEPS * bins.unit
    near = bins.centre - limit < summary.minimum and summary.maximum < bins.centre + limit
    return Counted(name, values, bins, summary.counted - summary.infinite < len(values), not near)


def products(columns: Sequence[Counted], thinning: int = 1) -> Products | None:
    """Sums over one row in ``thinning`` of a batch; None with fewer than two features."""
    columns = _thinned(columns[:MAX_FEATURES], thinning)
    if len(columns) < 2:
        return None
    rows, size = len(columns[0].values), len(columns)
    total = np.zeros((4, size, size))
    for start in range(0, rows, BLOCK):
        total += _block(columns, slice(start, start + BLOCK))
    return Products(tuple(column.name for column in columns), *(_whole(matrix) for matrix in total))


def _thinned(columns: Sequence[Counted], thinning: int) -> Sequence[Counted]:
    """The rows whose hash is a multiple of thinning, by features that have many values; without any, all rows."""
    telling = [column for column in columns if column.bins.bins < len(column.bins.edges) // 2][:HASHED]
    if thinning == 1 or not telling:
        return columns
    bits = np.zeros(len(telling[0].values), np.uint64)
    for column in telling:
        bits += (np.where(np.isnan(column.values), np.nan, column.values) if column.holed else column.values).view(
            np.uint64
        )
    kept = np.flatnonzero(mixed(bits) & np.uint64(thinning - 1) == 0)
    return [replace(column, values=column.values.take(kept)) for column in columns]


def _block(columns: Sequence[Counted], rows: slice) -> Floats:
    """(4, d, d): rows, sums, squares and products of a few rows."""
    steps = np.empty((len(columns), len(columns[0].values[rows])))
    holed = [place for place, column in enumerate(columns) if column.holed]
    known = np.empty((len(holed), steps.shape[1]))
    for place, column in enumerate(columns):
        row, values = steps[place], column.values[rows]
        with np.errstate(over="ignore", invalid="ignore"):
            np.subtract(values, column.bins.centre, out=row)
            row *= CORRELATION_STEPS / column.bins.unit
        np.rint(row, out=row)
        if column.holed:
            finite = np.isfinite(values)
            row[~finite] = 0
            known[holed.index(place)] = finite
        if column.far:
            np.clip(row, -CLIP, CLIP, out=row)
    return _sums(steps, holed, known)


def _sums(steps: Floats, holed: list[int], known: Floats) -> Floats:
    """A feature without a hole needs no product to say where it is known."""
    size, rows = steps.shape
    found = np.empty((4, size, size))
    found[0] = rows
    found[1] = steps.sum(axis=1)[:, None]
    found[3] = steps @ steps.T
    found[2] = np.diagonal(found[3])[:, None]
    if holed:
        counts = known.sum(axis=1)
        found[0][:, holed] = counts
        found[0][holed, :] = counts[:, None]
        found[0][np.ix_(holed, holed)] = known @ known.T
        found[1][:, holed] = steps @ known.T
        found[2][:, holed] = (steps * steps) @ known.T
    return found


def _whole(matrix: Floats) -> Integers:
    whole: Integers = matrix.astype(np.int64)
    return whole
