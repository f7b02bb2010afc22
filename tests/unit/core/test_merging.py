"""Parts add up to the whole bit for bit, in any order and grouping, through the kernel that really counts."""

from collections.abc import Iterable
from dataclasses import replace
from functools import reduce

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fairlead.core import merging
from fairlead.core.edges import numerical_bins
from fairlead.core.merging import merge
from fairlead.core.plan import AttributeColumn, CategoricalColumn, NumericalColumn, Plan
from fairlead.core.summary import Categorical, Summary
from fairlead.engines import repeats
from fairlead.engines.batch import Batch
from fairlead.engines.kernel import count
from fairlead.store.codec import pack_summary

CHANCE = np.random.default_rng(1)
INCOME = numerical_bins(CHANCE.lognormal(3, 1, 500), "p1_p99")
SHARES = numerical_bins(CHANCE.random(500), "p1_p99")
SIGNED = numerical_bins(CHANCE.normal(0, 1, 500), "p1_p99", zero=True)
CLASSES = Plan(
    "at",
    None,
    "decision",
    favourable="yes",
    label="outcome",
    probabilities={"yes": "p", "no": "q"},
    output=SHARES,
    numerical={"income": NumericalColumn("income", 0, 1e9, INCOME), "debt": NumericalColumn("debt", bins=INCOME)},
    categorical={"purpose": CategoricalColumn("purpose", frozenset({"car"}))},
    attributes={"sex": AttributeColumn("sex"), "age": AttributeColumn("p", (0.25, 0.5))},
    intersections={"sex and age": ("sex", "age")},
    attributions={"income": NumericalColumn("push", bins=SIGNED), "debt": NumericalColumn("debt", bins=SIGNED)},
    input_key="key",
)
HASHED = replace(CLASSES, input_key=None, hash_inputs=True, thinning=2)
AMOUNTS = replace(
    CLASSES,
    prediction="income",
    label="debt",
    regression=True,
    favourable=None,
    favourable_range=(10.0, 100.0),
    tolerance=0.5,
    probabilities={},
    output=INCOME,
)
PLANS = {"classes": CLASSES, "hashed inputs": HASHED, "amounts": AMOUNTS}
TYPES = {"income": pa.float64(), "debt": pa.float64(), "p": pa.float64(), "q": pa.float64(), "push": pa.float64()}
NAMES = ("decision", "outcome", "purpose", "sex", "key")

numbers = st.one_of(
    st.none(),
    st.floats(),
    st.floats(-100, 100),
    st.sampled_from((0.0, -0.0, 1e-300, 5e-324, 1e300, -1.7e308, 2.0**53 + 1, INCOME.centre, np.inf, -np.inf)),
)
names = st.sampled_from((None, "yes", "no", "car", "house", "", "a & b"))
row = st.fixed_dictionaries(
    {
        **dict.fromkeys(("income", "debt", "push"), numbers),
        **dict.fromkeys(("p", "q"), st.one_of(st.none(), st.floats(0, 1), st.just(0.5))),
        **dict.fromkeys(NAMES, names),
    }
)
Row = dict[str, float | str | None]
rows = st.lists(row, max_size=25)
plans = st.sampled_from(sorted(PLANS))


def counted(part: Iterable[Row], plan: Plan) -> Summary:
    """What the kernel makes of these rows; every row whose key is "car" had a word for its income."""
    part = list(part)
    values = {name: pa.array([entry[name] for entry in part], kind) for name, kind in TYPES.items()}
    texts = {name: pa.array([entry[name] for entry in part], pa.string()) for name in NAMES}
    wrong = sum(entry["key"] == "car" and entry["income"] is None for entry in part)
    return count(Batch(len(part), values, texts, {"income": wrong}, undated=len(part) % 2), plan)


def packed(summary: Summary) -> bytes:
    """Every bit of it but the undated rows, which a split of rows does not split."""
    return pack_summary(replace(summary, undated=0))


@settings(max_examples=150)
@given(rows, st.lists(st.integers(0, 3), min_size=25, max_size=25), st.permutations(range(4)), plans)
def test_parts_in_any_order_make_the_whole(part: list[Row], places: list[int], order: list[int], plan: str) -> None:
    parts = [[entry for entry, place in zip(part, places, strict=False) if place == number] for number in order]
    summaries = [counted(entries, PLANS[plan]) for entries in parts]
    whole = reduce(lambda a, b: merge(a, b, PLANS[plan].known()), summaries)
    assert packed(whole) == packed(counted(part, PLANS[plan]))


@settings(max_examples=75)
@given(rows, rows, rows, plans)
def test_grouping_does_not_matter(a: list[Row], b: list[Row], c: list[Row], plan: str) -> None:
    known, (one, two, three) = PLANS[plan].known(), (counted(part, PLANS[plan]) for part in (a, b, c))
    left, right = merge(merge(one, two, known), three, known), merge(one, merge(two, three, known), known)
    assert pack_summary(left) == pack_summary(right)


