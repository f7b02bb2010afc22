"""What must hold for every table of groups."""

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from fairlead.core.measurement import Measurement
from fairlead.core.summary import Summary, Tally
from tests.support.comparisons import Outcomes, Rows, baseline_of, outcomes

DRIFTS = (
    "fairness_demographic_parity_drift",
    "fairness_equal_opportunity_drift",
    "fairness_accuracy_gap_increase",
    "fairness_disparate_impact_drift",
)


@st.composite
def tallies(draw: st.DrawFn) -> Tally:
    """Any consistent group, often with rates that others have too."""
    rows = draw(st.sampled_from([0, 1, 29, 30, 60, 500]))
    predicted = draw(st.sampled_from([rows, rows // 2]))
    selected = predicted * draw(st.integers(0, 4)) // 4
    labelled = predicted * draw(st.integers(0, 3)) // 3
    positives = labelled * draw(st.integers(0, 3)) // 3
    hits = min(positives * draw(st.integers(0, 3)) // 3, selected)
    false = min(labelled - positives, selected - hits)
    correct = hits + labelled - positives - false
    return Tally(rows, predicted, selected, labelled, correct, positives, hits, false)


groups = st.dictionaries(st.sampled_from("abcde"), tallies(), max_size=5)


def window(found: dict[str, Tally]) -> Summary:
    made = found.values()
    return Summary(
        100 + sum(one.rows for one in made), labelled=sum(one.labelled for one in made), groups={"g": dict(found)}
    )


def compared(base: dict[str, Tally], current: dict[str, Tally], cohort: dict[str, Tally]) -> Outcomes:
    baseline = type(baseline_of(Rows()))("v", window(base), {}, {})
    return outcomes("fairness", baseline, window(current), cohort=window(cohort))


@settings(max_examples=150)
@given(groups)
def test_identical_windows_have_not_drifted(same: dict[str, Tally]) -> None:
    for one in compared(same, same, same).all:
        if isinstance(one, Measurement):
            assert one.metric not in DRIFTS or one.value == 0
            assert one.noise is None or one.noise >= 0


@settings(max_examples=150)
@given(groups, groups, groups, st.permutations("abcde"))
def test_names_of_groups_do_not_matter(
    base: dict[str, Tally], current: dict[str, Tally], cohort: dict[str, Tally], order: list[str]
) -> None:
    rename = dict(zip("abcde", order, strict=True))

    def renamed(found: dict[str, Tally]) -> dict[str, Tally]:
        return {rename[name]: tally for name, tally in found.items()}

    def said(found: Outcomes, names: dict[str, str]) -> Counter[object]:
        return Counter(
            (
                one.metric,
                names.get(dict(one.labels).get("group", "")),
                (one.value, one.noise) if isinstance(one, Measurement) else one.reason,
            )
            for one in found.all
            if not one.metric.startswith("group_disparate_impact")  # which of two equal groups is the reference
        )

    first = said(compared(base, current, cohort), rename)
    again = said(compared(renamed(base), renamed(current), renamed(cohort)), {name: name for name in "abcde"})
    assert again == first


@settings(max_examples=150)
@given(groups, groups, groups)
def test_every_value_is_in_its_range(
    base: dict[str, Tally], current: dict[str, Tally], cohort: dict[str, Tally]
) -> None:
    for one in compared(base, current, cohort).all:
        if isinstance(one, Measurement) and not one.metric.endswith(("_samples", "_lower", "_upper")):
            assert -1 <= one.value <= 1, one
            assert one.value >= 0 or one.metric in DRIFTS, one


@settings(max_examples=150)
@given(groups, groups)
def test_every_attribute_has_a_value_or_a_reason(base: dict[str, Tally], current: dict[str, Tally]) -> None:
    found = compared(base, current, current)
    for metric in (DRIFTS[0], DRIFTS[1], "fairness_disparate_impact_ratio"):
        assert found.find(metric, attribute="g") is not None
