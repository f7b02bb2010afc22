"""Precision, recall and false-positive rate against scikit-learn, of one class and on average."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import confusion_matrix, precision_score, recall_score

from fairlead.core.baseline import Bins, assemble
from fairlead.core.summary import MAX_GROUPS, ClassTally, Summary
from tests.support.comparisons import Outcomes, Rows, baseline_of, outcomes

NAMES = ["a", "b", "c", "d"]
CHANGES = {"precision": "precision_drop", "recall": "recall_drop", "false_positive": "false_positive_increase"}
seeds = st.integers(0, 10_000)


def answers(seed: int, size: int, right: float = 0.7, classes: list[str] = NAMES) -> Rows:
    random = np.random.default_rng(seed)
    labels = random.choice(classes, size, p=np.arange(1, len(classes) + 1) / np.arange(1, len(classes) + 1).sum())
    predictions = np.where(random.random(size) < right, labels, random.choice(classes, size))
    return Rows(predictions=predictions.tolist(), labels=labels.tolist())


def false_positives(rows: Rows, names: list[str]) -> list[float]:
    """Per class, from scikit-learn's confusion matrix."""
    labels = sorted({*map(str, rows.predictions), *map(str, rows.labels), *names})
    matrix = confusion_matrix(list(rows.labels), list(rows.predictions), labels=labels)
    return [
        float((matrix[:, k].sum() - matrix[k, k]) / (matrix.sum() - matrix[k].sum())) for k in map(labels.index, names)
    ]


def expected(rows: Rows, names: list[str]) -> dict[str, float]:
    """Means over the classes, by scikit-learn."""
    arguments = {"labels": names, "average": "macro", "zero_division": np.nan}
    return {
        "precision": float(precision_score(rows.labels, rows.predictions, **arguments)),
        "recall": float(recall_score(rows.labels, rows.predictions, **arguments)),
        "false_positive": float(np.mean(false_positives(rows, names))),
    }


def ratios(found: Outcomes, side: str = "") -> dict[str, float]:
    return {name: found.value(f"performance_{name}{side}_ratio") for name in CHANGES}


@pytest.mark.parametrize("names", [NAMES, ["yes", "no"]])
def test_mean_over_classes_agrees_with_scikit_learn(names: list[str]) -> None:
    base, current = answers(1, 2000, classes=names), answers(2, 500, 0.5, names)
    found = outcomes("model", baseline_of(base), current)
    assert ratios(found) == pytest.approx(expected(current, names), abs=1e-9)
    assert ratios(found, "_baseline") == pytest.approx(expected(base, names), abs=1e-9)


@pytest.mark.parametrize("positive", NAMES)
def test_one_class_agrees_with_scikit_learn(positive: str) -> None:
    base, current = answers(3, 2000), answers(4, 500, 0.5)
    found = outcomes("model", baseline_of(base), current, positive=positive)
    assert ratios(found) == pytest.approx(expected(current, [positive]), abs=1e-9)
    assert ratios(found, "_baseline") == pytest.approx(expected(base, [positive]), abs=1e-9)


@pytest.mark.parametrize("positive", [None, "c"])
def test_changes_are_positive_when_worse(positive: str | None) -> None:
    found = outcomes("model", baseline_of(answers(5, 3000, 0.9)), answers(6, 1000, 0.4), positive=positive)
    for name, change in CHANGES.items():
        now, before = ratios(found)[name], ratios(found, "_baseline")[name]
        worse = now - before if name == "false_positive" else before - now
        assert found.value(f"performance_{change}") == pytest.approx(worse, abs=1e-9)
        assert worse > found.noise(f"performance_{change}") > 0


def test_samples_are_the_rows_that_the_rate_is_out_of() -> None:
    rows = answers(7, 400)
    found = outcomes("model", baseline_of(rows), rows, positive="b")
    predicted, actual = list(rows.predictions).count("b"), list(rows.labels).count("b")
    assert found.measured("performance_precision_drop").samples == predicted
    assert found.measured("performance_recall_drop").baseline_samples == actual
    assert found.measured("performance_false_positive_increase").samples == 400 - actual
    everything = outcomes("model", baseline_of(rows), rows)
    assert {everything.measured(f"performance_{change}").samples for change in CHANGES.values()} == {400}


def test_class_without_the_rate_on_one_side_is_left_out_on_both() -> None:
    base = answers(8, 900)
    current = Rows(predictions=["a", "b", "b", "c"] * 30, labels=["a", "b", "c", "d"] * 30)
    found = outcomes("model", baseline_of(base), current)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        never_predicted = [name for name in NAMES if name != "d"]
        assert ratios(found)["precision"] == pytest.approx(expected(current, never_predicted)["precision"])
        assert ratios(found, "_baseline")["precision"] == pytest.approx(expected(base, never_predicted)["precision"])
    assert ratios(found)["recall"] == pytest.approx(expected(current, NAMES)["recall"])


@pytest.mark.parametrize(
    ("predictions", "labels", "metric", "reason"),
    [
        (["b", "c"], ["a", "b"], "precision_drop", "a is never predicted in the window"),
        (["a", "b"], ["c", "b"], "recall_drop", "a is never a label in the window"),
        (["a", "b"], ["a", "a"], "false_positive_increase", "a is the only label in the window"),
    ],
)
def test_rate_out_of_no_rows_has_a_reason_and_no_value(
    predictions: list[str | None], labels: list[str | None], metric: str, reason: str
) -> None:
    rows, whole = Rows(predictions=predictions * 50, labels=labels * 50), answers(9, 500)
    found = outcomes("model", baseline_of(whole), rows, positive="a")
    assert found.reason(f"performance_{metric}") == reason
    name = next(name for name, change in CHANGES.items() if change == metric)
    assert found.find(f"performance_{name}_ratio") is None
    assert found.value(f"performance_{name}_baseline_ratio") > 0
    other = outcomes("model", baseline_of(rows), whole, positive="a")
    assert other.reason(f"performance_{metric}") == reason.replace("window", "baseline")


