"""Demographic parity, equal opportunity, accuracy gap: against fairlearn, their growth, and who is left out."""

import numpy as np
import pytest
from fairlearn.metrics import MetricFrame, demographic_parity_difference, equal_opportunity_difference
from scipy.stats import norm
from sklearn.metrics import accuracy_score

from fairlead.core.comparison import Comparison
from fairlead.core.families import measure
from fairlead.core.summary import Summary, Tally
from tests.support.comparisons import FAVOURABLE, Outcomes, Rows, baseline_of, outcomes

PARITY, OPPORTUNITY = "fairness_demographic_parity", "fairness_equal_opportunity"
GAP, INCREASE = "fairness_accuracy_gap", "fairness_accuracy_gap_increase"
TOO_FEW = "fewer than two groups large enough in window and baseline"


def applications(seed: int, size: int = 1500) -> Rows:
    random = np.random.default_rng(seed)
    groups = random.choice(["a", "b", "c"], size, p=(0.5, 0.3, 0.2))
    good = random.random(size) < 0.6
    selected = random.random(size) < np.where(groups == "a", 0.7, 0.5) * np.where(good, 1.2, 0.7)
    return Rows(
        predictions=[FAVOURABLE if yes else "denied" for yes in selected.tolist()],
        labels=[FAVOURABLE if yes else "denied" for yes in good.tolist()],
        groups={"sex": groups.tolist()},
    )


def fairlearns(rows: Rows) -> tuple[float, float]:
    truth = np.array(rows.labels) == FAVOURABLE
    answer = np.array(rows.predictions) == FAVOURABLE
    groups = rows.groups["sex"]
    return (
        demographic_parity_difference(truth, answer, sensitive_features=groups),
        equal_opportunity_difference(truth, answer, sensitive_features=groups),
    )


@pytest.mark.parametrize("seed", range(4))
def test_differences_and_drifts_agree_with_fairlearn(seed: int) -> None:
    base, current = applications(seed), applications(seed + 100, 900)
    found = outcomes("fairness", baseline_of(base), current)
    for metric, now, then in zip((PARITY, OPPORTUNITY), fairlearns(current), fairlearns(base), strict=True):
        assert found.value(f"{metric}_difference", attribute="sex") == pytest.approx(now, abs=1e-9)
        assert found.value(f"{metric}_baseline_difference", attribute="sex") == pytest.approx(then, abs=1e-9)
        assert found.value(f"{metric}_drift", attribute="sex") == pytest.approx(now - then, abs=1e-9)


@pytest.mark.parametrize("seed", range(4))
def test_accuracy_gap_agrees_with_fairlearn(seed: int) -> None:
    base, current = applications(seed), applications(seed + 100, 900)
    found = outcomes("fairness", baseline_of(base), current)

    def expected(rows: Rows) -> float:
        frame = MetricFrame(
            metrics=accuracy_score, y_true=rows.labels, y_pred=rows.predictions, sensitive_features=rows.groups["sex"]
        )
        return float(frame.difference(method="between_groups"))

    assert found.value(GAP, attribute="sex") == pytest.approx(expected(current), abs=1e-9)
    assert found.value(INCREASE, attribute="sex") == pytest.approx(expected(current) - expected(base), abs=1e-9)


def tallies(**groups: tuple[int, int]) -> Summary:
    """Selected and rows per group."""
    made = {group: Tally(rows, rows, selected) for group, (selected, rows) in groups.items()}
    return Summary(rows=sum(tally.rows for tally in made.values()), groups={"sex": made})


def compared(base: Summary, current: Summary) -> Outcomes:
    return outcomes("fairness", type(baseline_of(Rows()))("v", base, {}, {}), current)


def test_gap_that_narrows_is_negative() -> None:
    found = compared(tallies(a=(80, 100), b=(50, 100)), tallies(a=(80, 100), b=(75, 100)))
    assert found.value(f"{PARITY}_drift", attribute="sex") == pytest.approx(-0.25)


def test_gap_that_turns_round_counts_its_size_only() -> None:
    found = compared(tallies(a=(80, 100), b=(50, 100)), tallies(a=(40, 100), b=(80, 100)))
    assert found.value(f"{PARITY}_drift", attribute="sex") == pytest.approx(0.1)


