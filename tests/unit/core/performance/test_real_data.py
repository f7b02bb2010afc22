"""Models of real data, handwritten digits (ten classes) and the course of diabetes (a number), against scikit-learn."""

import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_digits
from sklearn.linear_model import Ridge
from sklearn.metrics import (
    accuracy_score,
    f1_score,
    mean_absolute_error,
    multilabel_confusion_matrix,
    precision_score,
    recall_score,
)
from sklearn.neighbors import KNeighborsClassifier

from tests.support.comparisons import Outcomes, Rows, baseline_of, outcomes

HALF = 900
NAMES = [str(digit) for digit in range(10)]


def digits() -> tuple[Rows, Rows]:
    """Answers to clean digits, and to noisy ones."""
    pixels, labels = load_digits(return_X_y=True)
    model = KNeighborsClassifier(3).fit(pixels[:HALF], labels[:HALF])
    noisy = pixels[HALF:] + np.random.default_rng(1).normal(0, 8, pixels[HALF:].shape)
    base, current = (
        Rows(predictions=model.predict(inputs).astype(str).tolist(), labels=labels[HALF:].astype(str).tolist())
        for inputs in (pixels[HALF:], noisy)
    )
    return base, current


@pytest.fixture(scope="module")
def found() -> Outcomes:
    base, current = digits()
    return outcomes("model", baseline_of(base), current)


def test_digits_agree_with_scikit_learn(found: Outcomes) -> None:
    for rows, side in zip(digits(), ("_baseline", ""), strict=True):
        true, answered = list(rows.labels), list(rows.predictions)
        matrix = multilabel_confusion_matrix(true, answered)
        expected = {
            "accuracy": accuracy_score(true, answered),
            "precision": precision_score(true, answered, average="macro"),
            "recall": recall_score(true, answered, average="macro"),
            "false_positive": (matrix[:, 0, 1] / matrix[:, 0].sum(axis=1)).mean(),
        }
        for name, value in expected.items():
            assert found.value(f"performance_{name}{side}_ratio") == pytest.approx(value, abs=1e-9)


def test_f1_of_digits_agrees_with_scikit_learn(found: Outcomes) -> None:
    before, now = (f1_score(rows.labels, rows.predictions, average=None) for rows in digits())
    for name, value, reference in zip(NAMES, now, before, strict=True):
        assert found.value("performance_f1_ratio", **{"class": name}) == pytest.approx(value, abs=1e-9)
        assert found.value("performance_f1_drop", **{"class": name}) == pytest.approx(reference - value, abs=1e-9)


def test_noisy_digits_are_past_the_noise(found: Outcomes) -> None:
    for change in ("accuracy_drop", "precision_drop", "recall_drop", "false_positive_increase"):
        assert found.value(f"performance_{change}") > found.noise(f"performance_{change}")


def test_diabetes_agrees_with_scikit_learn() -> None:
    inputs, targets = load_diabetes(return_X_y=True)
    answers = Ridge().fit(inputs[:200], targets[:200]).predict(inputs)
    base, current = (
        Rows(answers=answers[part].tolist(), targets=targets[part].tolist()) for part in (slice(200), slice(200, None))
    )
    measured = outcomes("model", baseline_of(base), current)
    for rows, name in ((current, "error"), (base, "error_baseline")):
        expected = mean_absolute_error(rows.targets, rows.answers)
        assert measured.value(f"performance_mean_absolute_{name}") == pytest.approx(expected, rel=1e-6)
    assert measured.find("performance_precision_ratio") is None
