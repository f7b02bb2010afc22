"""Accuracy on labelled rows against scikit-learn."""

import math

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.metrics import accuracy_score

from fairlead.core.baseline import Bins
from fairlead.core.comparison import Comparison
from fairlead.core.performance import accuracy
from tests.support.comparisons import Rows, baseline_of, count, outcomes

DROP = "performance_accuracy_drop"


def answers(seed: int, size: int, accuracy: float, labelled: float = 1.0) -> Rows:
    random = np.random.default_rng(seed)
    predictions = random.choice(["yes", "no", "maybe"], size).tolist()
    right, known = random.random(size) < accuracy, random.random(size) < labelled
    labels = [
        None if not has else one if good else "other"
        for one, good, has in zip(predictions, right.tolist(), known.tolist(), strict=True)
    ]
    return Rows(predictions=predictions, labels=labels)


def test_agrees_with_scikit_learn_on_labelled_rows() -> None:
    base, current = answers(1, 3000, 0.92), answers(2, 800, 0.8, labelled=0.7)
    found = outcomes("model", baseline_of(base), current)
    pairs = [(p, t) for p, t in zip(current.predictions, current.labels, strict=True) if t is not None]
    expected = accuracy_score([t for _, t in pairs], [p for p, _ in pairs])
    reference = accuracy_score(list(base.labels), list(base.predictions))
    assert found.value("performance_accuracy_ratio") == pytest.approx(expected, abs=1e-9)
    assert found.value("performance_accuracy_baseline_ratio") == pytest.approx(reference, abs=1e-9)
    assert found.value(DROP) == pytest.approx(reference - expected, abs=1e-9)


def test_noise_is_the_deviate_of_the_pooled_rate_and_its_skewness() -> None:
    base = Rows(predictions=["yes"] * 1000, labels=["yes"] * 920 + ["no"] * 80)
    current = Rows(predictions=["yes"] * 100, labels=["yes"] * 85 + ["no"] * 15)
    found = outcomes("model", baseline_of(base), current)
    z, wrong = norm.isf(0.05), 96 / 1102
    deviation = z * math.sqrt(wrong * (1 - wrong) * (1 / 100 + 1 / 1000))
    skewness = (z**2 - 1) / 6 * (1 - 2 * wrong) * (1 / 100 - 1 / 1000)
    assert found.noise(DROP) == pytest.approx(deviation + skewness, rel=1e-9)


def test_drop_from_92_to_87_percent_is_five_hundredths_exactly() -> None:
    base = Rows(predictions=["yes"] * 100, labels=["yes"] * 92 + ["no"] * 8)
    current = Rows(predictions=["yes"] * 100, labels=["yes"] * 87 + ["no"] * 13)
    assert outcomes("model", baseline_of(base), current).value(DROP) == 0.05


def test_labels_that_come_late_are_those_of_the_older_window() -> None:
    base, unlabelled, older = answers(1, 500, 0.9), answers(2, 400, 0.9, labelled=0), answers(3, 300, 0.6)
    found = outcomes("model", baseline_of(base), unlabelled, cohort=older)
    assert found.value("performance_accuracy_ratio") == pytest.approx(
        accuracy_score(list(older.labels), list(older.predictions))
    )
    assert found.measured(DROP).samples == 300


def test_regression_without_a_tolerance_is_never_right_or_wrong() -> None:
    rows = Rows(answers=[1.0, 2.0] * 50, targets=[1.0, 2.5] * 50)
    summary = count(rows, Bins())
    graded, ungraded = (
        list(accuracy.measure(Comparison(baseline_of(rows), summary, summary, graded=graded)))
        for graded in (True, False)
    )
    assert graded
    assert not ungraded


@pytest.mark.parametrize(
    ("base", "current", "reason"),
    [
        (answers(1, 100, 0.9), answers(2, 100, 0.9, labelled=0), "no labels"),
        (answers(1, 100, 0.9, labelled=0), answers(2, 100, 0.9), "no values in the baseline"),
        (answers(1, 100, 0.9), Rows(predictions=["yes"] * 100, labels=["yes"] * 29 + [None] * 71), "too few values"),
    ],
)
def test_reasons(base: Rows, current: Rows, reason: str) -> None:
    assert outcomes("model", baseline_of(base), current).reason(DROP) == reason