@pytest.mark.parametrize(
    ("base", "current", "reason"),
    [
        (answers(1, 100), Rows(predictions=["a"] * 50), "no labels"),
        (Rows(predictions=["a"] * 50), answers(1, 100), "no values in the baseline"),
        (answers(1, 100), Rows(predictions=["a"] * 50, labels=["a"] * 29 + [None] * 21), "too few values"),
    ],
)
def test_reasons(base: Rows, current: Rows, reason: str) -> None:
    found = outcomes("model", baseline_of(base), current)
    assert {found.reason(f"performance_{change}") for change in CHANGES.values()} == {reason}


def test_new_class_is_a_false_positive_of_what_was_never_one() -> None:
    base, current = answers(1, 400), Rows(predictions=["a", "b", "new"] * 40, labels=["a", "b", "b"] * 40)
    found = outcomes("model", baseline_of(base), current)
    names = [*NAMES, "new"]
    assert ratios(found)["false_positive"] == pytest.approx(expected(current, names)["false_positive"])
    assert ratios(found, "_baseline")["false_positive"] == pytest.approx(expected(base, names)["false_positive"])


def test_no_class_in_common_leaves_no_precision_and_no_recall() -> None:
    found = outcomes("model", baseline_of(answers(1, 100)), Rows(predictions=["x"] * 50, labels=["y"] * 50))
    for name in ("precision", "recall"):
        assert found.reason(f"performance_{CHANGES[name]}") == "no class in common with the baseline"
        assert found.find(f"performance_{name}_ratio") is None


def test_unlabelled_baseline_still_shows_the_window() -> None:
    current = answers(1, 300)
    found = outcomes("model", baseline_of(Rows(predictions=["a"] * 50)), current)
    assert ratios(found) == pytest.approx(expected(current, NAMES))


def test_model_without_labels_or_classes_says_nothing() -> None:
    unlabelled, numbers = Rows(predictions=["a", "b"] * 50), Rows(answers=[1.0, 2.0] * 50, targets=[1.0, 2.5] * 50)
    for rows in (unlabelled, numbers):
        found = outcomes("model", baseline_of(rows), rows)
        assert not [one for one in found.all for change in CHANGES.values() if one.metric == f"performance_{change}"]


def many(classes: int) -> Summary:
    tallies = {f"c{i}": ClassTally(10, 10, 9) for i in range(classes)}
    return Summary(10 * classes, predicted=10 * classes, labelled=10 * classes, correct=9 * classes, by_class=tallies)


@pytest.mark.parametrize(
    ("classes", "positive", "computed"),
    [(100, None, True), (101, None, False), (101, "c7", True), (MAX_GROUPS, "c7", True), (MAX_GROUPS, "lost", False)],
)
def test_too_many_classes(classes: int, positive: str | None, computed: bool) -> None:
    summary = many(classes)
    found = outcomes("model", assemble("v", summary, Bins()), summary, positive=positive)
    if computed:
        assert found.value("performance_precision_drop") == 0
        assert found.value("performance_recall_ratio") == pytest.approx(0.9)
    else:
        assert found.reason("performance_precision_drop") == "too many classes"
        assert found.find("performance_precision_ratio") is None


@settings(max_examples=30)
@given(seeds, st.sampled_from([None, *NAMES]))
def test_identical_windows_have_not_changed(seed: int, positive: str | None) -> None:
    rows = answers(seed, 200)
    found = outcomes("model", baseline_of(rows), rows, positive=positive)
    assert all(found.value(f"performance_{change}") == 0 for change in CHANGES.values())


@settings(max_examples=30)
@given(seeds, st.permutations(NAMES))
def test_names_of_classes_do_not_matter(seed: int, names: list[str]) -> None:
    base, current = answers(seed, 400), answers(seed + 1, 150, 0.5)
    other = dict(zip(NAMES, names, strict=True))

    def renamed(rows: Rows) -> Rows:
        return Rows(
            predictions=[other[name or ""] for name in rows.predictions],
            labels=[other[name or ""] for name in rows.labels],
        )

    first, again = (
        outcomes("model", baseline_of(b), c) for b, c in ((base, current), (renamed(base), renamed(current)))
    )
    for change in CHANGES.values():
        one, two = first.measured(f"performance_{change}"), again.measured(f"performance_{change}")
        assert one.value == pytest.approx(two.value, abs=1e-9)
        assert one.noise == pytest.approx(two.noise, abs=1e-9)


@pytest.mark.parametrize("positive", [None, "a", "b"])
def test_more_mistakes_are_worse(positive: str | None) -> None:
    base = baseline_of(Rows(predictions=["a", "b"] * 200, labels=["a", "b"] * 200))
    found = [
        outcomes(
            "model",
            base,
            Rows(predictions=["a", "b"] * 100, labels=(["b", "a"] * wrong + ["a", "b"] * 100)[:200]),
            positive=positive,
        )
        for wrong in range(0, 101, 10)
    ]
    for change in CHANGES.values():
        assert np.diff([one.value(f"performance_{change}") for one in found]).min() > 0
