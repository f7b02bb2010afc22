"""Counts numbers over frozen bins: sort once, then look the few edges up in the many values."""

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from fairlead.core.edges import NumericalBins
from fairlead.core.summary import QUANTUM, Exact, Floats, Integers, Moments, Numerical

Mask = NDArray[np.bool_]

LIMIT = 2.0**36
"""Quanta up to which the sum of a batch's whole numbers is exact in a double."""


MAX_WHOLE = 2**53
"""Whole numbers up to which each is a double."""
SPREAD = 1 << 12
"""Whole numbers are counted one by one when no more than so many lie between the smallest and the largest."""


def numerical(
    values: Floats, bins: NumericalBins, low: float | None = None, high: float | None = None, mismatched: int = 0
) -> Numerical:
    """Summary of one column (rows,), NaN where missing or mismatched; low and high are its expected range."""
    ordered = np.sort(values)
    known = ordered[: np.searchsorted(ordered, np.inf, side="right")]  # NaN sorts last
    first, last = np.searchsorted(known, -np.inf, side="right"), np.searchsorted(known, np.inf, side="left")
    finite = known[first:last]
    bounds = np.concatenate(([0], np.searchsorted(finite, bins.edges, side="right"), [len(finite)]))
    counts = np.diff(bounds)
    sums = _sums(finite, bounds, counts, bins)
    counts[0] += first
    counts[-1] += len(known) - last
    infinite = len(known) - len(finite)
    return Numerical(
        counts,
        sums,
        len(values),
        len(values) - mismatched - len(known),
        mismatched,
        infinite,
        0 if low is None and high is None else _outside(finite, low, high) + infinite,
        float(finite[0]) + 0.0 if len(finite) else np.inf,  # −0 and 0 sort as equal, so say 0
        float(finite[-1]) + 0.0 if len(finite) else -np.inf,
    )


def whole(
    values: Integers, missing: int, bins: NumericalBins, low: float | None, high: float | None
) -> Numerical | None:
    """The same of whole numbers (rows,) besides those missing, counted per value; None if there are too many."""
    if not len(values):
        return None
    least, most = int(values.min()), int(values.max())
    if most - least > min(SPREAD, len(values)) or max(-least, most) > MAX_WHOLE:
        return None
    found = np.bincount(values - least)
    occurring = np.flatnonzero(found)
    times, distinct = found[occurring], (occurring + least).astype(np.float64)
    bounds = np.concatenate(([0], np.searchsorted(distinct, bins.edges, side="right"), [len(distinct)]))
    filled = np.diff(bounds) > 0
    counts = np.zeros(len(filled), np.int64)
    counts[filled] = np.add.reduceat(times, bounds[:-1][filled])
    outside = 0
    if low is not None or high is not None:
        outside = int(times.sum() - times[slice(*_inside(distinct, low, high))].sum())
    sums = _sums_of(distinct, times, bounds, filled, bins)
    return Numerical(
        counts, sums, len(values) + missing, missing, 0, 0, outside, float(distinct[0]), float(distinct[-1])
    )


def _sums_of(distinct: Floats, times: Integers, bounds: Integers, filled: Mask, bins: NumericalBins) -> Exact:
    """Per-bin sums of values that occur so many times each."""
    with np.errstate(over="ignore"):
        quanta = np.rint((distinct - bins.centre) * (1 / bins.quantum))
    near = np.abs(quanta) <= LIMIT
    exact = [int(q) if ok else _whole(value, bins) for q, ok, value in zip(quanta, near, distinct, strict=True)]
    each = np.array(exact, dtype=object) * times
    sums = np.zeros(len(filled), np.int64).astype(object)
    sums[filled] = np.add.reduceat(each, bounds[:-1][filled])
    return sums


def _sums(finite: Floats, bounds: Integers, counts: Integers, bins: NumericalBins) -> Exact:
    """Per-bin sums of the values, ascending, as whole quanta from the centre."""
    sums = np.zeros(len(counts), np.int64)
    if not len(finite):
        return sums.astype(object)
    with np.errstate(over="ignore"):
        quanta = finite - bins.centre
        quanta *= 1 / bins.quantum
    np.rint(quanta, out=quanta)
    far: list[tuple[int, int]] = []
    if quanta[0] < -LIMIT or quanta[-1] > LIMIT:
        inside = slice(*np.searchsorted(quanta, (-LIMIT, LIMIT), side="left"))
        outside = [*range(inside.start), *range(inside.stop, len(finite))]
        places = np.searchsorted(bounds[1:], outside, side="right")
        far = [(int(place), _whole(finite[index], bins)) for place, index in zip(places, outside, strict=True)]
        quanta[: inside.start] = quanta[inside.stop :] = 0
    filled = counts > 0
    sums[filled] = np.add.reduceat(quanta, bounds[:-1][filled])
    exact = sums.astype(object)
    for place, value in far:
        exact[place] += value
    return exact


def _whole(value: float, bins: NumericalBins) -> int:
    """Quanta of a value too far from the centre for a double."""
    return round((Fraction(value) - Fraction(bins.centre)) / Fraction(bins.quantum))


def _outside(finite: Floats, low: float | None, high: float | None) -> int:
    """Values below low or above high."""
    below, inside = _inside(finite, low, high)
    return below + len(finite) - inside


def _inside(ordered: Floats, low: float | None, high: float | None) -> tuple[int, int]:
    """Where in ascending numbers those from low to high begin and end."""
    below = 0 if low is None else int(np.searchsorted(ordered, low, side="left"))
    return below, len(ordered) if high is None else int(np.searchsorted(ordered, high, side="right"))


def moments(values: Floats, invalid: int = 0) -> Moments:
    """Sums of finite numbers (rows,) and of their squares, in quanta."""
    return Moments(len(values), _total(values), _total(values * values), invalid)


def _total(values: Floats) -> int:
    quanta = np.rint(values / QUANTUM)
    if len(quanta) and np.abs(quanta).max() > LIMIT:
        return sum(int(value) for value in quanta.tolist())
    return int(quanta.sum())
