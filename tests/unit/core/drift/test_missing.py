"""Missing values per feature."""

import pytest

from tests.support.comparisons import Rows, baseline_of, outcomes
from tests.support.intervals import wilson

INCREASE = "feature_missing_increase_ratio"
NAN = float("nan")


def test_shares_and_increase() -> None:
    base = Rows(numbers={"age": [NAN] * 5 + [1.0, 2.0] * 50}, names={"job": [None] * 21 + ["cook"] * 84})
    current = Rows(numbers={"age": [NAN] * 20 + [1.0] * 80}, names={"job": ["cook"] * 100})
    found = outcomes("data", baseline_of(base), current)
    assert found.value("feature_missing_ratio", feature="age") == 0.2
    assert found.value("feature_missing_baseline_ratio", feature="age") == pytest.approx(5 / 105)
    assert found.value(INCREASE, feature="age") == pytest.approx(0.2 - 5 / 105)
    assert found.value(INCREASE, feature="job") == pytest.approx(-0.2)


def test_noise_is_newcombes_distance_to_the_lower_limit() -> None:
    base = Rows(numbers={"age": [NAN] * 30 + [1.0] * 970})
    found = outcomes("data", baseline_of(base), Rows(numbers={"age": [NAN] * 12 + [1.0] * 88}))
    lower, _ = wilson(12, 100, 0.90)
    _, upper = wilson(30, 1000, 0.90)
    expected = ((0.12 - lower) ** 2 + (upper - 0.03) ** 2) ** 0.5
    assert found.measured(INCREASE, feature="age").noise == pytest.approx(expected, rel=1e-9)


def test_column_that_vanished_is_missing_in_every_row() -> None:
    found = outcomes("data", baseline_of(Rows(numbers={"age": [1.0, 2.0] * 50})), Rows(numbers={"age": [NAN] * 60}))
    assert found.value(INCREASE, feature="age") == 1
    assert found.reason("feature_psi", feature="age") == "no values in the window"