def pooled(*pairs: tuple[int, int, int, int]) -> tuple[float, float]:
    """Variance of the difference of two rates in the window and in the baseline."""
    shares = [(now + then + 1) / (n + m + 2) for now, n, then, m in pairs]
    current = sum(p * (1 - p) / n for p, (_, n, _, _) in zip(shares, pairs, strict=True))
    base = sum(p * (1 - p) / m for p, (_, _, _, m) in zip(shares, pairs, strict=True))
    return current, base


def test_noise_against_a_large_baseline_is_that_of_any_pair_of_like_groups() -> None:
    found = compared(tallies(a=(600, 1000), b=(500, 1000)), tallies(a=(80, 100), b=(45, 90)))
    current, _ = pooled((80, 100, 600, 1000), (45, 90, 500, 1000))
    assert found.noise(f"{PARITY}_drift", attribute="sex") == pytest.approx(norm.isf(0.025) * current**0.5, rel=1e-9)


def test_noise_against_a_small_baseline_is_that_of_both_sides_in_one_direction() -> None:
    found = compared(tallies(a=(60, 100), b=(50, 100)), tallies(a=(80, 100), b=(45, 90)))
    both = sum(pooled((80, 100, 60, 100), (45, 90, 50, 100)))
    assert found.noise(f"{PARITY}_drift", attribute="sex") == pytest.approx(norm.isf(0.05) * both**0.5, rel=1e-9)


def test_of_groups_with_equal_rates_the_surest_gives_the_noise() -> None:
    base = tallies(a=(600, 1000), b=(500, 1000), c=(600, 1000), d=(500, 1000))
    found = compared(base, tallies(a=(80, 100), b=(45, 90), c=(400, 500), d=(250, 500)))
    now, before = pooled((400, 500, 600, 1000), (250, 500, 500, 1000))
    expected = max(norm.isf((1 - 0.95 ** (1 / 6)) / 2) * now**0.5, norm.isf(0.05) * (now + before) ** 0.5)
    assert found.noise(f"{PARITY}_drift", attribute="sex") == pytest.approx(expected, rel=1e-9)


def test_new_group_enters_the_difference_but_not_the_drift() -> None:
    found = compared(tallies(a=(60, 100), b=(50, 100)), tallies(a=(60, 100), b=(50, 100), c=(5, 100)))
    assert found.value(f"{PARITY}_difference", attribute="sex") == pytest.approx(0.55)
    assert found.value(f"{PARITY}_drift", attribute="sex") == 0
    assert found.reason(f"{PARITY}_drift", attribute="sex", group="c") == "baseline: no such group"


def test_group_that_was_too_small_before_is_named() -> None:
    found = compared(tallies(a=(60, 100), b=(50, 100), c=(1, 9)), tallies(a=(60, 100), b=(50, 100), c=(5, 100)))
    assert found.value(f"{PARITY}_drift", attribute="sex") == 0
    assert found.reason(f"{PARITY}_drift", attribute="sex", group="c") == "baseline: group too small"


def test_small_group_is_named_and_left_out() -> None:
    found = compared(tallies(a=(60, 100), b=(50, 100), c=(0, 100)), tallies(a=(60, 100), b=(50, 100), c=(0, 29)))
    assert found.reason(f"{PARITY}_drift", attribute="sex", group="c") == "group too small"
    assert found.value(f"{PARITY}_difference", attribute="sex") == pytest.approx(0.1)
    assert found.value(f"{PARITY}_drift", attribute="sex") == 0


def test_group_at_the_minimum_is_large_enough() -> None:
    found = compared(tallies(a=(60, 100), b=(15, 30)), tallies(a=(60, 100), b=(15, 30)))
    assert found.value(f"{PARITY}_drift", attribute="sex") == 0


@pytest.mark.parametrize("groups", [{"a": (60, 100)}, {"a": (60, 100), "b": (1, 1)}, {"a": (5, 20), "b": (9, 25)}])
def test_fewer_than_two_groups_have_no_gap(groups: dict[str, tuple[int, int]]) -> None:
    found = compared(tallies(a=(60, 100), b=(50, 100)), tallies(**groups))
    assert found.reason(f"{PARITY}_drift", attribute="sex") == TOO_FEW
    assert found.find(f"{PARITY}_difference", attribute="sex") is None


