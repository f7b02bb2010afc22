"""Chance alone passes the noise of a prediction metric in about 5 % of runs, whatever the window and the classes."""

import numpy as np
import pytest

from fairlead.core.baseline import Bins, assemble
from fairlead.core.comparison import Comparison
from fairlead.core.edges import NumericalBins, numerical_bins
from fairlead.core.measurement import Measurement
from fairlead.core.prediction import output, spike
from fairlead.core.summary import Floats, Numerical, Summary
from fairlead.core.thresholds import past_noise
from tests.support.confusion import past, table

RUNS = 1500
MOST = 0.07
"""5 % and three and a half standard errors of a share of RUNS."""

SPIKE = "prediction_class_spike"
SIZES = [(50, 3000), (300, 3000), (3000, 3000), (300, 300)]
SHARES = {
    "two": [9.0, 1.0],
    "rare": [99.0, 1.0],
    "three": [5.0, 3.0, 2.0],
    "ten": [1.0] * 10,
    "rarest": [90.0, 9.85, 0.1, 0.05],
    "fifty": (1 / np.arange(1.0, 51)).tolist(),
}


@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("shares", SHARES)
def test_spikes_of_unchanged_classes(shares: str, sizes: tuple[int, int]) -> None:
    answers = table(SHARES[shares], 1.0)
    assert past(spike.measure, answers, answers, sizes, RUNS).get(SPIKE, 0.0) <= MOST


@pytest.mark.parametrize("shares", ["two", "three", "ten"])
def test_noise_is_not_so_large_that_it_hides_spikes(shares: str) -> None:
    answers = table(SHARES[shares], 1.0)
    assert past(spike.measure, answers, answers, (300, 3000), RUNS)[SPIKE] >= 0.03


def test_thousand_rows_are_enough_for_a_spike() -> None:
    found = past(spike.measure, table([97, 3], 1.0), table([94, 6], 1.0), (1000, 3000), 200)
    assert found[SPIKE] >= 0.9


def counted(values: Floats, bins: NumericalBins) -> Numerical:
    """Only what the shares of bins need."""
    size = len(bins.edges) + 1
    counts = np.bincount(np.searchsorted(bins.edges, values), minlength=size)
    return Numerical(counts.astype(np.int64), np.zeros(size, np.object_), len(values))


@pytest.mark.parametrize(("n", "m"), SIZES)
def test_unchanged_regression(n: int, m: int) -> None:
    random = np.random.default_rng([n, m])
    hits = {"prediction_shift_ratio": 0, "prediction_kl_divergence": 0}
    for _ in range(RUNS // 2):
        sides = [random.lognormal(size=rows) for rows in (m, n)]
        bins = numerical_bins(sides[0], "p1_p99")
        base, current = (Summary(len(side), output=counted(side, bins)) for side in sides)
        comparison = Comparison(assemble("v", base, Bins(output=bins)), current, current)
        for one in output.measure(comparison):
            assert isinstance(one, Measurement)
            hits[one.metric] += past_noise(one.metric, one.value, one.noise)
    assert max(hits.values()) / (RUNS // 2) <= 0.08
    assert min(hits.values()) / (RUNS // 2) >= 0.01
