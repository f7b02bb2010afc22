"""What must hold for every statistic, whatever the data."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import ArrayLike, NDArray

from fairlead.core.drift.wasserstein import wasserstein
from fairlead.core.edges import numerical_bins
from fairlead.core.families import FAMILIES
from fairlead.core.measurement import Measurement
from fairlead.exposition.catalogue import MEASUREMENTS
from tests.support.comparisons import FAVOURABLE, Names, Outcomes, Rows, baseline_of, count_numbers, outcomes

Floats = NDArray[np.float64]

numbers = st.one_of(
    arrays.arrays(np.float64, st.integers(30, 200), elements=st.floats(-1e6, 1e6, allow_subnormal=False)),
    arrays.arrays(np.float64, st.integers(30, 200), elements=st.sampled_from([0.0, 1.0, 2.5])),
)

UNCHANGED: dict[str, float] = {
    "feature_psi": 0,
    "feature_kl_divergence": 0,
    "feature_wasserstein_distance": 0,
    "feature_missing_increase_ratio": 0,
    "feature_new_category_ratio": 0,
    "feature_category_shift_ratio": 0,
    "feature_rare_category_surges": 0,
    "new_high_correlations": 0,
    "fairness_demographic_parity_drift": 0,
    "fairness_equal_opportunity_drift": 0,
    "fairness_accuracy_gap_increase": 0,
    "fairness_disparate_impact_drift": 0,
    "prediction_class_spike": 1,
    "prediction_shift_ratio": 0,
    "prediction_kl_divergence": 0,
    "prediction_entropy_change_ratio": 0,
    "prediction_volatility_increase_ratio": 0,
    "performance_accuracy_drop": 0,
    "performance_precision_drop": 0,
    "performance_recall_drop": 0,
    "performance_false_positive_increase": 0,
    "performance_f1_drop": 0,
    "attribution_kl_divergence": 0,
    "attribution_rank_correlation": 1,
    "attribution_top3_changes": 0,
}
"""Comparisons, and what they are when the window is the baseline."""

TWINS = {
    "feature_missing_ratio": "feature_missing_baseline_ratio",
    "group_selection_ratio": "group_selection_baseline_ratio",
    "group_true_positive_ratio": "group_true_positive_baseline_ratio",
    "group_false_positive_ratio": "group_false_positive_baseline_ratio",
    "group_accuracy_ratio": "group_accuracy_baseline_ratio",
    "fairness_demographic_parity_difference": "fairness_demographic_parity_baseline_difference",
    "fairness_equal_opportunity_difference": "fairness_equal_opportunity_baseline_difference",
    "fairness_disparate_impact_ratio": "fairness_disparate_impact_baseline_ratio",
    "prediction_class_ratio": "prediction_class_baseline_ratio",
    "prediction_entropy": "prediction_entropy_baseline",
    "prediction_confidence_mean": "prediction_confidence_baseline_mean",
    "performance_accuracy_ratio": "performance_accuracy_baseline_ratio",
    "performance_precision_ratio": "performance_precision_baseline_ratio",
    "performance_recall_ratio": "performance_recall_baseline_ratio",
    "performance_false_positive_ratio": "performance_false_positive_baseline_ratio",
    "performance_mean_absolute_error": "performance_mean_absolute_error_baseline",
    "attribution_mean_abs": "attribution_mean_abs_baseline",
}
"""Of the window and of the baseline."""

OF_THE_WINDOW = {
    "feature_type_mismatch_ratio",
    "feature_range_violation_ratio",
    "feature_required_missing",
    "group_samples",
    "group_labelled_samples",
    "group_disparate_impact_ratio",
    "group_disparate_impact_ratio_lower",
    "group_disparate_impact_ratio_upper",
    "fairness_accuracy_gap",
    "prediction_score_quantile",
    "performance_f1_ratio",
    "performance_labelled_ratio",
    "attribution_consistency",
}
"""Without anything of the baseline beside them."""

CHANGED_ONLY = {"feature_correlation_change"}
"""Not shown where nothing changed."""

seeds = st.integers(0, 10_000)


def window(seed: int) -> Rows:
    """Rows with every kind of column."""
    random = np.random.default_rng(seed)
    size, share = int(random.integers(400, 600)), random.uniform(0.35, 0.8)

    def named(*choices: str | None) -> list[str | None]:
        return [choices[i] for i in random.integers(0, len(choices), size)]

    def decided() -> list[str | None]:
        return [FAVOURABLE if yes else "denied" for yes in (random.random(size) < share).tolist()]

    income = random.lognormal(0, 2, size)
    return Rows(
        numbers={
            "income": income,
            "flag": (random.random(size) < share).astype(float),
            "debt": np.log(income) * random.uniform(-1, 1) + random.normal(size=size),
        },
        names={"purpose": named("car", "house", "boat", None)},
        predictions=decided(),
        labels=decided(),
        groups={"sex": named("f", "m"), "race": named("a", "b", "c")},
        scores=random.random(size).tolist(),
        attributions={name: random.normal(0, scale, size) for scale, name in enumerate("wxyz", start=1)},
        keys=random.integers(0, 100, size).tolist(),
    )


def regression(seed: int) -> Rows:
    """Rows of a model that answers with numbers."""
    random = np.random.default_rng(seed)
    answers = random.normal(100, 20, 300)
    return Rows(answers=answers.tolist(), targets=(answers + random.normal(0, 5, 300)).tolist())


def everything(base: Rows, current: Rows) -> Outcomes:
    baseline = baseline_of(base)
    return Outcomes(
        tuple(
            one
            for family in FAMILIES
            for one in outcomes(family, baseline, current, required=("income",), ranged=("income",)).all
        )
    )


def shuffled(rows: Rows, seed: int) -> Rows:
    order = np.random.default_rng(seed).permutation(len(rows)).tolist()

    def names(column: Names) -> Names:
        return [column[place] for place in order]

    def numbers(columns: Mapping[str, ArrayLike]) -> dict[str, ArrayLike]:
        return {name: np.asarray(column)[order] for name, column in columns.items()}

    return Rows(
        numbers=numbers(rows.numbers),
        names={name: names(column) for name, column in rows.names.items()},
        predictions=names(rows.predictions),
        labels=names(rows.labels),
        groups={name: names(column) for name, column in rows.groups.items()},
        scores=[rows.scores[place] for place in order],
        attributions=numbers(rows.attributions),
        keys=[rows.keys[place] for place in order],
    )


def test_every_metric_is_in_one_of_the_tables() -> None:
    tables = [set(UNCHANGED), set(TWINS), set(TWINS.values()), OF_THE_WINDOW, CHANGED_ONLY]
    assert set.union(*tables) == {metric.name.removeprefix("fairlead_") for metric in MEASUREMENTS}
    assert sum(map(len, tables)) == len(set.union(*tables))


@settings(max_examples=25, deadline=None)
@given(seeds)
def test_identical_windows_have_not_drifted(seed: int) -> None:
    seen = set()
    for rows in (window(seed), regression(seed)):
        found = everything(rows, rows)
        for one in found.all:
            seen.add(one.metric)
            if one.metric in UNCHANGED and isinstance(one, Measurement):
                assert one.value == pytest.approx(UNCHANGED[one.metric], abs=1e-12), one
                assert one.noise is None or one.noise >= 0
            elif one.metric in TWINS and isinstance(one, Measurement):
                assert one.value == found.value(TWINS[one.metric], **dict(one.labels)), one
    assert {*UNCHANGED, *TWINS, *TWINS.values(), *OF_THE_WINDOW} == seen


@settings(max_examples=25, deadline=None)
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
        assert other.value == pytest.approx(one.value, rel=1e-11, abs=1e-11)
        assert (other.noise is None) == (one.noise is None)
        assert (other.noise or 0) == pytest.approx(one.noise or 0, rel=1e-11, abs=1e-11)


@settings(max_examples=25, deadline=None)
@given(seeds, seeds)
def test_names_of_categories_classes_and_groups_do_not_matter(before: int, now: int) -> None:
    base, current = window(before), window(now)
    swap = {"car": "boat", "boat": "house", "house": "car", "f": "m", "m": "f", "a": "c", "c": "a", "denied": "never"}

    def renamed(rows: Rows) -> Rows:
        def names(column: Names) -> Names:
            return [swap.get(name or "", name) for name in column]

        return replace(
            rows,
            names={key: names(column) for key, column in rows.names.items()},
            predictions=names(rows.predictions),
            labels=names(rows.labels),
            groups={key: names(column) for key, column in rows.groups.items()},
        )

    first, again = everything(base, current), everything(renamed(base), renamed(current))
    for metric in {*UNCHANGED, *TWINS, *OF_THE_WINDOW}:
        values, others = (
            sorted(one.value for one in side.all if isinstance(one, Measurement) and one.metric == metric)
            for side in (first, again)
        )
        assert others == pytest.approx(values, rel=1e-9, abs=1e-9), metric


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
    tolerance = (1e-9 * np.abs(base).max() + baseline.bins["x"].quantum) / baseline.bins["x"].scale
    actual = found.value("feature_wasserstein_distance", feature="x")
    assert actual <= expected * (1 + 1e-9) + tolerance
    assert actual == pytest.approx(expected, rel=1e-3, abs=1e-4 * np.abs(base).max() / baseline.bins["x"].scale)


@settings(max_examples=50, deadline=None)
@given(numbers, numbers, st.sampled_from([1e-3, 0.5, 7.0, 1e4]), st.sampled_from([0.0, -3.0, 10.0]))
def test_w1_itself_has_the_unit_of_the_feature(base: Floats, current: Floats, unit: float, origin: float) -> None:
    spread = np.diff(np.unique(np.concatenate((base, current))))
    assume(len(spread) > 0 and spread.min() > 1e-3)
    found = []
    for one, other in ((base, current), ((base + origin) * unit, (current + origin) * unit)):
        bins = numerical_bins(one, "p1_p99")
        found.append(wasserstein(count_numbers(other, bins), count_numbers(one, bins), bins)[0])
    assert found[1] == pytest.approx(found[0] * unit, rel=1e-4, abs=1e-4 * unit * np.ptp(base))


MAPS: dict[str, Callable[[Floats], Floats]] = {
    "exponential": lambda x: np.exp(x / 2),
    "cube": lambda x: x**3,
    "logistic": lambda x: 1 / (1 + np.exp(-x)),
    "stretched tails": lambda x: np.sinh(2 * x),
}


@settings(max_examples=60, deadline=None)
@given(seeds, st.floats(-1, 1), st.floats(0.5, 2), st.sampled_from(sorted(MAPS)))
def test_rising_maps_of_a_feature_change_neither_psi_nor_kl(seed: int, shift: float, scale: float, name: str) -> None:
    """Bins are made of the baseline's own values, so they are mapped with it."""
    random = np.random.default_rng(seed)
    base, current = random.normal(size=500), random.normal(shift, scale, 300)
    first, again = drift(base, current), drift(MAPS[name](base), MAPS[name](current))
    for metric in ("feature_psi", "feature_kl_divergence"):
        assert again.value(metric, feature="x") == first.value(metric, feature="x")
        assert again.noise(metric, feature="x") == first.noise(metric, feature="x")


