"""Columns that real logs have and examples do not: each has one clear outcome."""

import numpy as np
import pytest

from tests.support.comparisons import Outcomes, Rows, baseline_of, outcomes

PSI, KL, W1 = "feature_psi", "feature_kl_divergence", "feature_wasserstein_distance"
METRICS = (PSI, KL, W1)
USUAL = np.random.default_rng(1).normal(50, 10, 500)
NAN, INF = float("nan"), float("inf")


def compared(base: object, current: object) -> Outcomes:
    return outcomes("data", baseline_of(Rows(numbers={"x": base})), Rows(numbers={"x": current}))  # type: ignore[dict-item]


def test_constant_in_the_baseline_keeps_psi_and_has_no_w1() -> None:
    found = compared(np.full(100, 5.0), np.full(60, 5.0))
    assert found.value(PSI, feature="x") == pytest.approx(0, abs=1e-12)
    assert found.reason(W1, feature="x") == "constant in the baseline"


def test_constant_that_changed_is_large_drift() -> None:
    found = compared(np.full(100, 5.0), np.full(60, 5.1))
    assert found.value(PSI, feature="x") > 1
    assert found.value(KL, feature="x") > 1


def test_column_that_became_constant() -> None:
    found = compared(USUAL, np.full(60, 50.0))
    assert found.value(PSI, feature="x") > 0.25
    assert found.value(W1, feature="x") == pytest.approx(
        np.abs(USUAL - 50).mean() / np.ptp(np.quantile(USUAL, (0.01, 0.99))), rel=0.02
    )


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize(
    ("base", "current", "reason"),
    [
        (USUAL, np.full(60, NAN), "no values in the window"),
        (np.full(60, NAN), USUAL, "no values in the baseline"),
        (np.full(60, NAN), np.full(60, NAN), "no values in the baseline"),
        (USUAL, np.append(USUAL[:29], np.full(60, NAN)), "too few values"),
    ],
)
def test_null_columns(metric: str, base: object, current: object, reason: str) -> None:
    assert compared(base, current).reason(metric, feature="x") == reason


def test_nan_is_missing_and_nothing_else() -> None:
    half = np.where(np.arange(500) % 2 == 0, USUAL, NAN)
    found = compared(USUAL, half)
    assert found.measured(PSI, feature="x").samples == 250
    assert found.value("feature_missing_ratio", feature="x") == 0.5
    assert found.value(PSI, feature="x") < 0.1


@pytest.mark.parametrize("value", [INF, -INF])
@pytest.mark.parametrize("side", ["base", "current"])
def test_infinite_values_are_counted_and_have_no_distance(value: float, side: str) -> None:
    some = np.append(USUAL, np.full(100, value))
    found = compared(some, USUAL) if side == "base" else compared(USUAL, some)
    assert found.reason(W1, feature="x") == "infinite values"
    assert found.value(PSI, feature="x") > 0
    assert found.value("feature_missing_increase_ratio", feature="x") == 0


def test_only_infinite_values() -> None:
    found = compared(np.full(50, INF), np.full(50, INF))
    assert found.value(PSI, feature="x") == pytest.approx(0, abs=1e-12)
    assert found.reason(W1, feature="x") == "constant in the baseline"


@pytest.mark.filterwarnings("ignore:overflow encountered")
@pytest.mark.filterwarnings("ignore:invalid value encountered")
def test_numbers_whose_sum_is_too_large_have_no_distance() -> None:
    huge = USUAL * 1e306
    assert compared(huge, huge).reason(W1, feature="x") in {"not a finite number", "constant in the baseline"}
    assert compared(huge, huge).value(PSI, feature="x") == pytest.approx(0, abs=1e-12)


def test_large_integers_keep_their_drift() -> None:
    numbers = 2.0**60 + 2.0**40 * np.arange(500)
    found = compared(numbers, numbers + 2.0**45)
    assert found.value(W1, feature="x") == pytest.approx(32 / (0.98 * 499), rel=1e-3)


def test_vanished_class_and_new_class() -> None:
    baseline = baseline_of(Rows(predictions=["yes"] * 60 + ["no"] * 40))
    found = outcomes("model", baseline, Rows(predictions=["yes"] * 60 + ["maybe"] * 40))
    assert found.value("prediction_shift_ratio") == pytest.approx(0.4)
    assert found.value("prediction_class_ratio", **{"class": "no"}) == 0
    assert found.value("prediction_class_baseline_ratio", **{"class": "maybe"}) == 0


def test_categorical_column_without_values() -> None:
    baseline = baseline_of(Rows(names={"x": ["a", "b"] * 50}))
    found = outcomes("data", baseline, Rows(names={"x": [None] * 50}))
    for metric in (PSI, "feature_new_category_ratio", "feature_category_shift_ratio"):
        assert found.reason(metric, feature="x") == "no values in the window"
    assert found.value("feature_missing_increase_ratio", feature="x") == 1


def test_one_category_on_both_sides() -> None:
    baseline = baseline_of(Rows(names={"x": ["a"] * 100}))
    found = outcomes("data", baseline, Rows(names={"x": ["a"] * 40}))
    assert (found.value(PSI, feature="x"), found.noise(PSI, feature="x")) == (0, 0)


@pytest.mark.parametrize("unit", [1e-140, 1e-100, 1e100, 1e140])
def test_tiny_and_huge_units_have_the_same_noise_of_w1(unit: float) -> None:
    """Also where it is looked at again, because of a value far out."""
    current = np.append(np.random.default_rng(2).normal(50, 10, 99), 5000)
    found, plain = compared(USUAL * unit, current * unit), compared(USUAL, current)
    assert found.value(W1, feature="x") == pytest.approx(plain.value(W1, feature="x"), rel=1e-6)
    assert found.noise(W1, feature="x") == pytest.approx(plain.noise(W1, feature="x"), rel=0.01)
    assert plain.noise(W1, feature="x") > plain.value(W1, feature="x") > 0.1