def labelled(**groups: tuple[int, int, int]) -> Summary:
    """True positives, positives and labelled rows per group of 200."""
    made = {
        group: Tally(200, 200, 100, rows, rows // 2, positives, hits)
        for group, (hits, positives, rows) in groups.items()
    }
    return Summary(rows=200 * len(made), groups={"sex": made})


@pytest.mark.parametrize(
    ("group", "reason"),
    [((0, 0, 0), "no labels"), ((0, 0, 100), "no positives"), ((20, 29, 100), "too few positives")],
)
def test_group_without_enough_positives_is_named(group: tuple[int, int, int], reason: str) -> None:
    base = labelled(a=(50, 100, 150), b=(40, 100, 150), c=(10, 100, 150))
    found = compared(base, labelled(a=(50, 100, 150), b=(40, 100, 150), c=group))
    assert found.reason(f"{OPPORTUNITY}_drift", attribute="sex", group="c") == reason
    assert found.value(f"{OPPORTUNITY}_drift", attribute="sex") == 0
    assert found.value(f"{PARITY}_drift", attribute="sex") == 0


def test_labels_all_null_leave_demographic_parity_alone() -> None:
    base = labelled(a=(50, 100, 150), b=(40, 100, 150))
    found = compared(base, labelled(a=(0, 0, 0), b=(0, 0, 0)))
    assert found.reason(f"{OPPORTUNITY}_drift", attribute="sex") == TOO_FEW
    assert found.value(f"{PARITY}_drift", attribute="sex") == 0


def test_attribute_without_any_value_says_so() -> None:
    found = compared(tallies(a=(60, 100), b=(50, 100)), Summary(rows=500, groups={"sex": {}}))
    assert found.reason(f"{PARITY}_drift", attribute="sex") == TOO_FEW
    assert found.reason("fairness_disparate_impact_ratio", attribute="sex") == "fewer than two groups large enough"


def test_attribute_the_baseline_never_saw_has_a_difference_and_no_drift() -> None:
    base = Summary(rows=500, groups={})
    found = compared(base, tallies(a=(60, 100), b=(50, 100)))
    assert found.value(f"{PARITY}_difference", attribute="sex") == pytest.approx(0.1)
    assert found.reason(f"{PARITY}_drift", attribute="sex") == TOO_FEW


@pytest.mark.parametrize(
    ("rows", "reason"),
    [((0, 0), "no labels"), ((20, 29), "too few labels"), ((15, 30), None), ((10, 20), "too few labels")],
)
def test_group_without_enough_labels_is_left_out_of_the_accuracy_gap(rows: tuple[int, int], reason: str | None) -> None:
    def window(third: tuple[int, int]) -> Summary:
        right = {"a": (90, 100), "b": (80, 100), "c": third}
        made = {group: Tally(200, 200, 100, n, correct, n // 2, n // 4) for group, (correct, n) in right.items()}
        return Summary(rows=600, labelled=sum(n for _, n in right.values()), groups={"sex": made})

    found = compared(window((30, 60)), window(rows))
    if reason:
        assert found.reason(INCREASE, attribute="sex", group="c") == reason
        assert found.value(INCREASE, attribute="sex") == 0
        assert found.value(GAP, attribute="sex") == pytest.approx(0.1)
    else:
        assert found.find(INCREASE, attribute="sex", group="c") is None
        assert found.value(GAP, attribute="sex") == pytest.approx(0.4)


def test_model_without_labels_has_no_accuracy_gap_and_no_reason() -> None:
    found = compared(tallies(a=(60, 100), b=(50, 100)), tallies(a=(60, 100), b=(50, 100)))
    assert [one for one in found.all if one.metric.startswith(GAP)] == []


def test_labels_that_stopped_are_a_reason() -> None:
    base = Summary(400, labelled=200, groups={"sex": {group: Tally(200, 200, 99, 100, 80, 50, 40) for group in "ab"}})
    found = compared(base, tallies(a=(60, 100), b=(50, 100)))
    assert found.reason(INCREASE, attribute="sex") == TOO_FEW
    assert found.reason(INCREASE, attribute="sex", group="a") == "no labels"


def test_answers_that_cannot_be_right_or_wrong_have_no_accuracy() -> None:
    summary = Summary(400, labelled=200, groups={"sex": {g: Tally(200, 200, 99, 100, 0, 50, 40) for g in "ab"}})
    found = measure(
        "fairness", Comparison(type(baseline_of(Rows()))("v", summary, {}, {}), summary, summary, graded=False)
    )
    metrics = {one.metric for one in found}
    assert "group_true_positive_ratio" in metrics
    assert not any("accuracy" in metric for metric in metrics)