@settings(max_examples=40, deadline=None)
@given(seeds, st.floats(0.001, 1000), st.floats(-1e4, 1e4), st.sampled_from([1.0, -1.0]))
def test_unit_origin_and_sign_do_not_matter_to_correlations(seed: int, unit: float, origin: float, sign: float) -> None:
    random = np.random.default_rng(seed)
    base, current = random.normal(size=(2, 300)), random.normal(size=(2, 200))
    current[1] = current[0] + current[1] / 2

    def change(a: Floats, b: Floats) -> Measurement:
        sides = [Rows(numbers={"a": side[0] * a[0] + a[1], "b": side[1] * b[0] + b[1]}) for side in (base, current)]
        return outcomes("quality", baseline_of(sides[0]), sides[1]).measured(
            "feature_correlation_change", feature="a", other="b"
        )

    plain, other = (
        change(np.array([1.0, 0.0]), np.array([1.0, 0.0])),
        change(np.array([unit, 0.0]), np.array([sign, origin])),
    )
    assert other.value == pytest.approx(plain.value, abs=2e-3)
    assert other.noise == pytest.approx(plain.noise, rel=0.03)


def good_and_bad() -> tuple[Rows, Rows]:
    """Two populations of 1,000 rows that differ in everything, each a random order of fixed parts."""
    random = np.random.default_rng(1)

    def parts(*shares: tuple[str | None, int]) -> list[str | None]:
        column = [name for name, rows in shares for _ in range(rows)]
        return [column[place] for place in random.permutation(len(column))]

    def population(centre: float, approved: dict[str, float], right: dict[str, float], bad: bool) -> Rows:
        groups = parts(("f", 500), ("m", 500))
        predictions = [FAVOURABLE if random.random() < approved[group or ""] else "denied" for group in groups]
        swap = {FAVOURABLE: "denied", "denied": FAVOURABLE}
        labels = [
            prediction if random.random() < right[group or ""] else swap[prediction]
            for group, prediction in zip(groups, predictions, strict=True)
        ]
        x = random.normal(centre, 1, 1000)
        return Rows(
            numbers={"x": x, "y": random.normal(size=1000) + (5 * x if bad else 0)},
            names={"z": parts(("rocket", 1000)) if bad else parts(("car", 490), ("boat", 490), (None, 20))},
            predictions=predictions,
            labels=labels,
            groups={"sex": groups},
            scores=np.clip(random.beta(*((9, 1) if bad else (3, 3)), 1000), 0.001, 0.999).tolist(),
            attributions={"w": random.normal(4 * bad, 1, 1000)},
        )

    good = population(0, {"f": 0.5, "m": 0.5}, {"f": 0.9, "m": 0.9}, bad=False)
    return good, population(6, {"f": 0.1, "m": 0.95}, {"f": 0.2, "m": 0.7}, bad=True)


