"""What must hold for every statistic, whatever the data."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from fairlead.core.families import FAMILIES
from fairlead.core.measurement import Measurement
from tests.support.comparisons import FAVOURABLE, Names, Outcomes, Rows, baseline_of, outcomes

Floats = NDArray[np.float64]

numbers = st.one_of(
    arrays.arrays(np.float64, st.integers(30, 200), elements=st.floats(-1e6, 1e6, allow_subnormal=False)),
    arrays.arrays(np.float64, st.integers(30, 200), elements=st.sampled_from([0.0, 1.0, 2.5])),
)

UNCHANGED = (
    "feature_psi",
    "feature_kl_divergence",
    "feature_wasserstein_distance",
    "feature_missing_increase_ratio",
    "feature_new_category_ratio",
    "feature_category_shift_ratio",
    "prediction_shift_ratio",
    "prediction_entropy_change_ratio",
    "performance_accuracy_drop",
    "fairness_demographic_parity_drift",
    "fairness_equal_opportunity_drift",
    "fairness_disparate_impact_drift",
)


seeds = st.integers(0, 10_000)


def window(seed: int) -> Rows:
    """Rows with every kind of column."""
    random = np.random.default_rng(seed)
    size, share = int(random.integers(400, 600)), random.uniform(0.35, 0.8)

    def named(*choices: str | None) -> list[str | None]:
        return [choices[i] for i in random.integers(0, len(choices), size)]

    def decided() -> list[str | None]:
        return [FAVOURABLE if yes else "denied" for yes in (random.random(size) < share).tolist()]

    return Rows(
        numbers={"income": random.lognormal(0, 2, size), "flag": (random.random(size) < share).astype(float)},
        names={"purpose": named("car", "house", "boat", None)},
        predictions=decided(),
        labels=decided(),
        groups={"sex": named("f", "m"), "race": named("a", "b", "c")},
        scores=random.random(size).tolist(),
        attributions={name: random.normal(0, scale, size) for name, scale in (("x", 1), ("y", 2), ("z", 3))},
    )


def everything(base: Rows, current: Rows) -> Outcomes:
    baseline = baseline_of(base)
    return Outcomes(tuple(one for family in FAMILIES for one in outcomes(family, baseline, current).all))


def shuffled(rows: Rows, seed: int) -> Rows:
    order = np.random.default_rng(seed).permutation(len(rows)).tolist()

    def names(column: Names) -> Names:
        return [column[place] for place in order]

    return Rows(
        {name: np.asarray(column)[order] for name, column in rows.numbers.items()},
        {name: names(column) for name, column in rows.names.items()},
        names(rows.predictions),
        names(rows.labels),
        {name: names(column) for name, column in rows.groups.items()},
        [rows.scores[place] for place in order],
        {name: np.asarray(column)[order] for name, column in rows.attributions.items()},
    )


@settings(max_examples=25)
@given(seeds)
def test_identical_windows_have_not_drifted(seed: int) -> None:
    found = everything(window(seed), window(seed))
    seen = set()
    for one in found.all:
        if one.metric in UNCHANGED and isinstance(one, Measurement):
            seen.add(one.metric)
            assert one.value == pytest.approx(0, abs=1e-12), one
            assert one.noise is None or one.noise >= 0
    assert seen == set(UNCHANGED)
    assert found.value("attribution_rank_correlation") == pytest.approx(1)


@settings(max_examples=25)
@given(seeds, seeds, seeds)
def test_order_of_rows_does_not_matter(before: int, now: int, order: int) -> None:
    base, current = window(before), window(now)
    first, again = everything(base, current), everything(shuffled(base, order), shuffled(current, order + 1))
    assert len(first.all) == len(again.all)
    for one in first.all:
        other = again.find(one.metric, **dict(one.labels))
        if not isinstance(one, Measurement):
            assert other == one
            continue
        assert isinstance(other, Measurement)
        assert other.value == pytest.approx(one.value, rel=1e-9, abs=1e-9)
        assert (other.noise is None) == (one.noise is None)
        assert (other.noise or 0) == pytest.approx(one.noise or 0, rel=1e-9, abs=1e-9)


@settings(max_examples=25)
@given(seeds, seeds)
def test_names_of_categories_classes_and_groups_do_not_matter(before: int, now: int) -> None:
    base, current = window(before), window(now)
    swap = {"car": "boat", "boat": "house", "house": "car", "f": "m", "m": "f", "a": "c", "c": "a"}

    def renamed(rows: Rows) -> Rows:
        return Rows(
            rows.numbers,
            {"purpose": [swap.get(name or "", name) for name in rows.names["purpose"]]},
            rows.predictions,
            rows.labels,
            {key: [swap.get(name or "", name) for name in column] for key, column in rows.groups.items()},
            rows.scores,
            rows.attributions,
        )

    first, again = everything(base, current), everything(renamed(base), renamed(current))
    for metric in UNCHANGED:
        values, others = (
            sorted(one.value for one in side.all if isinstance(one, Measurement) and one.metric == metric)
            for side in (first, again)
        )
        assert others == pytest.approx(values, rel=1e-9, abs=1e-9)


def drift(base: Floats, current: Floats) -> Outcomes:
    return outcomes("data", baseline_of(Rows(numbers={"x": base})), Rows(numbers={"x": current}))


@settings(max_examples=100)
@given(numbers, numbers, st.sampled_from([1e-3, 0.5, 7.0, 1e4]), st.sampled_from([0.0, -3.0, 10.0]))
def test_unit_and_origin_of_a_feature_do_not_matter(base: Floats, current: Floats, unit: float, origin: float) -> None:
    spread = np.diff(np.unique(np.concatenate((base, current))))
    assume(len(spread) > 0 and spread.min() > 1e-3)
    first, again = drift(base, current), drift((base + origin) * unit, (current + origin) * unit)
    for metric in ("feature_psi", "feature_kl_divergence", "feature_wasserstein_distance"):
        one, other = first.find(metric, feature="x"), again.find(metric, feature="x")
        assert type(one) is type(other)
        if isinstance(one, Measurement) and isinstance(other, Measurement):
            assert other.value == pytest.approx(one.value, rel=1e-4, abs=1e-4)


@settings(max_examples=50)
@given(numbers, st.floats(1e-3, 1e3))
def test_w1_of_a_shift_is_the_shift(base: Floats, shift: float) -> None:
    assume(np.ptp(base) > 1e-3)
    baseline = baseline_of(Rows(numbers={"x": base}))
    found = outcomes("data", baseline, Rows(numbers={"x": base + shift}))
    expected = shift / baseline.bins["x"].scale
    tolerance = 1e-9 * np.abs(base).max() / baseline.bins["x"].scale
    actual = found.value("feature_wasserstein_distance", feature="x")
    assert actual <= expected * (1 + 1e-9) + tolerance
    assert actual == pytest.approx(expected, rel=1e-3, abs=1e-4 * np.abs(base).max() / baseline.bins["x"].scale)


@pytest.mark.parametrize("metric", ["feature_psi", "feature_kl_divergence", "feature_wasserstein_distance"])
def test_more_contamination_is_more_drift(metric: str) -> None:
    random = np.random.default_rng(1)
    base, clean, bad = random.normal(size=2000), random.normal(size=1000), random.normal(6, 1, 1000)
    found = [
        drift(base, np.concatenate((bad[:rows], clean[rows:]))).value(metric, feature="x")
        for rows in range(0, 1001, 50)
    ]
    assert np.diff(found).min() > 0


@pytest.mark.parametrize(
    "metric",
    ["feature_psi", "feature_new_category_ratio", "feature_category_shift_ratio", "feature_missing_increase_ratio"],
)
def test_more_contamination_of_names_is_more_drift(metric: str) -> None:
    base = Rows(names={"x": ["car", "boat"] * 500})
    bad = None if metric == "feature_missing_increase_ratio" else "rocket"
    found = [
        outcomes("data", baseline_of(base), Rows(names={"x": [bad] * rows + ["car", "boat"] * (200 - rows // 2)}))
        for rows in range(0, 301, 20)
    ]
    assert np.diff([one.value(metric, feature="x") for one in found]).min() > 0
