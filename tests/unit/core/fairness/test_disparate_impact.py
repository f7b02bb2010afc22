"""Disparate impact against fairlearn, its interval, its reference group and its noise."""

import math

import numpy as np
import pytest
from fairlearn.metrics import demographic_parity_ratio
from scipy.stats import norm
from scipy.stats.contingency import relative_risk

from fairlead.core.summary import Summary, Tally
from tests.support.comparisons import FAVOURABLE, Outcomes, Rows, baseline_of, outcomes

METRIC, GROUP, DRIFT = (
    "fairness_disparate_impact_ratio",
    "group_disparate_impact_ratio",
    "fairness_disparate_impact_drift",
)
BASE = {"a": (700, 1000), "b": (600, 1000), "c": (650, 1000)}


def tallies(groups: dict[str, tuple[int, int]]) -> Summary:
    """Selected and rows per group."""
    made = {group: Tally(rows, rows, selected) for group, (selected, rows) in groups.items()}
    return Summary(rows=sum(tally.rows for tally in made.values()), groups={"sex": made})


def compared(
    current: dict[str, tuple[int, int]],
    reference: str | None = None,
    base: dict[str, tuple[int, int]] | None = None,
) -> Outcomes:
    empty = baseline_of(Rows())
    baseline = type(empty)("v", tallies(BASE if base is None else base), {}, {})
    return outcomes("fairness", baseline, tallies(current), references={"sex": reference})


@pytest.mark.parametrize("seed", range(4))
def test_default_reference_agrees_with_fairlearn(seed: int) -> None:
    random = np.random.default_rng(seed)
    groups = random.choice(["a", "b", "c"], 900)
    selected = random.random(900) < np.where(groups == "b", 0.4, 0.6)
    rows = Rows(
        predictions=[FAVOURABLE if yes else "denied" for yes in selected.tolist()], groups={"sex": groups.tolist()}
    )
    found = outcomes("fairness", baseline_of(rows), rows)
    expected = demographic_parity_ratio(selected, selected, sensitive_features=groups)
    assert found.value(METRIC, attribute="sex") == pytest.approx(expected, abs=1e-9)
    assert found.value("fairness_disparate_impact_baseline_ratio", attribute="sex") == pytest.approx(expected, abs=1e-9)
    assert found.value(DRIFT, attribute="sex") == 0


def test_interval_is_katz_with_half_a_row_added() -> None:
    found = compared({"a": (80, 100), "b": (30, 60)})
    where = {"attribute": "sex", "group": "b"}
    error = math.sqrt(1 / 30.5 - 1 / 60.5 + 1 / 80.5 - 1 / 100.5)
    centre, z = math.log(30.5 / 60.5 / (80.5 / 100.5)), norm.isf(0.025)
    assert found.value(f"{GROUP}_lower", **where) == pytest.approx(math.exp(centre - z * error), rel=1e-9)
    assert found.value(f"{GROUP}_upper", **where) == pytest.approx(math.exp(centre + z * error), rel=1e-9)


def test_interval_of_large_groups_agrees_with_scipys_katz_interval() -> None:
    found = compared({"a": (80_000, 100_000), "b": (30_000, 60_000)})
    expected = relative_risk(30_000, 60_000, 80_000, 100_000).confidence_interval(0.95)
    where = {"attribute": "sex", "group": "b"}
    assert found.value(f"{GROUP}_lower", **where) == pytest.approx(expected.low, rel=1e-4)
    assert found.value(f"{GROUP}_upper", **where) == pytest.approx(expected.high, rel=1e-4)


def test_configured_reference_may_give_ratios_above_one() -> None:
    found = compared({"a": (50, 100), "b": (75, 100), "c": (45, 100)}, reference="a")
    assert found.value(GROUP, attribute="sex", group="b") == pytest.approx(1.5)
    assert found.value(METRIC, attribute="sex") == pytest.approx(0.9)
    assert found.find(GROUP, attribute="sex", group="a") is None


def test_drift_is_the_fall_of_the_least_ratio() -> None:
    found = compared({"a": (70, 100), "b": (35, 100), "c": (65, 100)})
    assert found.value(DRIFT, attribute="sex") == pytest.approx(600 / 700 - 0.5)


@pytest.mark.parametrize("current", [{"b": (75, 100), "c": (45, 100)}, {"a": (9, 29), "b": (75, 100), "c": (4, 100)}])
def test_reference_missing_or_too_small(current: dict[str, tuple[int, int]]) -> None:
    found = compared(current, reference="a")
    assert found.reason(METRIC, attribute="sex") == "reference group not large enough"
    assert found.find(DRIFT, attribute="sex") is None


