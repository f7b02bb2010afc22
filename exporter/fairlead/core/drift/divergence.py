"""PSI and KL divergence of counts over the baseline's bins."""

import numpy as np

from fairlead.core import noise
from fairlead.core.summary import Floats, Integers


def smoothed(counts: Integers) -> Floats:
    """Shares with Jeffreys' +½ per bin, (B,) summing to 1; an empty bin keeps a small share."""
    shares: Floats = (counts + 0.5) / (counts.sum() + 0.5 * len(counts))
    return shares


def occupied(current: Integers, base: Integers) -> tuple[Integers, Integers]:
    """Both without the bins that neither has a row in: +½ there would be a difference where the sizes differ."""
    either = (current > 0) | (base > 0)
    return current[either], base[either]


def psi(current: Integers, base: Integers) -> float:
    """Population stability index Σ (p − q)·ln(p/q), from counts (B,) each; in [0, ∞), 0 for equal shares.

    Source: Siddiqi, Credit Risk Scorecards (2006); smoothing by Jeffreys' prior. Equal to the symmetric
    Kullback-Leibler (Jeffreys) divergence of the smoothed shares.
    """
    p, q = (smoothed(counts) for counts in occupied(current, base))
    return float(((p - q) * np.log(p / q)).sum())


def kl_divergence(current: Integers, base: Integers) -> float:
    """Kullback-Leibler divergence of current from base, Σ p·ln(p/q) in nats; in [0, ∞), 0 for equal shares."""
    p, q = (smoothed(counts) for counts in occupied(current, base))
    return max(float((p * np.log(p / q)).sum()), 0.0)


def psi_noise(current: Integers, base: Integers, series: int) -> float:
    """Value of `psi` that chance passes in 5 % of runs of a model with this many series."""
    return noise.chi_square(int(current.sum()), int(base.sum()), len(occupied(current, base)[0]), noise.sidak(series))
