"""Groups of several attributes combined: against fairlearn with two sensitive features, and when they are many."""

import math

import numpy as np
import pandas as pd
import pytest
from fairlearn.metrics import (
    MetricFrame,
    demographic_parity_difference,
    demographic_parity_ratio,
    equalized_odds_difference,
    false_positive_rate,
    selection_rate,
    true_positive_rate,
)
from scipy.stats import norm

from fairlead.core.measurement import NotComputed
from fairlead.core.summary import MAX_GROUPS, Summary, Tally
from tests.support.comparisons import FAVOURABLE, Outcomes, Rows, baseline_of, outcomes

RATES = {"selection": selection_rate, "true_positive": true_positive_rate, "false_positive": false_positive_rate}
DRIFT, IMPACT = "fairness_demographic_parity_drift", "fairness_disparate_impact_ratio"


def applications(seed: int, size: int = 4000) -> Rows:
    random = np.random.default_rng(seed)
    race, sex = random.choice(["Black", "White", "Asian"], size), random.choice(["female", "male"], size)
    good = random.random(size) < 0.55
    selected = random.random(size) < np.where(race == "Black", 0.4, 0.6) + 0.15 * (sex == "male") + 0.1 * good
    return Rows(
        predictions=[FAVOURABLE if yes else "denied" for yes in selected.tolist()],
        labels=[FAVOURABLE if yes else "denied" for yes in good.tolist()],
        groups={
            "race": race.tolist(),
            "sex": sex.tolist(),
            "race_sex": [f"{a} & {b}" for a, b in zip(race, sex, strict=True)],
        },
    )


def test_agrees_with_fairlearn_on_two_sensitive_features() -> None:
    rows = applications(1)
    found = outcomes("fairness", baseline_of(applications(2)), rows)
    truth, answer = np.array(rows.labels) == FAVOURABLE, np.array(rows.predictions) == FAVOURABLE
    features = pd.DataFrame({name: rows.groups[name] for name in ("race", "sex")})
    frame = MetricFrame(metrics=RATES, y_true=truth, y_pred=answer, sensitive_features=features)
    for (race, sex), rates in frame.by_group.iterrows():
        for rate in RATES:
            value = found.value(f"group_{rate}_ratio", attribute="race_sex", group=f"{race} & {sex}")
            assert value == pytest.approx(rates[rate], abs=1e-9)
    where = {"attribute": "race_sex"}
    difference = demographic_parity_difference(truth, answer, sensitive_features=features)
    assert found.value("fairness_demographic_parity_difference", **where) == pytest.approx(difference, abs=1e-9)
    assert found.value(IMPACT, **where) == pytest.approx(
        demographic_parity_ratio(truth, answer, sensitive_features=features), abs=1e-9
    )
    groups = [dict(one.labels)["group"] for one in found.all if one.metric == "group_samples"]
    odds = [
        [found.value(f"group_{rate}_ratio", attribute="race_sex", group=group) for group in groups if "&" in group]
        for rate in ("true_positive", "false_positive")
    ]
    expected = equalized_odds_difference(truth, answer, sensitive_features=features)
    assert max(np.ptp(rates) for rates in odds) == pytest.approx(expected, abs=1e-9)
    assert found.value("fairness_equal_opportunity_difference", **where) == pytest.approx(np.ptp(odds[0]), abs=1e-9)


def windows(groups: dict[str, dict[str, tuple[int, int]]]) -> Summary:
    """Selected and rows per group of each attribute."""
    made = {
        attribute: {
            group: Tally(rows, rows, selected, rows, rows // 2, rows // 2, selected // 2)
            for group, (selected, rows) in named.items()
        }
        for attribute, named in groups.items()
    }
    rows = max(sum(n for _, n in named.values()) for named in groups.values())
    return Summary(rows=rows, labelled=rows, groups=made)


def compared(base: Summary, current: Summary) -> Outcomes:
    return outcomes("fairness", type(baseline_of(Rows()))("v", base, {}, {}), current)


def test_attributes_and_intersections_share_the_five_percent() -> None:
    two, three = {"a": (60, 100), "b": (50, 100)}, {"x": (60, 100), "y": (50, 100), "z": (55, 100)}
    summary = windows({"sex": two, "race": two, "race_sex": three})
    found = compared(summary, summary)
    level = 1 - 0.95 ** (1 / 3)
    z = norm.isf((1 - (1 - level) ** (1 / 3)) / 2)
    error = math.sqrt(1 / 50.5 - 1 / 100.5 + 1 / 60.5 - 1 / 100.5)
    assert found.noise(IMPACT, attribute="race_sex") == pytest.approx(math.exp(-z * error), rel=1e-9)
    z = norm.isf(level / 2)
    assert found.noise(IMPACT, attribute="sex") == pytest.approx(math.exp(-z * error), rel=1e-9)
    one_sided = norm.isf(level)
    variances = [p * (1 - p) / 100 for p in (121 / 202, 101 / 202)]
    limit = max(z * sum(variances) ** 0.5, one_sided * (2 * sum(variances)) ** 0.5)
    assert found.noise(DRIFT, attribute="sex") == pytest.approx(limit, rel=1e-9)


def small(count: int) -> dict[str, tuple[int, int]]:
    return {"a": (60, 100), "b": (50, 100), **{f"g{i}": (1, 4) for i in range(count)}}


@pytest.mark.parametrize("count", [1, 20])
def test_small_groups_are_named(count: int) -> None:
    summary = windows({"race_sex": small(count)})
    found = compared(summary, summary)
    for metric in (DRIFT, IMPACT):
        named = [one for one in found.all if one.metric == metric and isinstance(one, NotComputed)]
        assert [dict(one.labels).get("group") for one in named] == [f"g{i}" for i in range(count)]


def test_many_small_groups_are_counted() -> None:
    groups = {**small(21), "c": (0, 0)}
    found = compared(windows({"race_sex": groups}), windows({"race_sex": groups}))
    reasons = {
        DRIFT: "22 groups left out: group too small (22)",
        "fairness_equal_opportunity_drift": "22 groups left out: group too small (21), no labels (1)",
        IMPACT: "22 groups left out: group too small (22)",
    }
    for metric, reason in reasons.items():
        named = [one for one in found.all if one.metric == metric and isinstance(one, NotComputed)]
        assert named == [NotComputed(metric, reason, (("attribute", "race_sex"),))]
        assert sum(one.metric == metric for one in found.all) == 2


@pytest.mark.parametrize("side", [0, 1])
def test_more_groups_than_are_kept_give_one_reason_per_metric(side: int) -> None:
    few, many = {"a": (60, 100), "b": (50, 100)}, {f"g{i}": (60, 100) for i in range(MAX_GROUPS)}
    base, current = (windows({"id": groups, "sex": few}) for groups in ((few, many) if side else (many, few)))
    found = compared(base, current)
    where = (("attribute", "id"),)
    assert [one for one in found.all if dict(one.labels)["attribute"] == "id"] == [
        NotComputed(metric, "too many groups", where)
        for metric in (
            "group_selection_ratio",
            DRIFT,
            "fairness_equal_opportunity_drift",
            "fairness_accuracy_gap_increase",
            IMPACT,
        )
    ]
    assert found.value(IMPACT, attribute="sex") == pytest.approx(5 / 6)


def test_as_many_groups_as_are_kept_are_measured() -> None:
    summary = windows({"id": {f"g{i}": (60 + i % 3, 100) for i in range(MAX_GROUPS - 1)}})
    found = compared(summary, summary)
    assert found.value(DRIFT, attribute="id") == 0
    assert found.value(IMPACT, attribute="id") == pytest.approx(60 / 62)