CONTAMINATED: dict[str, tuple[dict[str, str], int]] = {
    "feature_psi": ({"feature": "x"}, 1),
    "feature_kl_divergence": ({"feature": "x"}, 1),
    "feature_wasserstein_distance": ({"feature": "x"}, 1),
    "feature_new_category_ratio": ({"feature": "z"}, 1),
    "feature_category_shift_ratio": ({"feature": "z"}, 1),
    "feature_rare_category_surges": ({"feature": "z"}, 1),
    "feature_missing_increase_ratio": ({"feature": "z"}, -1),
    "new_high_correlations": ({}, 1),
    "fairness_demographic_parity_drift": ({"attribute": "sex"}, 1),
    "fairness_accuracy_gap_increase": ({"attribute": "sex"}, 1),
    "fairness_disparate_impact_ratio": ({"attribute": "sex"}, -1),
    "fairness_disparate_impact_drift": ({"attribute": "sex"}, 1),
    "prediction_kl_divergence": ({}, 1),
    "prediction_entropy_change_ratio": ({}, -1),
    "performance_accuracy_drop": ({}, 1),
    "performance_precision_drop": ({}, 1),
    "performance_recall_drop": ({}, 1),
    "performance_false_positive_increase": ({}, 1),
    "performance_f1_drop": ({"class": "denied"}, 1),
    "attribution_kl_divergence": ({"feature": "w"}, 1),
}
"""Subject, and whether more of the bad population makes it more or less."""


