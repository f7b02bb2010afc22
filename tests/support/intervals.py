"""Confidence intervals of rates as scipy computes them."""

from scipy.stats import binomtest


def wilson(successes: int, rows: int, confidence: float) -> tuple[float, float]:
    """Wilson's score interval without continuity correction."""
    interval = binomtest(successes, rows).proportion_ci(confidence, method="wilson")
    return float(interval.low), float(interval.high)
