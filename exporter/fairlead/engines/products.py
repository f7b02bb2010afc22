"""Sums for the correlation of every pair of features, over the rows where both have a finite value."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from fairlead.core.edges import CLIP, CORRELATION_STEPS, NumericalBins
from fairlead.core.summary import Floats, Integers, Numerical, Products
from fairlead.engines.hashing import mixed

BLOCK = 1 << 13
"""Rows at a time: sums of whole numbers up to CLIP² stay exact, and memory small."""
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
    return added_up({column.name: steps(column) for column in columns})


def telling(bins: Mapping[str, NumericalBins]) -> list[str]:
    """The features that decide which rows take part: the first ones that have many values."""
    return [name for name, found in bins.items() if found.bins < len(found.edges) // 2][:HASHED]


def taking_part(columns: Sequence[Floats], thinning: int) -> Integers:
    """Places of the rows whose hash of these values is a multiple of thinning."""
    bits = np.zeros(len(columns[0]), np.uint64)
    for values in columns:
        unknown = np.isnan(values)
        bits += (np.where(unknown, np.nan, values) if unknown.any() else values).view(np.uint64)
    return np.flatnonzero(mixed(bits) & np.uint64(thinning - 1) == 0)


def _thinned(columns: Sequence[Counted], thinning: int) -> Sequence[Counted]:
    """The rows whose hash is a multiple of thinning, by features that have many values; without any, all rows."""
    by_name = {column.name: column for column in columns}
    names = telling({name: column.bins for name, column in by_name.items()})
    if thinning == 1 or not names:
        return columns
    kept = taking_part([by_name[name].values for name in names], thinning)
    return [replace(column, values=column.values.take(kept)) for column in columns]


@dataclass(frozen=True, slots=True)
class Steps:
    """A feature's values as whole steps (rows,), 0 where there is none, and where there is one (None: everywhere)."""

    steps: Floats
    known: Floats | None


def steps(column: Counted) -> Steps:
    """Its values from the centre, clipped to ±CLIP."""
    with np.errstate(over="ignore", invalid="ignore"):
        found = column.values - column.bins.centre
        found *= CORRELATION_STEPS / column.bins.unit
    np.rint(found, out=found)
    known = None
    if column.holed:
        finite = np.isfinite(column.values)
        found[~finite] = 0
        known = finite.astype(np.float64)
    if column.far:
        np.clip(found, -CLIP, CLIP, out=found)
    return Steps(found, known)


def added_up(columns: Mapping[str, Steps]) -> Products | None:
    """Sums over all rows; None with fewer than two features."""
    if len(columns) < 2:
        return None
    parts = list(columns.values())
    holed = [place for place, part in enumerate(parts) if part.known is not None]
    total = np.zeros((4, len(parts), len(parts)))
    for start in range(0, len(parts[0].steps), BLOCK):
        rows = slice(start, start + BLOCK)
        matrix = np.stack([part.steps[rows] for part in parts])
        known = [part.known[rows] for part in parts if part.known is not None]
        total += _sums(matrix, holed, np.stack(known) if known else matrix[:0])
    return Products(tuple(columns), *(_whole(matrix) for matrix in total))


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
