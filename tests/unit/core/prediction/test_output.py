"""Drift of scores and of regression predictions against scipy."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import entropy

from tests.support.comparisons import Rows, baseline_of, outcomes

KL, SHIFT = "prediction_kl_divergence", "prediction_shift_ratio"
Floats = NDArray[np.float64]


def scores(seed: int, size: int, a: float, b: float) -> Rows:
    return Rows(scores=np.random.default_rng(seed).beta(a, b, size).tolist())


def regression(seed: int, size: int, mean: float = 0.0) -> Rows:
    return Rows(answers=np.random.default_rng(seed).normal(mean, 1, size).tolist())


def deciles(base: Rows, current: Rows) -> tuple[Floats, Floats]:
    """Rows of both sides per decile of the baseline, by numpy."""
    edges = np.quantile(base.outputs, np.arange(1, 10) / 10, method="inverted_cdf")
    now, before = (np.bincount(np.searchsorted(edges, side.outputs), minlength=10) for side in (current, base))
    return now.astype(np.float64), before.astype(np.float64)


@pytest.mark.parametrize(
    ("base", "current"),
    [(scores(1, 3000, 2, 2), scores(2, 700, 1, 3)), (regression(1, 3000), regression(2, 700, 0.5))],
    ids=["scores", "regression"],
)
def test_kl_agrees_with_scipy(base: Rows, current: Rows) -> None:
    now, before = deciles(base, current)
    found = outcomes("model", baseline_of(base), current)
    assert found.value(KL) == pytest.approx(entropy(now + 0.5, before + 0.5), rel=1e-9)
    assert found.value(KL) > found.noise(KL) > 0


def test_shift_of_a_regression_is_half_the_sum_of_absolute_changes_of_its_deciles() -> None:
    base, current = regression(1, 3000), regression(2, 700, 0.8)
    now, before = deciles(base, current)
    found = outcomes("model", baseline_of(base), current)
    assert found.value(SHIFT) == pytest.approx(np.abs(now / 700 - before / 3000).sum() / 2, abs=1e-9)
    assert found.value(SHIFT) > found.noise(SHIFT) > 0


def test_regression_far_away_has_shifted_wholly_but_for_its_own_decile() -> None:
    found = outcomes("model", baseline_of(regression(1, 3000)), regression(2, 700, 100.0))
    assert found.value(SHIFT) == pytest.approx(0.9, abs=1e-3)


def test_classifier_has_the_shift_of_its_classes_and_the_kl_of_its_scores() -> None:
    base = Rows(predictions=["a", "b"] * 50, scores=np.linspace(0, 1, 100).tolist())
    current = Rows(predictions=["a", "a", "a", "b"] * 25, scores=np.linspace(0, 1, 100).tolist())
    found = outcomes("model", baseline_of(base), current)
    assert found.value(SHIFT) == pytest.approx(0.25)
    assert found.value(KL) == pytest.approx(0, abs=1e-12)


def test_model_that_gives_no_number_has_no_kl() -> None:
    rows = Rows(predictions=["a", "b"] * 50)
    assert outcomes("model", baseline_of(rows), rows).find(KL) is None


@pytest.mark.parametrize(
    ("base", "current", "reason"),
    [
        (regression(1, 100), Rows(answers=[float("nan")] * 50), "no values in the window"),
        (regression(1, 100), Rows(answers=[1.0] * 29 + [float("nan")] * 50), "too few values"),
        (Rows(answers=[float("nan")] * 50), regression(1, 100), "no values in the baseline"),
        (Rows(predictions=["a"] * 50), regression(1, 100), "no values in the baseline"),
    ],
)
def test_reasons(base: Rows, current: Rows, reason: str) -> None:
    found = outcomes("model", baseline_of(base), current)
    assert (found.reason(KL), found.reason(SHIFT)) == (reason, reason)


@settings(max_examples=30)
@given(st.integers(0, 10_000), st.sampled_from(["answers", "scores"]))
def test_identical_windows_have_not_changed(seed: int, column: str) -> None:
    values = np.random.default_rng(seed).random(100).tolist()
    rows = Rows(answers=values) if column == "answers" else Rows(scores=values)
    found = outcomes("model", baseline_of(rows), rows)
    assert found.value(KL) == pytest.approx(0, abs=1e-12)
    if column == "answers":
        assert found.value(SHIFT) == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("metric", [KL, SHIFT])
def test_more_contamination_is_more_drift(metric: str) -> None:
    base, clean, bad = regression(1, 2000), regression(2, 1000).outputs, regression(3, 1000, 4.0).outputs
    mixed = [np.concatenate((bad[:rows], clean[rows:])).tolist() for rows in range(0, 1001, 100)]
    found = [outcomes("model", baseline_of(base), Rows(answers=values)).value(metric) for values in mixed]
    assert np.diff(found).min() > 0