def test_more_contamination_is_more_drift() -> None:
    good, bad = good_and_bad()

    def mixed(rows: int) -> Rows:
        kept = slice(rows, None)

        def numbers(before: Mapping[str, ArrayLike], after: Mapping[str, ArrayLike]) -> dict[str, ArrayLike]:
            return {
                name: np.concatenate((np.asarray(after[name])[:rows], np.asarray(before[name])[kept]))
                for name in before
            }

        def names(before: Names, after: Names) -> Names:
            return [*after[:rows], *before[kept]]

        return Rows(
            numbers=numbers(good.numbers, bad.numbers),
            names={"z": names(good.names["z"], bad.names["z"])},
            predictions=names(good.predictions, bad.predictions),
            labels=names(good.labels, bad.labels),
            groups={"sex": names(good.groups["sex"], bad.groups["sex"])},
            scores=[*bad.scores[:rows], *good.scores[kept]],
            attributions=numbers(good.attributions, bad.attributions),
        )

    found = [everything(good, mixed(rows)) for rows in range(0, 1001, 100)]
    for metric, (labels, sign) in CONTAMINATED.items():
        values = sign * np.array([one.value(metric, **labels) for one in found])
        # one step of a hundred rows may be a little less by chance, never all of them
        assert np.diff(values).min() >= -0.03 * np.ptp(values), metric
        assert values[-1] > values[0], metric
