"""Predicted classes and their total variation distance."""

import numpy as np
import pytest

from tests.support.comparisons import Rows, baseline_of, outcomes

SHIFT = "prediction_shift_ratio"


def test_shift_is_half_the_sum_of_absolute_differences() -> None:
    base = Rows(predictions=["yes"] * 500 + ["no"] * 300 + ["maybe"] * 200)
    current = Rows(predictions=["yes"] * 50 + ["no"] * 50)
    found = outcomes("model", baseline_of(base), current)
    assert found.value(SHIFT) == pytest.approx(0.5 * (0 + 0.2 + 0.2), abs=1e-12)
    assert found.value("prediction_class_ratio", **{"class": "maybe"}) == 0
    assert found.value("prediction_class_baseline_ratio", **{"class": "maybe"}) == pytest.approx(0.2)


def test_agrees_with_an_independent_maximum_over_events() -> None:
    random = np.random.default_rng(1)
    names = ["a", "b", "c", "d"]
    base, current = random.choice(names, 900, p=(0.1, 0.2, 0.3, 0.4)), random.choice(names, 400)
    p, q = (np.array([(side == name).mean() for name in names]) for side in (current, base))
    most = max(float((p - q)[[bool(event >> i & 1) for i in range(4)]].sum()) for event in range(16))
    found = outcomes("model", baseline_of(Rows(predictions=base.tolist())), Rows(predictions=current.tolist()))
    assert found.value(SHIFT) == pytest.approx(most, abs=1e-9)


@pytest.mark.parametrize(("current", "expected"), [(["new"] * 50, 1.0), (["yes", "no"] * 30, 0.0)])
def test_ends_of_the_scale(current: list[str | None], expected: float) -> None:
    found = outcomes("model", baseline_of(Rows(predictions=["yes", "no"] * 50)), Rows(predictions=current))
    assert found.value(SHIFT) == pytest.approx(expected, abs=1e-12)


def test_one_class_on_both_sides_has_no_noise() -> None:
    found = outcomes("model", baseline_of(Rows(predictions=["yes"] * 50)), Rows(predictions=["yes"] * 40))
    assert (found.value(SHIFT), found.noise(SHIFT)) == (0, 0)


@pytest.mark.parametrize(
    ("current", "reason"),
    [
        ([None] * 50, "no values in the window"),
        (["yes"] * 29 + [None] * 50, "too few values"),
        ([f"{value:.3f}" for value in np.linspace(0, 1, 200)], "too many classes"),
    ],
)
def test_reasons(current: list[str | None], reason: str) -> None:
    found = outcomes("model", baseline_of(Rows(predictions=["yes", "no"] * 50)), Rows(predictions=current))
    assert found.reason(SHIFT) == reason


def test_regression_has_no_classes() -> None:
    rows = Rows(answers=np.arange(60.0).tolist())
    assert not [one for one in outcomes("model", baseline_of(rows), rows).all if "class" in one.metric]
