"""Wasserstein-1 distance from counts and sums over fine bins."""

import math
from dataclasses import dataclass

import numpy as np

from fairlead.core import noise
from fairlead.core.summary import Floats, Numerical


@dataclass(frozen=True, slots=True)
class Null:
    """What W1 does when nothing changes, for 1/n + 1/m = 1, in the feature's own unit.

    rms is its root mean square, signed the standard deviation of the difference of means.
    """

    rms: float
    signed: float


def wasserstein(current: Numerical, base: Numerical, edges: Floats) -> tuple[float, float]:
    """W1 = ∫|F − G| and a bound on its error, both in the feature's unit, in [0, ∞); 0 for equal samples.

    Both sides hold finite values only, at least one each. Counts give F − G at the edges and per-bin sums give its
    integral over each bin exactly (integration by parts: ∫(F − G) = [x(F − G)] − ∫x d(F − G)); only a bin inside which
    F and G cross hides something, at most the bound: 0 ≤ true W1 − returned ≤ bound.
    Source: Vallender (1974) for the one-dimensional form.
    """
    low = min(current.minimum, base.minimum, float(edges[0]))
    high = max(current.maximum, base.maximum, float(edges[-1]))
    ends = np.concatenate(([low], edges, [high]))
    p, q = current.counts / current.counted, base.counts / base.counted
    difference = np.concatenate(([0.0], np.cumsum(p - q)))
    difference[-1] = 0.0
    # measured from the middle of each bin, so that large values far from 0 do not cancel
    middle, width = (ends[1:] + ends[:-1]) / 2, np.diff(ends)
    first = _centred(current, middle) - _centred(base, middle)
    integral = width / 2 * (difference[1:] + difference[:-1]) - first
    left, right = difference[:-1], difference[1:]
    above = np.clip(np.minimum(left + p, right + q), 0, None)
    below = np.clip(np.minimum(q - left, p - right), 0, None)
    return float(np.abs(integral).sum()), float((2 * width * np.minimum(above, below)).sum())


def _centred(side: Numerical, middle: Floats) -> Floats:
    """Per-bin mean contribution Σ(x − middle)/n."""
    return (side.sums - side.counts * middle) / side.counted


def null(base: Numerical, edges: Floats) -> Null:
    """Calibrate the noise of W1 on the baseline: moments of ∫|B(F(x))|dx for a Brownian bridge B."""
    if base.counted == 0 or base.minimum >= base.maximum:
        return Null(0.0, 0.0)
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
