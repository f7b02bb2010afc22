"""The summary of rows, worked out with pandas row by row, and a comparison that allows for rounding only in sums."""

from dataclasses import fields, is_dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest

from fairlead.core.plan import AttributeColumn, NumericalColumn, Plan, Window
from fairlead.core.summary import Categorical, Moments, Numerical, Summary, Tally

EXACT = (int, str, type(None))


def counted(frame: pd.DataFrame, plan: Plan, window: Window | None) -> Summary:
    """What any engine must find in these rows; numbers that are no numbers stand in the frame as text."""
    undated = 0
    if window is not None:
        stamps = frame[plan.timestamp]
        undated = int(stamps.isna().sum())
        frame = frame[(stamps >= window.start) & (stamps < window.end)]
    outcome = _outcome(frame, plan)
    return Summary(
        rows=len(frame),
        undated=undated,
        numerical={name: _numerical(frame[column.column], column) for name, column in plan.numerical.items()},
        categorical={name: _names(frame[column.column]) for name, column in plan.categorical.items()},
        classes=_names(frame[plan.prediction]),
        labelled=int(outcome["labelled"].sum()),
        correct=int(outcome["correct"].sum()),
        entropy=_entropy(frame, plan),
        groups={name: _groups(frame, column, outcome) for name, column in plan.attributes.items()},
        attributions={name: _magnitude(_numbers(frame[column])) for name, column in plan.attributions.items()},
    )


def assert_equal(actual: Any, expected: Any, where: str = "summary") -> None:
    """Whole numbers and names equal, other numbers to 1e-9 of their size."""
    if is_dataclass(expected):
        for item in fields(expected):
            assert_equal(getattr(actual, item.name), getattr(expected, item.name), f"{where}.{item.name}")
    elif isinstance(expected, dict):
        assert set(actual) == set(expected), where
        for key, value in expected.items():
            assert_equal(actual[key], value, f"{where}[{key!r}]")
    elif isinstance(expected, np.ndarray) and expected.dtype.kind == "i":
        assert actual.tolist() == expected.tolist(), where
    elif isinstance(expected, np.ndarray):
        assert actual == pytest.approx(expected, rel=1e-9, abs=1e-9), where
    elif isinstance(expected, EXACT):
        assert actual == expected, where
    else:
        assert actual == pytest.approx(expected, rel=1e-9, abs=1e-9), where


def _numbers(column: "pd.Series[Any]") -> "pd.Series[float]":
    return pd.to_numeric(column, errors="coerce").astype("float64")


def _numerical(column: "pd.Series[Any]", wanted: NumericalColumn) -> Numerical:
    values = _numbers(column)
    mismatched = int((values.isna() & column.notna() & (column.astype(str).str.lower() != "nan")).sum())
    known = values.dropna()
    finite = known[np.isfinite(known)]
    bins = [-np.inf, *wanted.edges, np.inf]
    place = pd.cut(known.clip(-1e308, 1e308), bins, labels=False)
    counts = place.value_counts().reindex(range(len(bins) - 1), fill_value=0)
    sums = finite.groupby(place[finite.index]).sum().reindex(range(len(bins) - 1), fill_value=0.0)
    low = -np.inf if wanted.low is None else wanted.low
    high = np.inf if wanted.high is None else wanted.high
    limited = wanted.low is not None or wanted.high is not None
    outside = ~finite.between(low, high)
    return Numerical(
        np.asarray(counts, dtype=np.int64),
        np.asarray(sums, dtype=np.float64),
        len(column),
        len(column) - len(known) - mismatched,
        mismatched,
        len(known) - len(finite),
        int(outside.sum()) + (len(known) - len(finite) if limited else 0),
        float(finite.min()) if len(finite) else np.inf,
        float(finite.max()) if len(finite) else -np.inf,
    )


def _names(column: "pd.Series[Any]") -> Categorical:
    counts = {str(name): int(count) for name, count in column.dropna().value_counts().items()}
    return Categorical(counts, len(column), int(column.isna().sum()))


def _outcome(frame: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    label = frame[plan.label] if plan.label else pd.Series(None, index=frame.index, dtype=object)
    prediction = frame[plan.prediction]
    outcome = pd.DataFrame({"predicted": prediction.notna(), "selected": prediction == plan.favourable})
    outcome["labelled"] = outcome["predicted"] & label.notna()
    outcome["correct"] = outcome["labelled"] & (label == prediction)
    outcome["positive"] = outcome["labelled"] & (label == plan.favourable)
    outcome["true_positive"] = outcome["positive"] & outcome["selected"]
    return outcome.fillna(value=False).astype(bool)


def _groups(frame: pd.DataFrame, wanted: AttributeColumn, outcome: pd.DataFrame) -> dict[str, Tally]:
    group = frame[wanted.column]
    if wanted.bins:
        ends = ["-inf", *(f"{end:g}" for end in wanted.bins), "inf"]
        labels = [f"[{low},{high})" for low, high in pairwise(ends)]
        group = pd.cut(_numbers(group), [-np.inf, *wanted.bins, np.inf], right=False, labels=labels).astype(object)
    found = {}
    for name, part in outcome.groupby(group):
        sums = part.sum()
        names = ("predicted", "selected", "labelled", "correct", "positive", "true_positive")
        found[str(name)] = Tally(len(part), *(int(sums[name]) for name in names))
    return found


def _entropy(frame: pd.DataFrame, plan: Plan) -> Moments:
    if plan.probabilities:
        shares = pd.DataFrame({column: _numbers(frame[column]) for column in plan.probabilities.values()})
    elif plan.score:
        score = _numbers(frame[plan.score])
        shares = pd.DataFrame({"yes": score, "no": 1 - score})
    else:
        return Moments()
    shares = shares.dropna()
    valid = shares[shares.ge(0).all(axis=1) & shares.le(1).all(axis=1) & (shares.sum(axis=1) - 1).abs().le(0.01)]
    entropy = -(valid * np.log(valid.where(valid > 0, 1))).sum(axis=1)
    return Moments(len(valid), float(entropy.sum()), float((entropy**2).sum()), len(shares) - len(valid))


def _magnitude(values: "pd.Series[float]") -> Moments:
    known = values.dropna()
    finite = known[np.isfinite(known)].abs()
    return Moments(len(finite), float(finite.sum()), float((finite**2).sum()), len(known) - len(finite))
