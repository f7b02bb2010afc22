"""Summaries of parts add up to the summary of the whole."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlead.core.edges import numerical_bins
from fairlead.core.summary import Categorical, Summary, merge
from tests.support.comparisons import FAVOURABLE, Rows, baseline_of, count

CLASSES = (FAVOURABLE, "denied", None)
EDGES = {"income": numerical_bins(np.random.default_rng(1).lognormal(3, 1, 500), "p1_p99")}

Row = tuple[float, str | None, str | None, str | None, str | None, float]

rows = st.lists(
    st.tuples(
        st.one_of(st.floats(-1e6, 1e6), st.just(float("nan")), st.just(float("inf"))),
        st.sampled_from(("car", "house", "boat", None)),
        st.sampled_from(CLASSES),
        st.sampled_from(CLASSES),
        st.sampled_from(("f", "m", None)),
        st.floats(0, 1),
    ),
    max_size=30,
)


def summary(part: list[Row]) -> Summary:
    columns = [list(column) for column in zip(*part, strict=True)] or [[] for _ in range(6)]
    income, purpose, prediction, label, group, score = columns
    made = Rows(
        numbers={"income": income},
        names={"purpose": purpose},
        predictions=prediction,
        labels=label,
        groups={"sex": group},
        scores=score,
        attributions={"income": score},
    )
    return count(made, EDGES)


def assert_same(a: Summary, b: Summary) -> None:
    """Counts and names exactly, sums of floats to a relative 1e-9."""
    assert (a.rows, a.labelled, a.correct, a.groups) == (b.rows, b.labelled, b.correct, b.groups)
    assert (a.classes, a.categorical) == (b.classes, b.categorical)
    one, other = a.numerical["income"], b.numerical["income"]
    assert one.counts.tolist() == other.counts.tolist()
    exact = ("rows", "missing", "infinite", "minimum", "maximum")
    assert [getattr(one, name) for name in exact] == [getattr(other, name) for name in exact]
    np.testing.assert_allclose(one.sums, other.sums, rtol=1e-9, atol=1e-3)
    for x, y in ((a.entropy, b.entropy), (a.attributions["income"], b.attributions["income"])):
        assert x.rows == y.rows
        np.testing.assert_allclose((x.total, x.total_square), (y.total, y.total_square), rtol=1e-9, atol=1e-12)


@settings(max_examples=100)
@given(rows, rows)
def test_parts_make_the_whole_in_either_order(a: list[Row], b: list[Row]) -> None:
    whole = summary(a + b)
    assert_same(merge(summary(a), summary(b), {}), whole)
    assert_same(merge(summary(b), summary(a), {}), whole)


@settings(max_examples=50)
@given(rows, rows, rows)
def test_grouping_of_parts_does_not_matter(a: list[Row], b: list[Row], c: list[Row]) -> None:
    one, two, three = summary(a), summary(b), summary(c)
    assert_same(merge(merge(one, two, {}), three, {}), merge(one, merge(two, three, {}), {}))


@given(rows)
def test_empty_summary_is_neutral(a: list[Row]) -> None:
    one = summary(a)
    assert_same(merge(Summary(), one, {}), one)
    assert_same(merge(one, Summary(), {}), one)


def test_undated_rows_add_up() -> None:
    assert merge(Summary(undated=2), Summary(undated=3), {}).undated == 5


def test_known_categories_survive_a_merge_that_folds() -> None:
    parts = [Summary(rows=8000, categorical={"m": _many(start)}) for start in (0, 8000)]
    merged = merge(parts[0], parts[1], {"m": frozenset({"m00003"})}).categorical["m"]
    assert merged.counts["m00003"] == 1
    assert len(merged.counts) == 10_001
    assert merged.folded == 16_000 - 10_001
    assert merged.counted == 16_000


def _many(start: int) -> Categorical:
    names = [f"m{i:05}" for i in range(start, start + 8000)]
    return baseline_of(Rows(names={"m": names})).summary.categorical["m"]
