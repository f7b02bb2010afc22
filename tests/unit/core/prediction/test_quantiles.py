"""Quantiles of the output against numpy."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from fairlead.core.edges import numerical_bins
from fairlead.core.prediction.quantiles import PERCENT, quantile
from tests.support.comparisons import Rows, baseline_of, count_numbers, outcomes

QUANTILE = "prediction_score_quantile"
Floats = NDArray[np.float64]
Draw = Callable[[np.random.Generator, int], Floats]

DRAWS: dict[str, Draw] = {
    "beta": lambda random, n: random.beta(2, 3, n),
    "sharp": lambda random, n: random.beta(0.2, 0.4, n),
    "normal": lambda random, n: random.normal(50, 10, n),
    "lognormal": lambda random, n: random.lognormal(0, 2, n),
}
finite = st.integers(-1_000_000, 1_000_000).map(lambda number: number / 1000)


def within_a_bin(base: Floats, current: Floats) -> list[tuple[float, float]]:
    """Error and width of the bin that holds the true quantile, per quantile."""
    bins = numerical_bins(base, "p1_p99")
    column = count_numbers(current, bins)
    ends = np.concatenate(([-np.inf], bins.edges, [np.inf])).clip(current.min(), current.max())
    found = []
    for percent in PERCENT.values():
        true = float(np.quantile(current, percent / 100, method="inverted_cdf"))
        place = int(np.searchsorted(bins.edges, true))
        value = quantile(column, bins, percent)
        assert current.min() - 1e-6 <= value <= current.max() + 1e-6
        found.append((abs(value - true), float(ends[place + 1] - ends[place])))
    return found


@pytest.mark.parametrize("name", DRAWS)
def test_agrees_with_numpy_on_continuous_values(name: str) -> None:
    random = np.random.default_rng(1)
    base, current = DRAWS[name](random, 5000), DRAWS[name](random, 2000)
    found = outcomes("model", baseline_of(Rows(answers=base.tolist())), Rows(answers=current.tolist()))
    for label, percent in PERCENT.items():
        expected = np.quantile(current, percent / 100)
        near = np.quantile(current, [max(percent / 100 - 0.008, 0), percent / 100 + 0.008])
        assert near[0] <= found.value(QUANTILE, quantile=label) <= near[1], (label, expected)
        assert found.value(QUANTILE, quantile=label) == pytest.approx(expected, rel=0.05)


@settings(max_examples=100)
@given(
    arrays.arrays(np.float64, st.integers(5, 100), elements=finite),
    arrays.arrays(np.float64, st.integers(1, 100), elements=finite),
)
def test_error_is_at_most_the_width_of_the_bin(base: Floats, current: Floats) -> None:
    for error, width in within_a_bin(base, current):
        assert error <= width * (1 + 1e-9) + 1e-6


@pytest.mark.parametrize("values", [[0.0, 1.0], [3.0], np.arange(40.0).tolist()])
def test_repeated_values_of_the_baseline_are_exact(values: list[float]) -> None:
    random = np.random.default_rng(2)
    base, current = random.choice(values, 1000), random.choice(values, 300)
    found = outcomes("model", baseline_of(Rows(answers=base.tolist())), Rows(answers=current.tolist()))
    for label, percent in PERCENT.items():
        expected = np.quantile(current, percent / 100, method="inverted_cdf")
        assert found.value(QUANTILE, quantile=label) == pytest.approx(expected, abs=1e-6)


def test_quantiles_ascend() -> None:
    rows = Rows(scores=np.random.default_rng(3).beta(0.3, 0.3, 500).tolist())
    found = outcomes("model", baseline_of(rows), rows)
    values = [found.value(QUANTILE, quantile=label) for label in PERCENT]
    assert values == sorted(values)
    assert [float(label) for label in PERCENT] == [percent / 100 for percent in PERCENT.values()]


@pytest.mark.parametrize(
    ("answers", "reason"),
    [([float("nan")] * 50, "no values in the window"), ([1.0] * 49 + [float("inf")], "infinite values")],
)
def test_reasons(answers: list[float], reason: str) -> None:
    baseline = baseline_of(Rows(answers=np.arange(60.0).tolist()))
    assert outcomes("model", baseline, Rows(answers=answers)).reason(QUANTILE) == reason


def test_model_that_gives_no_number_has_no_quantiles() -> None:
    rows = Rows(predictions=["a", "b"] * 50)
    assert not [one for one in outcomes("model", baseline_of(rows), rows).all if one.metric == QUANTILE]
