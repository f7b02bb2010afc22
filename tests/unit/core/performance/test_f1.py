"""F1 per class against scikit-learn."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import f1_score, jaccard_score

from fairlead.core.baseline import Bins, assemble
from fairlead.core.performance.f1 import agreement, f1
from fairlead.core.summary import ClassTally, Summary
from tests.support.comparisons import Rows, baseline_of, outcomes

NAMES = ["a", "b", "c"]
DROP = "performance_f1_drop"


def answers(seed: int, size: int, right: float, names: list[str] = NAMES) -> Rows:
    random = np.random.default_rng(seed)
    labels = random.choice(names, size)
    predictions = np.where(random.random(size) < right, labels, random.choice(names, size))
    return Rows(predictions=predictions.tolist(), labels=labels.tolist())


def of_class(name: str) -> dict[str, str]:
    return {"class": name}


def test_agrees_with_scikit_learn() -> None:
    base, current = answers(1, 2000, 0.9), answers(2, 700, 0.5)
    found = outcomes("model", baseline_of(base), current)
    now, before = (f1_score(rows.labels, rows.predictions, labels=NAMES, average=None) for rows in (current, base))
    for name, value, reference in zip(NAMES, now, before, strict=True):
        assert found.value("performance_f1_ratio", **of_class(name)) == pytest.approx(value, abs=1e-9)
        assert found.value(DROP, **of_class(name)) == pytest.approx(reference - value, abs=1e-9)
        assert found.value(DROP, **of_class(name)) > found.noise(DROP, **of_class(name)) > 0


def test_agreement_is_jaccards_and_gives_f1() -> None:
    rows = answers(3, 300, 0.6)
    tally = ClassTally(
        list(rows.predictions).count("a"),
        list(rows.labels).count("a"),
        sum(p == t == "a" for p, t in zip(rows.predictions, rows.labels, strict=True)),
    )
    assert agreement(tally) == pytest.approx(
        jaccard_score(rows.labels, rows.predictions, labels=["a"], average="macro")
    )
    assert f1(agreement(tally)) == pytest.approx(f1_score(rows.labels, rows.predictions, labels=["a"], average="macro"))


def test_class_that_is_labelled_and_never_predicted_has_no_hits_and_an_f1_of_0() -> None:
    current = Rows(predictions=["a"] * 60, labels=["a", "b"] * 30)
    found = outcomes("model", baseline_of(answers(1, 500, 0.9, ["a", "b"])), current)
    assert found.value("performance_f1_ratio", **of_class("b")) == 0
    assert f1_score(current.labels, current.predictions, labels=["b"], average="macro") == 0


def test_class_of_one_side_only_is_named() -> None:
    base, current = answers(1, 300, 0.9, ["a", "b"]), answers(2, 300, 0.9, ["b", "c"])
    found = outcomes("model", baseline_of(base), current)
    assert found.reason(DROP, **of_class("a")) == "not in the window"
    assert found.find("performance_f1_ratio", **of_class("a")) is None
    assert found.reason(DROP, **of_class("c")) == "not in the baseline"
    assert found.value("performance_f1_ratio", **of_class("c")) > 0.9
    assert abs(found.value(DROP, **of_class("b"))) < 0.1


def test_labels_that_come_late_are_those_of_the_older_window() -> None:
    older = answers(3, 200, 0.6)
    found = outcomes("model", baseline_of(answers(1, 500, 0.9)), Rows(predictions=NAMES * 40), cohort=older)
    value = f1_score(older.labels, older.predictions, labels=["a"], average="macro")
    assert found.value("performance_f1_ratio", **of_class("a")) == pytest.approx(value)


@pytest.mark.parametrize(
    ("base", "current", "reason"),
    [
        (answers(1, 100, 0.9), Rows(predictions=["a"] * 50), "no labels"),
        (Rows(predictions=["a"] * 50), answers(1, 100, 0.9), "no values in the baseline"),
        (answers(1, 100, 0.9), Rows(predictions=["a"] * 50, labels=["a"] * 29 + [None] * 21), "too few values"),
    ],
)
def test_reasons(base: Rows, current: Rows, reason: str) -> None:
    assert outcomes("model", baseline_of(base), current).reason(DROP) == reason


@pytest.mark.parametrize(("classes", "computed"), [(100, True), (101, False)])
def test_too_many_classes(classes: int, computed: bool) -> None:
    tallies = {f"c{i}": ClassTally(10, 10, 9) for i in range(classes)}
    summary = Summary(10 * classes, labelled=10 * classes, by_class=tallies)
    found = outcomes("model", assemble("v", summary, Bins()), summary)
    if computed:
        assert found.value(DROP, **of_class("c7")) == 0
    else:
        assert found.reason(DROP) == "too many classes"
        assert found.find("performance_f1_ratio", **of_class("c7")) is None


def test_model_without_labels_or_classes_says_nothing() -> None:
    unlabelled, numbers = Rows(predictions=["a", "b"] * 50), Rows(answers=[1.0, 2.0] * 50, targets=[1.0, 2.5] * 50)
    for rows in (unlabelled, numbers):
        found = outcomes("model", baseline_of(rows), rows)
        assert not [one for one in found.all if one.metric.startswith("performance_f1")]


def test_noise_of_one_row_more_or_less_is_past_where_the_agreement_is() -> None:
    """The drop is past its noise exactly when the agreement falls by more than the noise of a share of these rows."""
    base = Summary(1000, labelled=1000, by_class={"a": ClassTally(1000, 1000, 800)})
    past = []
    for both in range(60, 100):
        current = Summary(100, labelled=100, by_class={"a": ClassTally(100, 100, both)})
        found = outcomes("model", assemble("v", base, Bins()), current).measured(DROP, **of_class("a"))
        assert found.noise is not None
        past.append(found.value > found.noise)
    assert past == sorted(past, reverse=True)
    assert True in past
    assert False in past


@settings(max_examples=30)
@given(st.integers(0, 10_000))
def test_identical_windows_have_not_changed(seed: int) -> None:
    rows = answers(seed, 200, 0.7)
    found = outcomes("model", baseline_of(rows), rows)
    assert all(found.value(DROP, **of_class(name)) == 0 for name in NAMES)


@settings(max_examples=30)
@given(st.integers(0, 10_000), st.permutations(NAMES))
def test_names_of_classes_do_not_matter(seed: int, names: list[str]) -> None:
    base, current = answers(seed, 400, 0.8), answers(seed + 1, 150, 0.5)
    other = dict(zip(NAMES, names, strict=True))

    def renamed(rows: Rows) -> Rows:
        columns = ([other[name or ""] for name in column] for column in (rows.predictions, rows.labels))
        return Rows(predictions=next(columns), labels=next(columns))

    first = outcomes("model", baseline_of(base), current)
    again = outcomes("model", baseline_of(renamed(base)), renamed(current))
    for name in NAMES:
        assert again.value(DROP, **of_class(other[name])) == first.value(DROP, **of_class(name))
        assert again.noise(DROP, **of_class(other[name])) == first.noise(DROP, **of_class(name))


def test_more_mistakes_are_worse() -> None:
    base = baseline_of(Rows(predictions=["a", "b"] * 200, labels=["a", "b"] * 200))
    mistaken = [["b", "a"] * wrong + ["a", "b"] * (100 - wrong) for wrong in range(0, 101, 10)]
    found = [outcomes("model", base, Rows(predictions=["a", "b"] * 100, labels=labels)) for labels in mistaken]
    assert np.diff([one.value(DROP, **of_class("a")) for one in found]).min() > 0
