"""Chance alone passes the noise of a performance metric in about 5 % of runs, whatever the window and the classes."""

import numpy as np
import pytest
from scipy.stats import binom, norm

from fairlead.core import noise
from fairlead.core.families import Statistic
from fairlead.core.performance import f1, precision
from tests.support.confusion import past, table

RUNS = 1000
MOST = 0.075
"""5 % and three and a half standard errors of a share of RUNS."""

PRECISION, RECALL = "performance_precision_drop", "performance_recall_drop"
FALSE_POSITIVE, F1 = "performance_false_positive_increase", "performance_f1_drop"
SIZES = [(50, 3000), (300, 3000), (3000, 3000), (300, 300)]

MODELS = {
    "two classes": table([7, 3], 0.9),
    "rare class": table([95, 5], 0.95),
    "three classes": table([5, 3, 2], 0.8),
    "ten classes": table([1] * 10, 0.9),
    "hardly ever wrong": table([1] * 4, 0.98),
    "thirty unequal classes": table((1 / np.arange(1.0, 31)).tolist(), 0.85),
}
CASES: list[tuple[Statistic, str | None, tuple[str, ...]]] = [
    (precision.measure, None, (PRECISION, RECALL, FALSE_POSITIVE)),
    (precision.measure, "1", (PRECISION, RECALL, FALSE_POSITIVE)),
    (f1.measure, None, (F1,)),
]


@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("model", MODELS)
def test_unchanged_models(model: str, sizes: tuple[int, int]) -> None:
    for statistic, positive, metrics in CASES:
        found = past(statistic, MODELS[model], MODELS[model], sizes, RUNS, positive=positive)
        for metric in metrics:
            assert found.get(metric, 0.0) <= MOST, (metric, positive)


@pytest.mark.parametrize("model", ["two classes", "three classes"])
def test_noise_is_not_so_large_that_it_hides_mistakes(model: str) -> None:
    for statistic, positive, metrics in CASES:
        found = past(statistic, MODELS[model], MODELS[model], (300, 3000), RUNS, positive=positive)
        for metric in metrics:
            assert found[metric] >= 0.025, (metric, positive)


@pytest.mark.parametrize(("statistic", "positive", "metrics"), CASES)
def test_thousand_rows_are_enough(statistic: Statistic, positive: str | None, metrics: tuple[str, ...]) -> None:
    """A model that becomes wrong in 20 % instead of 10 % of rows: F1, precision and recall fall by 0.1 or more."""
    found = past(statistic, table([6, 4], 0.9), table([6, 4], 0.8), (1000, 3000), 200, positive=positive)
    assert all(found[metric] >= 0.9 for metric in metrics)


@pytest.mark.parametrize(("n", "m"), [(30, 3000), (50, 3000), (300, 3000), (300, 300), (3000, 300)])
@pytest.mark.parametrize("rate", [0.01, 0.02, 0.05, 0.1, 0.3, 0.5, 0.8])
def test_exact_probability_that_a_rate_is_past_its_noise(rate: float, n: int, m: int) -> None:
    """Summed over all outcomes of two binomial counts."""
    z, alarms = float(norm.isf(0.05)), 0.0
    low, high = (int(end) for end in binom.interval(1 - 1e-6, m, rate))
    step = max((high - low) // 100, 1)
    for before in range(low, high + step, step):
        weight = binom.cdf(before, m, rate) - binom.cdf(before - step, m, rate)
        beyond = [s / n - before / m > noise.rate_increase((s, n), (before, m), z) for s in range(n + 1)]
        alarms += float(weight * binom.pmf(np.flatnonzero(beyond), n, rate).sum())
    assert alarms <= 0.06
    assert alarms >= 0.045 or min(n, m) * rate < 30
