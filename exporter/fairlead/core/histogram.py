"""Distributions for people to look at: shares of a baseline and of a window over the same cells."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from fairlead.core.edges import PSI_BINS, NumericalBins
from fairlead.core.summary import Categorical, Floats, Integers, Numerical

CELLS = 24
NAMES = 8
TAIL = 0.005
"""Share of the baseline that each outer cell takes in at least, so that few far values do not flatten the rest."""


@dataclass(frozen=True, slots=True)
class Histogram:
    """Shares (each side sums to 1, or is all 0 without a value) over labelled cells; ordered says they are numbers."""

    name: str
    labels: tuple[str, ...]
    baseline: tuple[float, ...]
    current: tuple[float, ...]
    ordered: bool

    @property
    def distance(self) -> float:
        """Total variation distance of the two: 0 for equal ones, 1 where they share no cell."""
        return sum(abs(a - b) for a, b in zip(self.baseline, self.current, strict=True)) / 2

    @property
    def largest(self) -> tuple[str, float, float] | None:
        """The cell whose share changed most, with both shares; None where nothing differs."""
        cells = zip(self.labels, self.baseline, self.current, strict=True)
        found = max(cells, key=lambda cell: abs(cell[2] - cell[1]), default=None)
        return None if found is None or found[1] == found[2] else found


def of_numbers(name: str, bins: NumericalBins, before: Numerical, now: Numerical) -> Histogram | None:
    """Cells of equal width from the fine bins, or one per value where there are few; None without a finite value.

    Inside a fine bin values are taken to be spread evenly.
    """
    edges = bins.edges
    if not before.counted or len(edges) < 2:
        return None
    if len(edges) <= 2 * PSI_BINS + 1 and len(bins.psi_bins) == 2 * (bins.bins - 1) + 1:
        return _values(name, bins, before.counts, now.counts)
    cumulated = np.cumsum(before.counts[:-1]) / before.counted
    low = float(edges[max(int(np.searchsorted(cumulated, TAIL, side="right")) - 1, 0)])
    high = float(edges[min(int(np.searchsorted(cumulated, 1 - TAIL)), len(edges) - 1)])
    if not low < high:
        low, high = float(edges[0]), float(edges[-1])
    inner = np.linspace(low, high, CELLS + 1)
    labels = tuple(f"{_told(a)} to {_told(b)}" for a, b in pairwise(inner))
    labels = (f"below {_told(inner[1])}", *labels[1:-1], f"above {_told(inner[-2])}")
    old, new = (_cells(edges, side.counts, inner) for side in (before, now))
    return Histogram(name, labels, old, new, ordered=True)


def of_names(name: str, before: Mapping[str, int], now: Mapping[str, int]) -> Histogram | None:
    """The commonest categories of both sides, and the others together."""
    totals = sum(before.values()), sum(now.values())
    if not any(totals):
        return None
    old, new = (
        {key: count / total for key, count in side.items()} if total else {}
        for side, total in zip((before, now), totals, strict=True)
    )
    names = sorted({*before, *now}, key=lambda key: (-old.get(key, 0) - new.get(key, 0), key))
    shown = names if len(names) <= NAMES else names[: NAMES - 1]
    left = len(names) - len(shown)
    labels = (*shown, f"{left} others") if left else tuple(shown)
    return Histogram(name, labels, _shares(old, shown, left), _shares(new, shown, left), ordered=False)


def _shares(side: Mapping[str, float], shown: Sequence[str], left: int) -> tuple[float, ...]:
    """Of the shown names, and of the others together if there are any."""
    shares = [side.get(key, 0.0) for key in shown]
    others = [max(0.0, sum(side.values()) - sum(shares))] if left else []
    return (*shares, *others)


def of_categories(name: str, before: Categorical, now: Categorical) -> Histogram | None:
    """The same of a categorical column; rows of names that were not kept apart are among the others."""
    folded = [{"(many others)": side.folded} if side.folded else {} for side in (before, now)]
    return of_names(name, {**before.counts, **folded[0]}, {**now.counts, **folded[1]})


def _values(name: str, bins: NumericalBins, before: Integers, now: Integers) -> Histogram:
    """One cell per value: the odd fine bins; what lies between them is other values."""
    middles = (bins.edges[0::2] + bins.edges[1::2]) / 2
    labels = tuple(_told(middle) for middle in middles)
    others = bool(before[0::2].sum() + now[0::2].sum())
    labels = (*labels, "other values") if others else labels
    return Histogram(name, labels, _of_values(before, others), _of_values(now, others), ordered=True)


def _of_values(counts: Integers, others: bool) -> tuple[float, ...]:
    total = counts.sum()
    cells = np.append(counts[1::2], counts[0::2].sum()) if others else counts[1::2]
    return tuple(float(share) for share in cells / total) if total else (0.0,) * len(cells)


def _cells(edges: Floats, counts: Integers, inner: Floats) -> tuple[float, ...]:
    """Shares between the inner borders; the outer cells are open."""
    total = counts.sum()
    if not total:
        return (0.0,) * (len(inner) - 1)
    below = np.cumsum(counts[:-1]) / total
    at = np.interp(inner[1:-1], edges, below)
    return tuple(float(share) for share in np.diff(np.concatenate(([0.0], at, [1.0]))))


def _told(value: float) -> str:
    """Four digits that matter, without an exponent where that is readable."""
    return f"{float(f'{value:.4g}'):.9g}"
