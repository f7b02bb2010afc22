"""Missing values per feature."""

import pytest
from scipy.stats import binom, norm

from fairlead.core.noise import rate_increase
from tests.support.comparisons import Rows, baseline_of, outcomes

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


def test_noise_by_hand() -> None:
    """The pooled normal deviate and Cornish and Fisher's correction for the skewness of a rare event."""
    base = Rows(numbers={"age": [NAN] * 30 + [1.0] * 970})
    found = outcomes("data", baseline_of(base), Rows(numbers={"age": [NAN] * 12 + [1.0] * 88}))
    z, rate = norm.isf(0.05), 43 / 1102
    deviation = z * (rate * (1 - rate) * (1 / 100 + 1 / 1000)) ** 0.5
    expected = deviation + (z * z - 1) / 6 * (1 - 2 * rate) * (1 / 100 - 1 / 1000)
    assert found.noise(INCREASE, feature="age") == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(("rows", "base"), [(30, 10_000), (100, 10_000), (300, 3000), (300, 300)])
@pytest.mark.parametrize("rate", [0.001, 0.02, 0.3])
def test_chance_of_an_alarm_by_enumeration(rows: int, base: int, rate: float) -> None:
    """Over all counts that a window can have beside a typical baseline, for one of fifty features: no simulation."""
    before = round(base * rate)
    level = 1 - 0.95 ** (1 / 50)
    past = sum(
        binom.pmf(count, rows, rate)
        for count in range(rows + 1)
        if count / rows - before / base > rate_increase((count, rows), (before, base), norm.isf(level))
    )
    assert past <= 1.2 * level


def test_column_that_vanished_is_missing_in_every_row() -> None:
    found = outcomes("data", baseline_of(Rows(numbers={"age": [1.0, 2.0] * 50})), Rows(numbers={"age": [NAN] * 60}))
    assert found.value(INCREASE, feature="age") == 1
    assert found.reason("feature_psi", feature="age") == "no values in the window"
