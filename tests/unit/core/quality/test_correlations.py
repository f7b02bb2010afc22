"""Correlations from sums of whole numbers against numpy and pandas on the rows."""

import math
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import binom, norm

from fairlead.core.baseline import Bins
from fairlead.core.measurement import Minimums
from tests.support.comparisons import Outcomes, Rows, baseline_of, count, outcomes

Floats = NDArray[np.float64]

CHANGE, NEW_HIGH = "feature_correlation_change", "new_high_correlations"
NAN = float("nan")


def compared(base: dict[str, Floats], current: dict[str, Floats], samples: int = 30) -> Outcomes:
    minimums = Minimums(samples=samples)
    return outcomes("quality", baseline_of(Rows(numbers=base)), Rows(numbers=current), minimums=minimums)


def pair(random: np.random.Generator, rho: float, rows: int) -> dict[str, Floats]:
    a, b = random.normal(size=(2, rows))
    return {"a": a, "b": rho * a + math.sqrt(1 - rho * rho) * b}


def test_change_agrees_with_numpy() -> None:
    random = np.random.default_rng(1)
    base, current = pair(random, 0.1, 3000), pair(random, 0.7, 800)
    found = compared(base, current).measured(CHANGE, feature="a", other="b")
    expected = np.corrcoef(current["a"], current["b"])[0, 1] - np.corrcoef(base["a"], base["b"])[0, 1]
    assert found.value == pytest.approx(abs(expected), abs=1e-3)
    assert (found.samples, found.baseline_samples) == (800, 3000)


@pytest.mark.parametrize("seed", range(4))
def test_pairs_with_missing_values_agree_with_pandas(seed: int) -> None:
    """Pearson over pairwise complete rows; pairs of too few such rows have none."""
    random = np.random.default_rng(seed)
    centres = random.normal(10, 50, 6)

    def table(rows: int, holes: float) -> pd.DataFrame:
        values = random.normal(size=(rows, 6)) @ random.normal(size=(6, 6)) + centres
        values[random.random((rows, 6)) < holes] = NAN
        values[random.random(rows) < 0.9, 5] = NAN
        return pd.DataFrame(values, columns=list("fedcba"))

    base, current = table(2000, 0.2), table(400, 0.5)
    before, now = ({name: side[name].to_numpy() for name in "fedcba"} for side in (base, current))
    found = compared(before, now)
    expected = np.abs((current.corr(min_periods=30) - base.corr(min_periods=30)).to_numpy())
    seen = 0
    for i, first in enumerate("fedcba"):
        for j, second in enumerate("fedcba"[i + 1 :], start=i + 1):
            change, one = float(expected[i, j]), found.find(CHANGE, feature=first, other=second)
            if one is None:
                assert not change > 0.151, (first, second)
            else:
                seen += 1
                assert found.value(CHANGE, feature=first, other=second) == pytest.approx(change, abs=2e-3)
                complete = current[[first, second]].dropna()
                assert found.measured(CHANGE, feature=first, other=second).samples == len(complete)
    assert seen > 3
    assert found.find(CHANGE, feature="a", other="b") is None, "pairs are named in the order of the configuration"
    few = int((current.notna().astype(int).T @ current.notna().astype(int)).to_numpy()[np.triu_indices(6, 1)].min())
    assert (few < 30) == any("too few rows" in getattr(one, "reason", "") for one in found.all)


def test_noise_is_fishers() -> None:
    """Of normal values the kurtosis is near 3, so the textbook formula holds."""
    random = np.random.default_rng(2)
    base, current = pair(random, 0.2, 20_000), pair(random, 0.6, 5000)
    found = compared(base, current)
    reference = np.corrcoef(base["a"], base["b"])[0, 1]
    limit = norm.isf(0.025) * math.sqrt(1 / (5000 - 3) + 1 / (20_000 - 3))
    expected = math.tanh(math.atanh(reference) + limit) - reference
    assert found.noise(CHANGE, feature="a", other="b") == pytest.approx(expected, rel=0.03)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.floats(-0.99, 0.99), st.floats(-0.99, 0.99), st.integers(30, 300))
def test_past_noise_is_past_fishers_limit(seed: int, before: float, now: float, rows: int) -> None:
    """The noise is in the unit of the change and says the same as the comparison of atanh r."""
    random = np.random.default_rng(seed)
    base, current = pair(random, before, 400), pair(random, now, rows)
    one = compared(base, current).find(CHANGE, feature="a", other="b")
    if one is None:
        return
    found = compared(base, current).measured(CHANGE, feature="a", other="b")
    r, reference = (np.corrcoef(side["a"], side["b"])[0, 1] for side in (current, base))
    kurtosis = []
    for name in "ab":
        values = np.concatenate((base[name], current[name]))
        kurtosis.append(float(((values - values.mean()) ** 4).mean() / values.var() ** 2))
    limit = norm.isf(0.025) * math.sqrt(max(math.sqrt(kurtosis[0] * kurtosis[1]) / 3, 1))
    distance = abs(math.atanh(r) - math.atanh(reference)) / math.sqrt(1 / (rows - 3) + 1 / 397)
    if abs(distance / limit - 1) > 0.02:
        assert found.noise is not None
        assert (found.value > found.noise) == (distance > limit)


