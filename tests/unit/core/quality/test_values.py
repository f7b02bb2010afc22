"""Values that are not what the configuration promised."""

from dataclasses import replace

import numpy as np

from fairlead.core.baseline import Bins
from tests.support.comparisons import Outcomes, Rows, baseline_of, count, outcomes

MISMATCH, RANGE, REQUIRED = "feature_type_mismatch_ratio", "feature_range_violation_ratio", "feature_required_missing"

BASELINE = baseline_of(Rows(numbers={"age": np.arange(18.0, 90.0)}, names={"job": ["cook", "clerk"] * 36}))


def measured(mismatched: int = 0, outside: int = 0, missing: int = 0) -> Outcomes:
    """100 rows of which some are mismatched, missing, or have a value outside the range."""
    values = np.append(np.full(100 - mismatched - missing, 30.0), np.full(missing, np.nan))
    summary = count(Rows(numbers={"age": values}, names={"job": ["cook"] * 50 + [None] * 50}), Bins(BASELINE.bins))
    age = replace(summary.numerical["age"], rows=100, mismatched=mismatched, outside=outside)
    return outcomes(
        "quality",
        BASELINE,
        replace(summary, rows=100, numerical={"age": age}),
        required=("age", "job"),
        ranged=("age",),
    )


def test_shares() -> None:
    found = measured(mismatched=20, outside=8)
    assert found.value(MISMATCH, feature="age") == 0.2
    assert found.value(RANGE, feature="age") == 0.1
    assert found.value(REQUIRED, feature="age") == 0
    assert found.value(REQUIRED, feature="job") == 0


def test_column_without_a_value() -> None:
    found = measured(missing=100)
    assert found.value(REQUIRED, feature="age") == 1
    assert found.value(MISMATCH, feature="age") == 0
    assert found.reason(RANGE, feature="age") == "no values in the window"


def test_column_of_nothing_but_text() -> None:
    found = measured(mismatched=100)
    assert found.value(MISMATCH, feature="age") == 1
    assert found.value(REQUIRED, feature="age") == 1


def test_features_that_promise_nothing_are_not_measured() -> None:
    found = outcomes("quality", BASELINE, Rows(numbers={"age": [30.0] * 40}))
    assert [one.metric for one in found.all] == [MISMATCH]
