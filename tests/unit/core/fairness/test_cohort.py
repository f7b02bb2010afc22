"""Late labels: what needs them is measured on the rows that have them, everything else on the current window."""

import numpy as np
import pytest
from fairlearn.metrics import MetricFrame, equal_opportunity_difference
from sklearn.metrics import accuracy_score

from tests.support.comparisons import FAVOURABLE, Names, Outcomes, Rows, baseline_of, outcomes

BASE = 2000


def applications(seed: int, groups: str, labelled: bool) -> Rows:
    random = np.random.default_rng(seed)
    column = random.choice(list(groups), BASE)
    good, selected = random.random(BASE) < 0.6, random.random(BASE) < np.where(column == "a", 0.7, 0.5)
    labels: Names = [FAVOURABLE if yes else "denied" for yes in good.tolist()]
    return Rows(
        predictions=[FAVOURABLE if yes else "denied" for yes in selected.tolist()],
        labels=labels if labelled else [None] * BASE,
        groups={"sex": column.tolist()},
    )


def late(current: str = "ab", cohort: str = "ab") -> tuple[Outcomes, Rows, Rows]:
    now, then = applications(1, current, labelled=False), applications(2, cohort, labelled=True)
    return outcomes("fairness", baseline_of(applications(3, "ab", labelled=True)), now, cohort=then), now, then


def test_rates_and_gaps_of_labelled_rows_are_the_cohorts() -> None:
    found, now, then = late()
    frame = MetricFrame(
        metrics=accuracy_score, y_true=then.labels, y_pred=then.predictions, sensitive_features=then.groups["sex"]
    )
    expected = equal_opportunity_difference(
        np.array(then.labels) == FAVOURABLE,
        np.array(then.predictions) == FAVOURABLE,
        sensitive_features=then.groups["sex"],
    )
    assert found.value("fairness_equal_opportunity_difference", attribute="sex") == pytest.approx(expected, abs=1e-9)
    assert found.value("fairness_accuracy_gap", attribute="sex") == pytest.approx(frame.difference(), abs=1e-9)
    for group in "ab":
        where = {"attribute": "sex", "group": group}
        assert found.value("group_accuracy_ratio", **where) == pytest.approx(frame.by_group[group], abs=1e-9)
        assert found.value("group_samples", **where) == now.groups["sex"].count(group)
        assert found.value("group_labelled_samples", **where) == then.groups["sex"].count(group)
        assert found.measured("group_selection_ratio", **where).samples == now.groups["sex"].count(group)


def test_group_that_only_the_window_has_is_named_as_without_labels() -> None:
    found, now, _ = late(current="abc")
    where = {"attribute": "sex", "group": "c"}
    assert found.value("group_samples", **where) == now.groups["sex"].count("c")
    assert found.value("group_labelled_samples", **where) == 0
    assert found.find("group_true_positive_ratio", **where) is None
    for metric in ("fairness_equal_opportunity_drift", "fairness_accuracy_gap_increase"):
        assert found.reason(metric, **where) == "no labels"
        assert found.measured(metric, attribute="sex").samples > 0
    assert found.reason("fairness_demographic_parity_drift", **where) == "baseline: no such group"


def test_group_that_only_the_cohort_has_is_named_as_too_small_now() -> None:
    found, _, then = late(cohort="abc")
    where = {"attribute": "sex", "group": "c"}
    assert found.value("group_samples", **where) == 0
    assert found.find("group_selection_ratio", **where) is None
    assert found.value("group_labelled_samples", **where) == then.groups["sex"].count("c")
    assert found.reason("fairness_demographic_parity_drift", **where) == "group too small"
    assert found.reason("fairness_disparate_impact_ratio", **where) == "group too small"
    assert found.reason("fairness_equal_opportunity_drift", **where) == "baseline: no such group"


def test_attribute_that_only_the_cohort_has_is_measured_there() -> None:
    then = applications(2, "ab", labelled=True)
    base = baseline_of(applications(3, "ab", labelled=True))
    found = outcomes("fairness", base, Rows(predictions=[FAVOURABLE] * 50), cohort=then)
    assert found.measured("fairness_equal_opportunity_drift", attribute="sex").samples > 0
    assert found.reason("fairness_disparate_impact_ratio", attribute="sex") == "fewer than two groups large enough"
