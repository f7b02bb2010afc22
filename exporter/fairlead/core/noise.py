"""Closed forms for what chance alone does to a measurement.

Each returns the value that a no-change window passes with probability ``alpha``; n and m are the rows of the current
window and of the baseline. Several series of one metric share the 5 % of their model by `sidak`. The forms are limits
for many rows: `core.permutation` has the exact laws that a value past some of them is held to.
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtri, ndtri

ALPHA = 0.05


def sidak(series: int, alpha: float = ALPHA) -> float:
    """Level of each of ``series`` comparisons so that all together err with probability alpha (Šidák 1967)."""
    return -math.expm1(math.log1p(-alpha) / max(series, 1))


def two_sided_z(alpha: float) -> float:
    """Standard normal deviate that |Z| passes with probability alpha."""
    return float(-ndtri(alpha / 2))


def one_sided_z(alpha: float) -> float:
    """Standard normal deviate that Z passes with probability alpha."""
    return float(-ndtri(alpha))


def chi_square(n: int, m: int, bins: int, alpha: float) -> float:
    """Noise of PSI over ``bins`` bins: (1/n + 1/m)·χ²(bins − 1); KL has half of it; one bin gives 0."""
    return (1 / n + 1 / m) * float(chdtri(bins - 1, alpha)) if bins > 1 else 0.0


def rate_increase(current: tuple[float, int], base: tuple[float, int], z: float) -> float:
    """Noise of rate_current − rate_base, never below 0; each side is (events, rows), rows > 0.

    The normal deviate under one pooled rate, corrected for the skewness of rare events in windows of unequal size
    (Cornish and Fisher 1938). Pooled with +½ on both sides, so that no events or nothing else keep a variance.
    """
    (s, n), (t, m) = current, base
    rate = (s + t + 1) / (n + m + 2)
    skewness = (z * z - 1) / 6 * (1 - 2 * rate) * (1 / n - 1 / m)
    return max(z * math.sqrt(rate * (1 - rate) * (1 / n + 1 / m)) + skewness, 0.0)


def mean_rate_increase(pairs: Sequence[tuple[tuple[float, int], tuple[float, int]]], z: float) -> float:
    """Noise of the mean of several rate_current − rate_base of disjoint rows, never below 0; pairs is not empty.

    As `rate_increase`, with the variances and third moments of all rates added up. A rate's pooled estimate is drawn
    by one row towards the rate of all rows, and N ÷ (N − 1) makes its variance unbiased: rates of a few rows would
    else be taken for certain or for undecided. Rates that exclude one another only make the noise too large.
    """
    overall = (sum(s + t for (s, _), (t, _) in pairs) + 0.5) / (sum(n + m for (_, n), (_, m) in pairs) + 1)
    variance = third = 0.0
    for (s, n), (t, m) in pairs:
        rows = n + m
        rate = (s + t + overall) / (rows + 1)
        spread = rate * (1 - rate) * rows / (rows - 1)
        variance += spread * (1 / n + 1 / m)
        third += spread * (1 - 2 * rate) * (1 / n**2 - 1 / m**2)
    return max(z * math.sqrt(variance) + (z * z - 1) / 6 * third / variance, 0.0) / len(pairs)


def half_normal(rms: float, signed: float, n: int, m: int, alpha: float) -> float:
    """Noise of an integral of absolute Gaussian deviations such as W1.

    ``rms`` is the root mean square of the sum and ``signed`` the largest standard deviation of the same sum with any
    signs, both for 1/n + 1/m = 1. √(z²·signed² + rms² − signed²) is exact for one deviation and up to 3 % above the
    simulated quantile of an integrated Brownian bridge, for alpha from 0.05 to 0.0002.
    """
    z = two_sided_z(alpha)
    return math.sqrt((z * z - 1) * signed * signed + max(rms, signed) ** 2) * math.sqrt(1 / n + 1 / m)


def absolute_sum_mean_square(covariance: NDArray[np.float64], weights: NDArray[np.float64]) -> float:
    """E(Σ wᵢ|Zᵢ|)² for Z ~ N(0, covariance): Σ wᵢwⱼ (2/π)(√(σᵢ²σⱼ² − cᵢⱼ²) + cᵢⱼ·asin ρᵢⱼ)."""
    deviation = np.sqrt(np.diag(covariance))
    scale = np.outer(deviation, deviation)
    rho = np.clip(np.divide(covariance, scale, out=np.zeros_like(covariance), where=scale > 0), -1, 1)
    expected = 2 / np.pi * scale * (np.sqrt(1 - rho * rho) + rho * np.arcsin(rho))
    return float(weights @ expected @ weights)


def total_variation(shares: NDArray[np.float64], n: int, m: int, alpha: float) -> float:
    """Noise of ½Σ|p − q| over classes with these shares (summing to 1); one class gives 0.

    A χ variable with the sum's own mean and root mean square: exact for two classes, Gaussian for many. The degrees of
    freedom that give it this relative variance are within 0.3 % of 1/(2v) − 1/4 − 0.346·v.
    """
    covariance = np.diag(shares) - np.outer(shares, shares)
    mean_square = absolute_sum_mean_square(covariance, np.full(len(shares), 0.5))
    if mean_square == 0:
        return 0.0
    mean = math.sqrt(2 / math.pi) * float(np.sqrt(np.diag(covariance)).sum()) / 2
    variance = 1 - mean * mean / mean_square
    freedom = 1 / (2 * variance) - 0.25 - 0.346 * variance
    return math.sqrt(mean_square * float(chdtri(freedom, alpha)) / freedom * (1 / n + 1 / m))


def gap_change(extremes: tuple[tuple[float, int, float, int], ...], groups: int, alpha: float) -> float:
    """Noise of the growth of max − min rate over groups.

    ``extremes`` are the current window's highest and lowest group as (successes, rows, baseline successes, baseline
    rows). Where their gap was real before, it changes by both sides' chance in one direction: z·√(σ² + σ_base²). Where
    the groups are alike, any pair can open a gap, in either direction, and the baseline's own gap only lowers the
    growth: Šidák's z over all pairs · σ. The larger of the two holds for every pattern of rates in between (simulated:
    2 to 6 groups, equal and unequal sizes, 30 to 100,000 rows). Rates are pooled with +½ so that an observed 0 or 1
    keeps a variance.
    """
    variance = base_variance = 0.0
    for successes, rows, base_successes, base_rows in extremes:
        rate = (successes + base_successes + 1) / (rows + base_rows + 2)
        variance += rate * (1 - rate) / rows
        base_variance += rate * (1 - rate) / base_rows
    alike = two_sided_z(sidak(math.comb(groups, 2), alpha)) * math.sqrt(variance)
    return max(alike, one_sided_z(alpha) * math.sqrt(variance + base_variance))


def katz(group: tuple[float, int], reference: tuple[float, int]) -> tuple[float, float]:
    """Log ratio of two rates and its standard error (Katz 1978, with +½ so that 0 stays finite)."""
    (a, n), (b, m) = group, reference
    log_ratio = math.log((a + 0.5) / (n + 0.5)) - math.log((b + 0.5) / (m + 0.5))
    variance = 1 / (a + 0.5) - 1 / (n + 0.5) + 1 / (b + 0.5) - 1 / (m + 0.5)
    return log_ratio, math.sqrt(max(variance, 0.0))
