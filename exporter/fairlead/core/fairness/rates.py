"""Rates of the groups of a protected attribute, beside the baseline's, and how many rows are behind them."""

from fairlead.core.comparison import Comparison
from fairlead.core.fairness.groups import (
    ACCURACY,
    FALSE_POSITIVE,
    SELECTION,
    TOO_MANY,
    TRUE_POSITIVE,
    attributes,
    groups,
    too_many,
)
from fairlead.core.measurement import Labels, Measurement, NotComputed, Outcomes
from fairlead.core.summary import Tally

RATES = (SELECTION, TRUE_POSITIVE, FALSE_POSITIVE, ACCURACY)


def measure(c: Comparison) -> Outcomes:
    """Selection, true-positive, false-positive and accuracy rate of each group, in [0, 1], and its sizes.

    The selection rate and the size are of the window, all others of the rows that have their labels. A rate without a
    row is absent.
    """
    for attribute in attributes(c):
        if too_many(c, attribute):
            yield NotComputed("group_selection_ratio", TOO_MANY, (("attribute", attribute),))
            continue
        for group in groups(c, attribute):
            yield from _group(c, attribute, group)


def _group(c: Comparison, attribute: str, group: str) -> Outcomes:
    labels: Labels = (("attribute", attribute), ("group", group))
    rows = c.current.groups.get(attribute, {}).get(group, Tally()).rows
    labelled = c.cohort.groups.get(attribute, {}).get(group, Tally()).labelled
    yield Measurement("group_samples", rows, labels, samples=rows)
    yield Measurement("group_labelled_samples", labelled, labels, samples=labelled)
    base = c.baseline.summary.groups.get(attribute, {}).get(group, Tally())
    for rate in RATES:
        if rate is ACCURACY and not c.graded:
            continue
        tally = rate.side(c).groups.get(attribute, {}).get(group, Tally())
        if n := rate.rows(tally):
            yield Measurement(f"group_{rate.name}_ratio", rate.value(tally), labels, samples=n)
        if m := rate.rows(base):
            yield Measurement(f"group_{rate.name}_baseline_ratio", rate.value(base), labels, baseline_samples=m)