def test_small_changes_are_not_shown() -> None:
    random = np.random.default_rng(3)
    found = compared(pair(random, 0.5, 20_000), pair(random, 0.6, 20_000))
    assert found.find(CHANGE, feature="a", other="b") is None
    assert found.value(NEW_HIGH) == 0


@pytest.mark.parametrize(
    ("before", "now", "rows", "new"),
    [
        (0.2, 0.97, 300, 1),
        (0.2, -0.97, 300, 1),
        (0.97, 0.98, 300, 0),
        (0.2, 0.8, 300, 0),
        (0.89, 0.92, 40, 0),  # above 0.9 by chance
        (-0.97, 0.97, 300, 0),  # was high, and still is
    ],
)
def test_new_high_correlations(before: float, now: float, rows: int, new: int) -> None:
    random = np.random.default_rng(4)
    found = compared(pair(random, before, 2000), pair(random, now, rows)).measured(NEW_HIGH)
    assert (found.value, found.noise) == (new, None)


def test_feature_that_copies_another_is_a_new_pair() -> None:
    random = np.random.default_rng(5)
    values = random.normal(size=(3, 500))
    base = dict(zip("abc", values, strict=True))
    found = compared(base, {"a": values[0], "b": values[0], "c": values[2]})
    assert found.value(NEW_HIGH) == 1
    assert found.value(CHANGE, feature="a", other="b") > 0.9


def test_reasons_are_given_once_and_not_per_pair() -> None:
    random = np.random.default_rng(6)
    names = [f"f{i}" for i in range(6)]
    base = {name: random.normal(size=200) for name in names}
    current = {**base, "f1": np.full(200, 3.0), "f3": np.full(200, NAN), "f5": np.append(base["f5"][:29], [NAN] * 171)}
    found = compared(base, current)
    reasons = [one.reason for one in found.all if one.metric == CHANGE and hasattr(one, "reason")]
    assert reasons == [
        "without values or constant in window or baseline: f1, f3",
        "too few rows with both values: 3 of the pairs",
    ]
    assert found.value(NEW_HIGH) == 0


def test_nothing_to_compare_has_a_reason() -> None:
    values = np.arange(50.0)
    found = compared({"a": values, "b": values}, {"a": values, "b": np.full(50, 1.0)})
    assert found.reason(NEW_HIGH) == "no pair of features to compare"


@pytest.mark.parametrize("numbers", [{}, {"a": np.arange(50.0)}])
def test_fewer_than_two_features_say_nothing(numbers: dict[str, Floats]) -> None:
    rows = Rows(numbers=numbers, names={"job": ["cook"] * 50})
    found = outcomes("quality", baseline_of(rows), rows)
    assert not [one for one in found.all if one.metric in {CHANGE, NEW_HIGH}]


def test_baseline_of_one_feature_has_a_reason() -> None:
    values = np.arange(50.0)
    baseline = baseline_of(Rows(numbers={"a": values, "b": values**2}))
    current = count(Rows(numbers={"a": values, "b": values**2}), Bins(baseline.bins))
    older = type(baseline)("v", baseline_of(Rows(numbers={"a": values})).summary, {"a": baseline.bins["a"]}, {})
    found = outcomes("quality", older, current)
    assert found.reason(CHANGE) == found.reason(NEW_HIGH) == "no correlations in the baseline"


def test_features_beyond_those_that_were_counted_are_named() -> None:
    random = np.random.default_rng(7)
    numbers = {name: random.normal(size=60) for name in "abcd"}
    baseline = baseline_of(Rows(numbers=numbers))
    whole = count(Rows(numbers=numbers), Bins(baseline.bins))
    part = count(Rows(numbers={name: numbers[name] for name in "ab"}), Bins(baseline.bins))
    current = type(whole)(rows=60, numerical=whole.numerical, products=part.products)
    found = outcomes("quality", baseline, current)
    assert found.reason(CHANGE) == "only 2 features take part, not c, d"


SHAPES: dict[str, Callable[[Floats], Floats]] = {
    "normal": lambda z: z,
    "lognormal": np.exp,
    "cubed": lambda z: z**3,
    "rare flag": lambda z: (z > 1.5).astype(np.float64),
}


@pytest.mark.parametrize("name", SHAPES)
def test_unchanged_heavy_tails_stay_inside_the_noise(name: str) -> None:
    """Fisher's own limit is passed by most lognormal windows; times the kurtosis by hardly any."""
    random = np.random.default_rng(8)
    runs, passed = 150, 0

    def draw(rows: int) -> dict[str, Floats]:
        z = math.sqrt(0.5) * (random.normal(size=(1, rows)) + random.normal(size=(8, rows)))
        return {f"f{i}": values for i, values in enumerate(SHAPES[name](z))}

    for _ in range(runs // 5):
        baseline = baseline_of(Rows(numbers=draw(600)))
        for _ in range(5):
            found = outcomes("quality", baseline, Rows(numbers=draw(200)))
            passed += any(one.value > (one.noise or 0) for one in found.all if one.metric == CHANGE)  # type: ignore[union-attr]
    assert passed <= binom.isf(1e-4, runs, 0.05)
