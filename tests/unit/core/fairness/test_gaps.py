"""Demographic parity and equal opportunity: differences against fairlearn, drift, and who is left out."""

import numpy as np
import pytest
from fairlearn.metrics import demographic_parity_difference, equal_opportunity_difference
from scipy.stats import norm

from fairlead.core.summary import Summary, Tally
from tests.support.comparisons import FAVOURABLE, Outcomes, Rows, baseline_of, outcomes

PARITY, OPPORTUNITY = "fairness_demographic_parity", "fairness_equal_opportunity"


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


def test_noise_by_hand() -> None:
    found = compared(tallies(a=(600, 1000), b=(500, 1000)), tallies(a=(80, 100), b=(45, 90)))
    variance = sum(
        (p := (now + then + 1) / (n + m + 2)) * (1 - p) * (1 / n + 1 / m)
        for now, n, then, m in ((80, 100, 600, 1000), (45, 90, 500, 1000))
    )
    assert found.noise(f"{PARITY}_drift", attribute="sex") == pytest.approx(norm.isf(0.025) * variance**0.5, rel=1e-9)


def test_new_group_enters_the_difference_but_not_the_drift() -> None:
    found = compared(tallies(a=(60, 100), b=(50, 100)), tallies(a=(60, 100), b=(50, 100), c=(5, 100)))
    assert found.value(f"{PARITY}_difference", attribute="sex") == pytest.approx(0.55)
    assert found.value(f"{PARITY}_drift", attribute="sex") == 0


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
    expected = "fewer than two groups large enough in window and baseline"
    assert found.reason(f"{PARITY}_drift", attribute="sex") == expected
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
    expected = "fewer than two groups large enough in window and baseline"
    assert found.reason(f"{OPPORTUNITY}_drift", attribute="sex") == expected
    assert found.value(f"{PARITY}_drift", attribute="sex") == 0


def test_attribute_without_any_value_says_so() -> None:
    found = compared(tallies(a=(60, 100), b=(50, 100)), Summary(rows=500, groups={"sex": {}}))
    expected = "fewer than two groups large enough in window and baseline"
    assert found.reason(f"{PARITY}_drift", attribute="sex") == expected
    assert found.reason("fairness_disparate_impact_ratio", attribute="sex") == "fewer than two groups large enough"


def test_attribute_the_baseline_never_saw_has_a_difference_and_no_drift() -> None:
    base = Summary(rows=500, groups={})
    found = compared(base, tallies(a=(60, 100), b=(50, 100)))
    assert found.value(f"{PARITY}_difference", attribute="sex") == pytest.approx(0.1)
    expected = "fewer than two groups large enough in window and baseline"
    assert found.reason(f"{PARITY}_drift", attribute="sex") == expected
