"""Mean absolute attribution per feature: how much the model leans on it."""

import math
from dataclasses import dataclass

import numpy as np

from fairlead.core.comparison import Comparison
from fairlead.core.edges import NumericalBins
from fairlead.core.measurement import Measurement, NotComputed, Outcomes
from fairlead.core.summary import Floats, Integers, Numerical

INFINITE = "infinite values"


@dataclass(frozen=True, slots=True)
class Magnitude:
    """Of a feature's finite attributions: rows per bin (E + 1,), not all 0, and mean |a|."""

    counts: Integers
    mean: float

    @property
    def rows(self) -> int:
        """Rows with a finite attribution."""
        return int(self.counts.sum())


def measure(c: Comparison) -> Outcomes:
    """mean |attribution| in [0, ∞) of window and baseline; 0 when the model does not use the feature.

    A feature without a value on a side has none there.
    """
    for feature, column in c.current.attributions.items():
        labels = (("feature", feature),)
        bins = c.baseline.attribution_bins[feature]
        base = c.baseline.summary.attributions.get(feature)
        if found := magnitude(column, bins):
            yield Measurement("attribution_mean_abs", found.mean, labels, samples=found.rows)
        elif column.counted:
            yield NotComputed("attribution_mean_abs", INFINITE, labels)
        if base and (found := magnitude(base, bins)):
            yield Measurement("attribution_mean_abs_baseline", found.mean, labels, baseline_samples=found.rows)
        elif base and base.counted:
            yield NotComputed("attribution_mean_abs_baseline", INFINITE, labels)


def magnitude(column: Numerical, bins: NumericalBins) -> Magnitude | None:
    """Exact but for the sums' quantum, since 0 is an edge: Σ|x| is Σx of the bins above 0 minus Σx of the others.

    None without a finite value, or where infinite and finite values share both outer bins and cannot be told apart.
    """
    counts = finite_counts(column, bins)
    if counts is None or not counts.any():
        return None
    zero = int(np.searchsorted(bins.edges, 0.0)) + 1
    quanta = int(column.sums[zero:].sum()) - int(column.sums[:zero].sum())
    above = int(counts[zero:].sum()) - int(counts[:zero].sum())
    total = quanta * bins.quantum + above * bins.centre
    return Magnitude(counts, max(total / int(counts.sum()), 0.0))


def finite_counts(column: Numerical, bins: NumericalBins) -> Integers | None:
    """Rows per bin without the infinite ones, (E + 1,); the extremes say which outer bin holds finite values."""
    counts = column.counts.copy()
    if column.infinite:
        finite = int(counts[0] + counts[-1]) - column.infinite
        below, above = column.minimum <= bins.edges[0], column.maximum > bins.edges[-1]
        if below and above:
            return None
        counts[0], counts[-1] = finite * below, finite * above
    return counts


def error(column: Numerical, bins: NumericalBins, whole: Magnitude) -> float:
    """Standard error of the mean of |x|, or somewhat more: in a bin from a to b with mean c, Var x ≤ (b − c)(c − a)."""
    held = np.flatnonzero(whole.counts)
    counts = whole.counts[held]
    ends = np.concatenate(([column.minimum], bins.edges, [column.maximum]))
    low, high = (np.clip(side[held], column.minimum, column.maximum) for side in (ends[:-1], ends[1:]))
    means: Floats = np.clip(bins.sums(column)[held] / counts + bins.centre, low, high)
    with np.errstate(over="ignore"):
        squares = (np.abs(means) - whole.mean) ** 2 + (high - means) * (means - low)
        return math.sqrt(float(counts @ squares)) / whole.rows