@settings(max_examples=75)
@given(rows, rows, plans)
def test_order_does_not_matter(a: list[Row], b: list[Row], plan: str) -> None:
    known, (one, two) = PLANS[plan].known(), (counted(part, PLANS[plan]) for part in (a, b))
    assert pack_summary(merge(one, two, known)) == pack_summary(merge(two, one, known))


@given(rows, plans)
def test_no_rows_change_nothing(a: list[Row], plan: str) -> None:
    known, one = PLANS[plan].known(), counted(a, PLANS[plan])
    for nothing in (Summary(), counted([], PLANS[plan])):
        assert pack_summary(merge(one, nothing, known)) == pack_summary(one) == pack_summary(merge(nothing, one, known))


texts = st.lists(st.lists(st.text(max_size=2), max_size=30), min_size=1, max_size=6)


@given(texts, st.integers(0, 8))
@example([["a", "b"], ["c"], ["a"]], 1)
def test_names_beyond_the_limit(parts: list[list[str]], limit: int) -> None:
    """The names that are kept have complete counts; which ones does not depend on the order or on the counts."""
    plan = replace(CLASSES, categorical={"purpose": CategoricalColumn("purpose", frozenset({"a"}))})
    summaries = [counted([{**BLANK, "purpose": name} for name in part], plan) for part in parts]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(merging, "MAX_CATEGORIES", limit)
        forward = reduce(lambda a, b: merge(a, b, plan.known()), summaries, Summary())
        backward = reduce(lambda a, b: merge(b, a, plan.known()), summaries[::-1], Summary())
    assert pack_summary(forward) == pack_summary(backward)
    column, all_names = forward.categorical["purpose"], [name for part in parts for name in part]
    assert {name: all_names.count(name) for name in column.counts} == column.counts
    assert column.counted == len(all_names) == sum(column.counts.values()) + column.folded
    assert len(column.counts) == min(len(set(all_names)), max(limit + ("a" in all_names), limit))


BLANK: Row = {**dict.fromkeys(TYPES), **dict.fromkeys(NAMES)}


def test_known_categories_survive_a_merge_that_folds() -> None:
    parts = [Summary(rows=8000, categorical={"m": _many(start)}) for start in (0, 8000)]
    merged = merge(parts[0], parts[1], {"m": frozenset({"m00003"})}).categorical["m"]
    assert merged.counts["m00003"] == 1
    assert len(merged.counts) == 10_001
    assert merged.folded == 16_000 - 10_001
    assert merged.counted == 16_000


def _many(start: int) -> Categorical:
    return Categorical({f"m{i:05}": 1 for i in range(start, start + 8000)}, 8000)


def test_groups_and_classes_are_bounded_alike_in_any_order() -> None:
    """A column of keys taken for a protected attribute does not fill the memory."""
    entries = [{**BLANK, "sex": f"g{i}", "decision": f"c{i % 1500}", "outcome": "yes"} for i in range(2_400)]
    parts = [counted(entries[start::3], CLASSES) for start in range(3)]
    one, other = (reduce(lambda a, b: merge(a, b, {}), order) for order in (parts, parts[::-1]))
    assert pack_summary(one) == pack_summary(other)
    assert len(one.groups["sex"]) == len(one.by_class) == 1_000
    assert all(tally.rows == 1 for tally in one.groups["sex"].values())


@pytest.mark.parametrize("plan", ["classes", "hashed inputs"])
def test_repeated_inputs_beyond_the_sample(plan: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sample is that of all rows, with every row of its inputs, whatever part they came in."""
    for module in (merging, repeats):
        monkeypatch.setattr(module, "MAX_REPEATS", 40)
    chance = np.random.default_rng(3)
    entries: list[Row] = [
        {**BLANK, "key": f"k{i}", "income": float(i), "p": float(chance.random()), "push": 1.0, "debt": float(i % 7)}
        for i in chance.integers(0, 150, 1_000).tolist()
    ]
    whole = counted(entries, PLANS[plan])
    assert whole.repeats is not None
    assert len(whole.repeats.hashes) == 40
    assert int(whole.repeats.rows.max()) > 3
    for seed in range(5):
        places = np.random.default_rng(seed).integers(0, 9, len(entries))
        parts = [counted([entries[i] for i in np.flatnonzero(places == n)], PLANS[plan]) for n in range(9)]
        assert packed(reduce(lambda a, b: merge(a, b, PLANS[plan].known()), parts)) == packed(whole)


def test_sums_beyond_64_bits_are_exact() -> None:
    """A mean of values that cancel, far from the centre, is right to a quantum a row."""
    entries: list[Row] = [{**BLANK, "income": value} for value in (1e300, 3.0, -1e300, 4.0) * 50]
    parts = [counted(entries[start::7], CLASSES) for start in range(7)]
    column = reduce(lambda a, b: merge(a, b, {}), parts).numerical["income"]
    total = sum(column.sums.tolist()) * INCOME.quantum + 200 * INCOME.centre
    assert total == pytest.approx(50 * 7.0, rel=1e-7)
    assert max(abs(part) for part in column.sums.tolist()) > 2**900