def test_nobody_selected_in_the_reference() -> None:
    found = compared({"a": (0, 100), "b": (75, 100)}, reference="a")
    assert found.reason(METRIC, attribute="sex") == "no favourable outcome in the reference group"


def test_nobody_selected_anywhere() -> None:
    found = compared({"a": (0, 100), "b": (0, 100)})
    assert found.reason(METRIC, attribute="sex") == "no favourable outcome in the reference group"


def test_nobody_selected_in_another_group_is_zero_and_no_chance() -> None:
    found = compared({"a": (80, 100), "b": (0, 100)})
    assert found.value(METRIC, attribute="sex") == 0
    assert found.noise(METRIC, attribute="sex") > 0
    assert found.value(f"{GROUP}_lower", attribute="sex", group="b") > 0


def test_single_group_has_no_ratio() -> None:
    found = compared({"a": (80, 100)})
    assert found.reason(METRIC, attribute="sex") == "fewer than two groups large enough"
    assert found.reason(METRIC, attribute="sex", group="b") == "group too small"


def test_group_of_one_is_named_and_left_out() -> None:
    found = compared({"a": (80, 100), "b": (70, 100), "c": (0, 1)})
    assert found.reason(METRIC, attribute="sex", group="c") == "group too small"
    assert found.value(METRIC, attribute="sex") == pytest.approx(0.875)


def test_baseline_without_a_ratio_is_no_obstacle_to_the_current_one() -> None:
    found = compared({"a": (80, 100), "b": (70, 100)}, base={"a": (3, 5)})
    assert found.value(METRIC, attribute="sex") == pytest.approx(0.875)
    assert found.reason(DRIFT, attribute="sex") == "fewer than two groups large enough in window and baseline"


def test_new_group_lowers_the_ratio_but_is_no_fall_of_it() -> None:
    found = compared({"a": (70, 100), "b": (60, 100), "c": (65, 100), "d": (20, 100)})
    assert found.value(METRIC, attribute="sex") == pytest.approx(2 / 7)
    assert found.value("fairness_disparate_impact_baseline_ratio", attribute="sex") == pytest.approx(6 / 7)
    assert found.value(DRIFT, attribute="sex") == 0


def test_group_that_is_gone_is_no_rise_of_the_ratio() -> None:
    found = compared({"a": (70, 100), "c": (65, 100), "b": (3, 9)})
    assert found.value("fairness_disparate_impact_baseline_ratio", attribute="sex") == pytest.approx(65 / 70)
    assert found.value(DRIFT, attribute="sex") == 0


@pytest.mark.parametrize(
    ("current", "reference", "reason"),
    [
        ({"b": (60, 100), "c": (65, 100), "d": (70, 100)}, "d", "baseline: reference group not large enough"),
        ({"b": (0, 100), "c": (0, 100), "d": (50, 100)}, None, "no favourable outcome in the reference group"),
    ],
)
def test_groups_on_both_sides_without_a_ratio_have_no_fall(
    current: dict[str, tuple[int, int]], reference: str | None, reason: str
) -> None:
    found = compared(current, reference)
    assert found.measured(METRIC, attribute="sex").value < 1
    assert found.reason(DRIFT, attribute="sex") == reason


def test_of_groups_with_equal_rates_the_largest_gives_the_noise() -> None:
    found = compared({"a": (80, 100), "b": (70, 100), "c": (800, 1000), "d": (700, 1000)})
    assert found.find(GROUP, attribute="sex", group="c") is None
    z = norm.isf((1 - 0.95 ** (1 / 6)) / 2)
    error = math.sqrt(1 / 700.5 - 1 / 1000.5 + 1 / 800.5 - 1 / 1000.5)
    assert found.noise(METRIC, attribute="sex") == pytest.approx(math.exp(-z * error), rel=1e-9)


def test_fixed_reference_is_tested_on_one_side() -> None:
    fixed = compared({"a": (80, 100), "b": (70, 100)}, reference="a").noise(METRIC, attribute="sex")
    error = math.sqrt(1 / 70.5 - 1 / 100.5 + 1 / 80.5 - 1 / 100.5)
    assert fixed == pytest.approx(math.exp(-norm.isf(0.05) * error), rel=1e-9)
    free = compared({"a": (80, 100), "b": (70, 100)}).noise(METRIC, attribute="sex")
    assert free == pytest.approx(math.exp(-norm.isf(0.025) * error), rel=1e-9)
