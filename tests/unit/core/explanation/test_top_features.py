"""Features that left the top three: by hand, with ties, and when chance explains it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlead.core.baseline import Bins
from fairlead.core.comparison import Comparison
from fairlead.core.explanation import top_features
from fairlead.core.measurement import Measurement, NotComputed, Outcome
from tests.support.comparisons import Outcomes, Rows, baseline_of, count, outcomes

METRIC = "attribution_top3_changes"
BASE = {"a": 6.0, "b": 5.0, "c": 4.0, "d": 3.0, "e": 2.0, "f": 1.0}
CHANCE = "too few values to tell"


def constant(means: dict[str, float], rows: int = 40) -> Rows:
    return Rows(attributions={name: np.resize([mean, -mean], rows) for name, mean in means.items()})


def compared(base: dict[str, float], current: dict[str, float]) -> Outcomes:
    return outcomes("explanation", baseline_of(constant(base)), constant(current))


@pytest.mark.parametrize(
    ("current", "expected"),
    [
        ((6, 5, 4, 3, 2, 1), 0),
        ((4, 6, 5, 3, 2, 1), 0),
        ((6, 5, 3, 4, 2, 1), 1),
        ((6, 2, 3, 4, 5, 1), 2),
        ((1, 2, 3, 4, 5, 6), 3),
        ((1, 1, 1, 0, 0, 0), 0),
        ((0.5, 1, 1, 1, 0, 0), 1),
    ],
)
def test_by_hand(current: tuple[float, ...], expected: int) -> None:
    found = compared(BASE, dict(zip("abcdef", current, strict=True)))
    assert found.value(METRIC) == expected
    assert found.measured(METRIC).samples == 40


@pytest.mark.parametrize("order", ["abcdef", "fedcba", "dbface"])
def test_ties_keep_the_order_of_the_baseline_and_that_of_names(order: str) -> None:
    tied = dict.fromkeys(order, 1.0)
    assert compared(tied, tied).value(METRIC) == 0
    assert compared(tied, {**tied, "a": 0.5}).value(METRIC) == 1
    assert compared(tied, {**tied, "d": 0.5}).value(METRIC) == 0
    last = {name: 1.0 + (name == "f") for name in order}
    assert compared(tied, last).value(METRIC) == 1
    assert compared(last, tied).value(METRIC) == 0


def test_three_features_are_always_the_top_three() -> None:
    assert compared(*({name: BASE[name] for name in "abc"},) * 2).find(METRIC) is None
    assert compared(*({name: BASE[name] for name in "abcd"},) * 2).value(METRIC) == 0


def drawn(random: np.random.Generator, scales: tuple[float, ...], rows: int) -> Rows:
    names = "abcdefgh"[: len(scales)]
    return Rows(attributions={n: random.normal(0, s, rows) for n, s in zip(names, scales, strict=True)})


CLOSE = (1.0, 0.95, 0.9, 0.88, 0.86, 0.1)


@pytest.mark.parametrize("rows", [30, 100, 1000])
def test_chance_alone_changes_nothing_in_nineteen_windows_of_twenty(rows: int) -> None:
    random = np.random.default_rng(rows)
    found: list[Outcome] = []
    for _ in range(10):
        baseline = baseline_of(drawn(random, CLOSE, 1500))
        for _ in range(10 if rows == 1000 else 20):
            current = count(drawn(random, CLOSE, rows), Bins(attributions=baseline.attribution_bins))
            found += top_features.measure(Comparison(baseline, current, current))
    changed = [one for one in found if isinstance(one, Measurement) and one.value > 0]
    unsure = [one for one in found if isinstance(one, NotComputed)]
    assert len(changed) <= 0.09 * len(found)
    assert {one.reason for one in unsure} == {CHANCE}, "the order of close features does change by chance"


def test_real_change_is_found_in_a_few_hundred_rows() -> None:
    random = np.random.default_rng(1)
    before, after = (1.0, 0.8, 0.6, 0.3, 0.2, 0.1), (1.0, 0.3, 0.2, 0.8, 0.6, 0.1)
    for _ in range(5):
        found = outcomes("explanation", baseline_of(drawn(random, before, 2000)), drawn(random, after, 300))
        assert found.value(METRIC) == 2


@pytest.mark.parametrize("third", [0.47, 0.05])
def test_change_that_is_partly_chance_counts_what_is_certain(third: float) -> None:
    """b and c left; d is far above both, e above b by a hair only, so c or both may have made room for d."""
    random = np.random.default_rng(2)
    base = drawn(random, (1.0, 0.5, 0.49, 0.1, 0.485), 3000)
    current = drawn(random, (1.0, 0.47, third, 2.0, 0.5), 100)
    means = {name: float(np.abs(np.asarray(column)).mean()) for name, column in current.attributions.items()}
    assert set(sorted(means, key=means.__getitem__)[-3:]) == {"a", "d", "e"}
    assert outcomes("explanation", baseline_of(base), current).value(METRIC) == 1


@settings(max_examples=50)
@given(st.permutations("abcdef"), st.permutations("abcdef"))
def test_agrees_with_sets_and_names_do_not_matter(before: list[str], now: list[str]) -> None:
    base, current = ({name: 6.0 - place for place, name in enumerate(order)} for order in (before, now))
    expected = len(set(before[:3]) - set(now[:3]))
    assert compared(base, current).value(METRIC) == expected
    rename = dict(zip("abcdef", "ucxbyz", strict=True))
    first, again = ({rename[name]: mean for name, mean in side.items()} for side in (base, current))
    assert compared(first, again).value(METRIC) == expected
