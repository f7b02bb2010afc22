"""Wasserstein-1 distance from counts and sums over fine bins."""

import math
from dataclasses import dataclass

import numpy as np

from fairlead.core import noise
from fairlead.core.edges import NumericalBins
from fairlead.core.merging import numericals
from fairlead.core.permutation import law_of_sum, passed
from fairlead.core.summary import Floats, Integers, Numerical

CELLS = 4096
"""Cells of the grid that the law of the difference of means is computed on."""
SLIGHT = 0.1
"""Share of a sum's standard deviation that its largest term may have for the sum to be normal: its skewness is less."""


@dataclass(frozen=True, slots=True)
class Null:
    """What W1 does when nothing changes, for 1/n + 1/m = 1, in the feature's own unit.

    rms is its root mean square, signed the standard deviation of the difference of means.
    """

    rms: float
    signed: float


def wasserstein(current: Numerical, base: Numerical, bins: NumericalBins) -> tuple[float, float]:
    """W1 = ∫|F − G| and a bound on its error, both in the feature's unit, in [0, ∞); 0 for equal samples.

    Both sides hold finite values only, at least one each. Counts give F − G at the edges and per-bin sums give its
    integral over each bin exactly (integration by parts: ∫(F − G) = [x(F − G)] − ∫x d(F − G)); only a bin inside which
    F and G cross hides something, at most the bound: 0 ≤ true W1 − returned ≤ bound.
    Source: Vallender (1974) for the one-dimensional form.
    """
    edges = bins.edges
    low = min(current.minimum, base.minimum, float(edges[0]))
    high = max(current.maximum, base.maximum, float(edges[-1]))
    ends = np.concatenate(([low], edges, [high]))
    p, q = current.counts / current.counted, base.counts / base.counted
    difference = np.concatenate(([0.0], np.cumsum(p - q)))
    difference[-1] = 0.0
    # measured from the middle of each bin, so that large values far from 0 do not cancel
    middle, width = (ends[1:] + ends[:-1]) / 2, np.diff(ends)
    first = _centred(current, bins, middle) - _centred(base, bins, middle)
    integral = width / 2 * (difference[1:] + difference[:-1]) - first
    left, right = difference[:-1], difference[1:]
    above = np.clip(np.minimum(left + p, right + q), 0, None)
    below = np.clip(np.minimum(q - left, p - right), 0, None)
    return float(np.abs(integral).sum()), float((2 * width * np.minimum(above, below)).sum())


def _centred(side: Numerical, bins: NumericalBins, middle: Floats) -> Floats:
    """Per-bin mean contribution Σ(x − middle)/n."""
    return (bins.sums(side) - side.counts * (middle - bins.centre)) / side.counted


def null(base: Numerical, bins: NumericalBins) -> Null:
    """Calibrate the noise of W1 on the baseline: moments of ∫|B(F(x))|dx for a Brownian bridge B."""
    if base.counted == 0 or base.minimum >= base.maximum:
        return Null(0.0, 0.0)
    edges = bins.edges
    inside = (edges > base.minimum) & (edges < base.maximum)
    if not inside.any():
        return Null(0.0, 0.0)
    ends = np.concatenate(([base.minimum], edges[inside], [base.maximum]))
    weights = (ends[2:] - ends[:-2]) / 2
    cumulative = (np.cumsum(base.counts)[:-1] / base.counted)[inside]
    covariance = np.minimum.outer(cumulative, cumulative) - np.outer(cumulative, cumulative)
    signed = math.sqrt(max(float(weights @ covariance @ weights), 0.0))
    return Null(math.sqrt(noise.absolute_sum_mean_square(covariance, weights)), signed)


def wasserstein_noise(null: Null, n: int, m: int, series: int) -> float:
    """Value of W1, in the feature's unit, that chance passes in 5 % of runs of a model with this many series."""
    return noise.half_normal(null.rms, null.signed, n, m, noise.sidak(series))


def pooled_noise(current: Numerical, base: Numerical, bins: NumericalBins, series: int) -> float:
    """The same from the values of both sides, whose tails one side alone may not have met: for a value past the above.

    As there, but with σ and r of the pooled values, and where the tails are heavy with the exact quantile of the
    difference of means in place of z·σ: a single value far out moves both by about as much.
    """
    n, m, level = current.counted, base.counted, noise.sidak(series)
    both = null(numericals(current, base), bins)
    closed = noise.half_normal(both.rms, both.signed, n, m, level)
    rest = max(both.rms**2 - both.signed**2, 0.0) * (1 / n + 1 / m)
    return max(closed, math.hypot(_difference_of_means(current, base, bins, level), math.sqrt(rest)))


def _difference_of_means(current: Numerical, base: Numerical, bins: NumericalBins, alpha: float) -> float:
    """Size that the difference of means passes with probability alpha when the pooled rows are dealt anew."""
    values, times = _pooled_values(current, base, bins)
    n, m = current.counted, base.counted
    share = n / (n + m)
    values = (values - (values * times).sum() / (n + m)) / bins.unit
    deviation = math.sqrt(share * (1 - share) * float((values * values * times).sum()))
    largest = float(np.abs(values).max())
    if largest <= SLIGHT * deviation:
        return noise.two_sided_z(alpha) * deviation * bins.unit * (1 / n + 1 / m)
    step = 2 * (largest + 12 * deviation) / CELLS
    below, rows = np.floor(values / step).astype(np.int64), np.arange(len(values))
    beyond = values / step - below
    grid = np.zeros((len(values), CELLS))
    grid[:, 0] = 1 - share
    # a value between two cells is in each with the chance that keeps its mean: rounded, many would drift together
    np.add.at(grid, (rows, below % CELLS), share * (1 - beyond))
    np.add.at(grid, (rows, (below + 1) % CELLS), share * beyond)
    sizes = np.minimum(np.arange(CELLS), CELLS - np.arange(CELLS)) * step * bins.unit
    return passed(sizes, law_of_sum(grid, times), alpha) * (1 / n + 1 / m)


def _pooled_values(current: Numerical, base: Numerical, bins: NumericalBins) -> tuple[Floats, Integers]:
    """Values of both sides and how often each is there: the extremes as they are, the rest as means of their bins."""
    counts, sums = current.counts + base.counts, bins.sums(current) + bins.sums(base)
    extremes = np.array([side for one in (current, base) for side in (one.minimum, one.maximum)])
    at = np.searchsorted(bins.edges, extremes)
    kept = [i for i in range(4) if counts[at[i]] > (at[:i] == at[i]).sum()]
    np.subtract.at(counts, at[kept], 1)
    np.subtract.at(sums, at[kept], extremes[kept] - bins.centre)
    filled = counts > 0
    values = np.concatenate((sums[filled] / counts[filled], extremes[kept] - bins.centre))
    return values, np.concatenate((counts[filled], np.ones(len(kept), np.int64)))
