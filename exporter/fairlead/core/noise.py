"""Closed forms for what chance alone does to a measurement.

Each returns the value that a no-change window passes with probability ``alpha``; n and m are the rows of the current
window and of the baseline. Several series of one metric share the 5 % of their model by `sidak`.
"""

import math
from itertools import combinations

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


def wilson(successes: float, n: int, z: float) -> tuple[float, float]:
    """Wilson's score interval of a rate, in [0, 1]; n = 0 gives (0, 1)."""
    if n == 0:
        return 0.0, 1.0
    rate = successes / n
    centre = rate + z * z / (2 * n)
    half = z * math.sqrt(rate * (1 - rate) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    return max(0.0, (centre - half) / scale), min(1.0, (centre + half) / scale)


def newcombe(current: tuple[float, int], base: tuple[float, int], z: float) -> float:
    """Distance from rate_current − rate_base down to its lower limit (Newcombe 1998, method 10).

    Each side is (successes, rows), rows > 0. The difference is past this noise exactly when the interval excludes 0.
    """
    rate, other = current[0] / current[1], base[0] / base[1]
    lower, _ = wilson(*current, z)
    _, upper = wilson(*base, z)
    return math.hypot(rate - lower, upper - other)


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
    rows). The gap grows by no more than that pair's own change, which by Šidák passes z·σ for no pair of the groups
    with probability 1 − alpha. Rates are pooled with +½ so that an observed 0 or 1 keeps a variance.
    """
    pairs = max(len(list(combinations(range(groups), 2))), 1)
    z = two_sided_z(sidak(pairs, alpha))
    variance = 0.0
    for successes, rows, base_successes, base_rows in extremes:
        rate = (successes + base_successes + 1) / (rows + base_rows + 2)
        variance += rate * (1 - rate) * (1 / rows + 1 / base_rows)
    return z * math.sqrt(variance)


def katz(group: tuple[float, int], reference: tuple[float, int]) -> tuple[float, float]:
    """Log ratio of two rates and its standard error (Katz 1978, with +½ so that 0 stays finite)."""
    (a, n), (b, m) = group, reference
    log_ratio = math.log((a + 0.5) / (n + 0.5)) - math.log((b + 0.5) / (m + 0.5))
    variance = 1 / (a + 0.5) - 1 / (n + 0.5) + 1 / (b + 0.5) - 1 / (m + 0.5)
    return log_ratio, math.sqrt(max(variance, 0.0))
