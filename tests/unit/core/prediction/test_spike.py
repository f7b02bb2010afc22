"""Class shares over the baseline's."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from tests.support.comparisons import Names, Rows, baseline_of, outcomes

SPIKE = "prediction_class_spike"
NAMES = ["a", "b", "c"]


def of_class(name: str) -> dict[str, str]:
    return {"class": name}


def drawn(seed: int, size: int, *weights: float) -> Rows:
    shares = np.array(weights) / sum(weights)
    return Rows(predictions=np.random.default_rng(seed).choice(NAMES, size, p=shares).tolist())


def test_spike_is_the_share_over_the_baselines() -> None:
    base = Rows(predictions=["a"] * 700 + ["b"] * 200 + ["c"] * 100)
    current = Rows(predictions=["a"] * 50 + ["b"] * 20 + ["c"] * 30)
    found = outcomes("model", baseline_of(base), current)
    assert [found.value(SPIKE, **of_class(name)) for name in NAMES] == pytest.approx([0.5 / 0.7, 1, 3])


def test_noise_is_what_a_share_rises_by_chance_over_the_baselines() -> None:
    base = Rows(predictions=["a"] * 700 + ["b"] * 200 + ["c"] * 100)
    current = Rows(predictions=["a"] * 50 + ["b"] * 20 + ["c"] * 30)
    found = outcomes("model", baseline_of(base), current)
    z, rate = norm.isf(1 - 0.95 ** (1 / 3)), 131 / 1102
    rise = z * math.sqrt(rate * (1 - rate) * (1 / 100 + 1 / 1000))
    rise += (z * z - 1) / 6 * (1 - 2 * rate) * (1 / 100 - 1 / 1000)
    assert found.noise(SPIKE, **of_class("c")) == pytest.approx(1 + rise / 0.1, rel=1e-9)


def test_rarer_classes_need_a_higher_spike() -> None:
    base = Rows(predictions=["a"] * 9000 + ["b"] * 990 + ["c"] * 10)
    found = outcomes("model", baseline_of(base), Rows(predictions=["a"] * 90 + ["b"] * 10))
    noises = [found.noise(SPIKE, **of_class(name)) for name in NAMES]
    assert noises == sorted(noises)
    assert noises[0] < 1.2
    assert noises[2] > 10


def test_class_that_vanished_has_a_spike_of_0() -> None:
    found = outcomes("model", baseline_of(drawn(1, 300, 1, 1, 1)), drawn(2, 100, 1, 1, 0))
    assert found.value(SPIKE, **of_class("c")) == 0


def test_class_that_the_baseline_never_predicted_is_named() -> None:
    found = outcomes("model", baseline_of(drawn(1, 300, 1, 1, 0)), drawn(2, 100, 1, 1, 1))
    assert found.reason(SPIKE, **of_class("c")) == "not in the baseline"
    assert found.value("prediction_shift_ratio") > 0.2


@pytest.mark.parametrize(
    ("current", "reason"),
    [
        ([None] * 50, "no values in the window"),
        (["a"] * 29 + [None] * 50, "too few values"),
        ([f"{value:.3f}" for value in np.linspace(0, 1, 200)], "too many classes"),
    ],
)
def test_reasons(current: Names, reason: str) -> None:
    assert outcomes("model", baseline_of(drawn(1, 300, 1, 1, 1)), Rows(predictions=current)).reason(SPIKE) == reason


@settings(max_examples=30)
@given(st.integers(0, 10_000))
def test_identical_windows_have_not_changed(seed: int) -> None:
    rows = drawn(seed, 200, 5, 3, 2)
    found = outcomes("model", baseline_of(rows), rows)
    assert all(found.value(SPIKE, **of_class(name)) == 1 < found.noise(SPIKE, **of_class(name)) for name in NAMES)


@settings(max_examples=30)
@given(st.integers(0, 10_000), st.permutations(NAMES))
def test_names_of_classes_do_not_matter(seed: int, names: list[str]) -> None:
    base, current = drawn(seed, 400, 5, 3, 2), drawn(seed + 1, 150, 1, 1, 1)
    other = dict(zip(NAMES, names, strict=True))

    def renamed(rows: Rows) -> Rows:
        return Rows(predictions=[other[name or ""] for name in rows.predictions])

    first = outcomes("model", baseline_of(base), current)
    again = outcomes("model", baseline_of(renamed(base)), renamed(current))
    for name in NAMES:
        assert again.value(SPIKE, **of_class(other[name])) == first.value(SPIKE, **of_class(name))
        assert again.noise(SPIKE, **of_class(other[name])) == first.noise(SPIKE, **of_class(name))


def test_more_of_a_class_is_a_higher_spike() -> None:
    base = baseline_of(drawn(1, 300, 1, 1, 1))
    windows = [Rows(predictions=["a"] * more + ["b"] * (100 - more)) for more in range(0, 101, 10)]
    found = [outcomes("model", base, window).value(SPIKE, **of_class("a")) for window in windows]
    assert np.diff(found).min() > 0
