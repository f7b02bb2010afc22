"""Counts numbers over frozen bins: sort once, then look the few edges up in the many values."""

from fractions import Fraction

import numpy as np

from fairlead.core.edges import NumericalBins
from fairlead.core.summary import QUANTUM, Exact, Floats, Integers, Moments, Numerical

LIMIT = 2.0**36
"""Quanta up to which the sum of a batch's whole numbers is exact in a double."""


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
    below = 0 if low is None else np.searchsorted(finite, low, side="left")
    inside = len(finite) if high is None else np.searchsorted(finite, high, side="right")
    return int(below + len(finite) - inside)


def moments(values: Floats, invalid: int = 0) -> Moments:
    """Sums of finite numbers (rows,) and of their squares, in quanta."""
    return Moments(len(values), _total(values), _total(values * values), invalid)


def _total(values: Floats) -> int:
    quanta = np.rint(values / QUANTUM)
    if len(quanta) and np.abs(quanta).max() > LIMIT:
        return sum(int(value) for value in quanta.tolist())
    return int(quanta.sum())
