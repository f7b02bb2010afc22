"""Rates per group against scikit-learn and fairlearn."""

import numpy as np
import pytest
from fairlearn.metrics import MetricFrame, false_positive_rate, selection_rate, true_positive_rate
from sklearn.metrics import accuracy_score, recall_score

from tests.support.comparisons import FAVOURABLE, Rows, baseline_of, outcomes

GROUPS = ("black", "hispanic", "white", "other")


def applications(seed: int, size: int, unlabelled: float = 0.0) -> Rows:
    """Decisions that depend on the group, labels that depend on the decision."""
    random = np.random.default_rng(seed)
    groups = random.choice(GROUPS, size, p=(0.2, 0.25, 0.4, 0.15))
    selected = random.random(size) < np.where(groups == "white", 0.7, 0.55)
    good = random.random(size) < np.where(selected, 0.8, 0.3)
    label = [
        None if random.random() < unlabelled else FAVOURABLE if positive else "denied" for positive in good.tolist()
    ]
    predictions = [FAVOURABLE if approved else "denied" for approved in selected.tolist()]
    return Rows(predictions=predictions, labels=label, groups={"race": groups.tolist()})


@pytest.mark.parametrize("unlabelled", [0.0, 0.3])
@pytest.mark.parametrize("seed", [1, 2])
def test_rates_agree_with_fairlearn_and_scikit_learn(seed: int, unlabelled: float) -> None:
    rows = applications(seed, 2000, unlabelled)
    found = outcomes("fairness", baseline_of(applications(9, 3000)), rows)
    predictions, groups = np.array(rows.predictions), np.array(rows.groups["race"])
    labels = np.array([label or "" for label in rows.labels])
    known = labels != ""
    picked = (labels[known] == FAVOURABLE, predictions[known] == FAVOURABLE)
    selection = MetricFrame(
        metrics=selection_rate,
        y_true=predictions == FAVOURABLE,
        y_pred=predictions == FAVOURABLE,
        sensitive_features=groups,
    ).by_group
    labelled = MetricFrame(
        metrics={"recall": true_positive_rate, "fall-out": false_positive_rate},
        y_true=picked[0],
        y_pred=picked[1],
        sensitive_features=groups[known],
    ).by_group
    recall, fall_out = labelled["recall"], labelled["fall-out"]
    for group in GROUPS:
        mine = groups == group
        where = {"attribute": "race", "group": group}
        assert found.value("group_selection_ratio", **where) == pytest.approx(selection[group], abs=1e-9)
        assert found.value("group_true_positive_ratio", **where) == pytest.approx(recall[group], abs=1e-9)
        assert found.value("group_true_positive_ratio", **where) == pytest.approx(
            recall_score(labels[known & mine], predictions[known & mine], pos_label=FAVOURABLE), abs=1e-9
        )
        assert found.value("group_false_positive_ratio", **where) == pytest.approx(fall_out[group], abs=1e-9)
        assert found.value("group_accuracy_ratio", **where) == pytest.approx(
            accuracy_score(labels[known & mine], predictions[known & mine]), abs=1e-9
        )
        assert found.value("group_samples", **where) == mine.sum()
        assert found.value("group_labelled_samples", **where) == (known & mine).sum()


def test_baseline_rates_stand_beside_the_current_ones() -> None:
    base, current = applications(3, 2000), applications(4, 2000)
    swapped = outcomes("fairness", baseline_of(current), base)
    found = outcomes("fairness", baseline_of(base), current)
    for rate in ("selection", "true_positive", "false_positive", "accuracy"):
        for group in GROUPS:
            where = {"attribute": "race", "group": group}
            assert found.value(f"group_{rate}_baseline_ratio", **where) == swapped.value(f"group_{rate}_ratio", **where)


def test_vanished_group_keeps_its_baseline_and_counts_nothing() -> None:
    rows = applications(5, 2000)
    kept = [place for place, group in enumerate(rows.groups["race"]) if group != "other"]
    current = Rows(
        predictions=[rows.predictions[place] for place in kept],
        labels=[rows.labels[place] for place in kept],
        groups={"race": [rows.groups["race"][place] for place in kept]},
    )
    found = outcomes("fairness", baseline_of(rows), current)
    where = {"attribute": "race", "group": "other"}
    assert found.value("group_samples", **where) == 0
    assert found.find("group_selection_ratio", **where) is None
    assert found.measured("group_selection_baseline_ratio", **where).baseline_samples > 0
    assert found.reason("fairness_demographic_parity_drift", **where) == "group too small"
