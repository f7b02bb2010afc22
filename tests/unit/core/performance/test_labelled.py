"""The share of predictions that have their label."""

import pytest

from tests.support.comparisons import Rows, baseline_of, outcomes

RATIO = "performance_labelled_ratio"
LABELLED = Rows(predictions=["yes", "no"] * 50, labels=["yes", "yes"] * 50)
UNLABELLED = Rows(predictions=["yes", "no"] * 50)


def test_only_rows_with_prediction_and_label_count() -> None:
    rows = Rows(predictions=["yes"] * 60 + [None] * 40, labels=(["yes"] * 3 + [None] * 2) * 20)
    found = outcomes("model", baseline_of(LABELLED), rows).measured(RATIO)
    assert (found.value, found.samples) == (0.6, 60)


def test_labels_that_come_late_are_those_of_the_older_window() -> None:
    older = Rows(predictions=["yes"] * 80, labels=["yes"] * 20 + [None] * 60)
    assert outcomes("model", baseline_of(LABELLED), UNLABELLED, cohort=older).value(RATIO) == 0.25


def test_labels_that_do_not_come_any_more_are_none_of_them() -> None:
    assert outcomes("model", baseline_of(LABELLED), UNLABELLED).value(RATIO) == 0


def test_model_that_never_had_a_label_says_nothing() -> None:
    assert outcomes("model", baseline_of(UNLABELLED), UNLABELLED).find(RATIO) is None


def test_regression_counts_answers_and_targets() -> None:
    rows = Rows(answers=[1.0, 2.0] * 50, targets=[1.0, 2.5] * 50)
    assert outcomes("model", baseline_of(rows), rows).value(RATIO) == 1


@pytest.mark.parametrize(("predictions", "reason"), [(0, "no predictions"), (29, "too few predictions")])
def test_reasons(predictions: int, reason: str) -> None:
    rows = Rows(predictions=[*["yes"] * predictions, *[None] * 50], labels=["yes"] * (predictions + 50))
    assert outcomes("model", baseline_of(LABELLED), rows).reason(RATIO) == reason
