"""The summary of rows, worked out with pandas row by row; every number of it is a whole one, so all must be equal."""

from dataclasses import fields, is_dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from fairlead.core.edges import CLIP, CORRELATION_STEPS, NumericalBins
from fairlead.core.plan import AttributeColumn, NumericalColumn, Plan, Window
from fairlead.core.summary import (
    QUANTUM,
    Categorical,
    ClassTally,
    Floats,
    Integers,
    Moments,
    Numerical,
    Products,
    Repeats,
    Summary,
    Tally,
)

ROUNDING = 4
"""Quanta per row by which a logarithm may differ between two ways to it."""


def counted(frame: pd.DataFrame, plan: Plan, window: Window | None) -> Summary:
    """What any engine must find in these rows; numbers that are no numbers stand in the frame as text."""
    undated = 0
    if window is not None:
        stamps = frame[plan.timestamp]
        undated = int(stamps.isna().sum())
        frame = frame[(stamps >= window.start) & (stamps < window.end)]
    outcome = _outcome(frame, plan)
    output, shares = _answers(frame, plan)
    values = {name: _numbers(frame[column.column]) for name, column in plan.numerical.items()}
    return Summary(
        rows=len(frame),
        undated=undated,
        numerical={name: _numerical(frame[column.column], column) for name, column in plan.numerical.items()},
        categorical={name: _names(frame[column.column]) for name, column in plan.categorical.items()},
        predicted=int(outcome["predicted"].sum()),
        classes=Categorical({}) if plan.regression else _names(frame[plan.prediction]),
        output=None if output is None else _numerical(output, NumericalColumn("", bins=plan.output)),
        confidence=_confidence(shares),
        entropy=_entropy(shares),
        labelled=int(outcome["labelled"].sum()),
        correct=int(outcome["correct"].sum()),
        by_class={} if plan.regression else _by_class(frame, plan, outcome),
        errors=_errors(frame, plan) if plan.regression else Moments(),
        groups=_all_groups(frame, plan, outcome),
        attributions={name: _numerical(frame[column.column], column) for name, column in plan.attributions.items()},
        products=_products(values, {name: column.bins for name, column in plan.numerical.items()}),
        repeats=_repeats(frame, plan, output) if plan.input_key or plan.hash_inputs else None,
    )


def assert_equal(actual: Any, expected: Any, where: str = "summary") -> None:
    """Equal in every number; entropies, which are logarithms, to a few quanta per row."""
    if isinstance(expected, Moments):
        exact = [(moments.rows, moments.invalid) for moments in (actual, expected)]
        assert exact[0] == exact[1], where
        for name in ("total", "total_square"):
            assert abs(getattr(actual, name) - getattr(expected, name)) <= ROUNDING * expected.rows, f"{where}.{name}"
    elif isinstance(expected, Repeats):
        assert _per_input(actual) == _per_input(expected), where
    elif is_dataclass(expected):
        for item in fields(expected):
            assert_equal(getattr(actual, item.name), getattr(expected, item.name), f"{where}.{item.name}")
    elif isinstance(expected, dict):
        assert set(actual) == set(expected), where
        for key, value in expected.items():
            assert_equal(actual[key], value, f"{where}[{key!r}]")
    elif isinstance(expected, np.ndarray):
        assert actual.tolist() == expected.tolist(), where
    else:
        assert actual == expected, where


def _per_input(found: Repeats) -> list[list[int]]:
    """Inputs in an order that does not need their hashes."""
    columns = (found.rows, found.totals, found.squares, found.explained)
    rows: list[list[int]] = np.column_stack((*columns, found.vectors)).tolist()
    return sorted(rows)


def _numbers(column: "pd.Series[Any]") -> "pd.Series[float]":
    return pd.to_numeric(column, errors="coerce").astype("float64")


def _numerical(column: "pd.Series[Any]", wanted: NumericalColumn) -> Numerical:
    values = _numbers(column)
    mismatched = int((values.isna() & column.notna() & (column.astype(str).str.lower() != "nan")).sum())
    known = values.dropna()
    finite = known[np.isfinite(known)]
    bins = [-np.inf, *wanted.bins.edges, np.inf]
    place = pd.cut(known.clip(-1e308, 1e308), bins, labels=False)
    counts = place.value_counts().reindex(range(len(bins) - 1), fill_value=0)
    sums = [0] * (len(bins) - 1)
    for at, value in zip(place[finite.index], finite, strict=True):
        sums[int(at)] += round((value - wanted.bins.centre) / wanted.bins.quantum)
    low = -np.inf if wanted.low is None else wanted.low
    high = np.inf if wanted.high is None else wanted.high
    limited = wanted.low is not None or wanted.high is not None
    outside = ~finite.between(low, high)
    return Numerical(
        np.asarray(counts, dtype=np.int64),
        np.array(sums, dtype=np.object_),
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
    if plan.regression:
        prediction, label = (_numbers(column).replace([np.inf, -np.inf], np.nan) for column in (prediction, label))
        low, high = plan.favourable_range or (np.inf, -np.inf)
        selected, favoured = prediction.between(low, high), label.between(low, high)
        agrees = (prediction - label).abs() <= (-1 if plan.tolerance is None else plan.tolerance)
    else:
        selected, favoured, agrees = prediction == plan.favourable, label == plan.favourable, label == prediction
    outcome = pd.DataFrame({"predicted": prediction.notna(), "selected": selected})
    outcome["labelled"] = outcome["predicted"] & label.notna()
    outcome["correct"] = outcome["labelled"] & agrees
    outcome["positive"] = outcome["labelled"] & favoured
    outcome["true_positive"] = outcome["positive"] & outcome["selected"]
    outcome["false_positive"] = outcome["labelled"] & ~outcome["positive"].fillna(False) & outcome["selected"]
    return outcome.fillna(value=False).astype(bool)


def _by_class(frame: pd.DataFrame, plan: Plan, outcome: pd.DataFrame) -> dict[str, ClassTally]:
    if plan.label is None:
        return {}
    rows = frame[outcome["labelled"]]
    found = {}
    for name in {*rows[plan.prediction], *rows[plan.label]}:
        predicted, actual = rows[plan.prediction] == name, rows[plan.label] == name
        found[str(name)] = ClassTally(int(predicted.sum()), int(actual.sum()), int((predicted & actual).sum()))
    return found


def _errors(frame: pd.DataFrame, plan: Plan) -> Moments:
    if plan.label is None:
        return Moments()
    error = (_numbers(frame[plan.prediction]) - _numbers(frame[plan.label])).abs() / plan.output.unit
    return _moments(error[np.isfinite(error)])


def _all_groups(frame: pd.DataFrame, plan: Plan, outcome: pd.DataFrame) -> dict[str, dict[str, Tally]]:
    columns = {name: _group(frame, column) for name, column in plan.attributes.items()}
    for name, parts in plan.intersections.items():
        both = pd.DataFrame({part: columns[part] for part in parts}).dropna()
        columns[name] = both.astype(str).agg(" & ".join, axis=1).reindex(frame.index)
    return {name: _groups(column, outcome) for name, column in columns.items()}


def _group(frame: pd.DataFrame, wanted: AttributeColumn) -> "pd.Series[Any]":
    group = frame[wanted.column]
    if not wanted.bins:
        return group
    ends = ["-inf", *(f"{end:g}" for end in wanted.bins), "inf"]
    labels = [f"[{low},{high})" for low, high in pairwise(ends)]
    return pd.cut(_numbers(group), [-np.inf, *wanted.bins, np.inf], right=False, labels=labels).astype(object)


def _groups(group: "pd.Series[Any]", outcome: pd.DataFrame) -> dict[str, Tally]:
    found = {}
    for name, part in outcome.groupby(group):
        sums = part.sum()
        names = ("predicted", "selected", "labelled", "correct", "positive", "true_positive", "false_positive")
        found[str(name)] = Tally(len(part), *(int(sums[name]) for name in names))
    return found


def _answers(frame: pd.DataFrame, plan: Plan) -> tuple["pd.Series[float] | None", pd.DataFrame | None]:
    """The output, and the probabilities of rows that have them all."""
    if plan.regression:
        return _numbers(frame[plan.prediction]), None
    if plan.probabilities:
        shares = pd.DataFrame({name: _numbers(frame[column]) for name, column in plan.probabilities.items()})
        favourable = plan.favourable in plan.probabilities
        return shares[plan.favourable] if favourable else shares.max(axis=1, skipna=False), shares.dropna()
    if plan.score:
        score = _numbers(frame[plan.score])
        return score, pd.DataFrame({"yes": score, "no": 1 - score}).dropna()
    return None, None


def _valid(shares: pd.DataFrame) -> pd.DataFrame:
    return shares[shares.ge(0).all(axis=1) & shares.le(1).all(axis=1) & (shares.sum(axis=1) - 1).abs().le(0.01)]


def _confidence(shares: pd.DataFrame | None) -> Moments:
    return Moments() if shares is None else _moments(_valid(shares).max(axis=1))


def _entropy(shares: pd.DataFrame | None) -> Moments:
    if shares is None:
        return Moments()
    valid = _valid(shares)
    entropy = -(valid * np.log(valid.where(valid > 0, 1))).sum(axis=1)
    found = _moments(entropy)
    return Moments(found.rows, found.total, found.total_square, len(shares) - len(valid))


def _moments(values: "pd.Series[float]") -> Moments:
    exact = [Fraction(value) for value in values]
    total, squares = (sum(round(value**power / Fraction(QUANTUM)) for value in exact) for power in (1, 2))
    return Moments(len(exact), total, squares)


def _steps(values: "pd.Series[float]", centre: float, step: float, most: float) -> "pd.Series[float]":
    finite = values[np.isfinite(values)]
    return ((finite - centre) / step).round().clip(-most, most).reindex(values.index)


def _products(values: dict[str, "pd.Series[float]"], bins: dict[str, NumericalBins]) -> Products | None:
    if len(values) < 2:
        return None
    steps = [_steps(v, bins[n].centre, bins[n].unit / CORRELATION_STEPS, CLIP) for n, v in values.items()]

    def matrix(term: Any) -> Integers:
        return np.array([[int(term(x, y)[x.notna() & y.notna()].sum()) for y in steps] for x in steps], dtype=np.int64)

    return Products(
        tuple(values),
        matrix(lambda x, y: x.notna() & y.notna()),
        matrix(lambda x, _: x),
        matrix(lambda x, _: x * x),
        matrix(lambda x, y: x * y),
    )


def _repeats(frame: pd.DataFrame, plan: Plan, output: "pd.Series[float] | None") -> Repeats:
    """Inputs without their hashes."""
    if plan.input_key:
        keys = frame[plan.input_key]
    else:
        columns: list[Any] = [_numbers(frame[column.column]).tolist() for column in plan.numerical.values()]
        columns += [
            frame[c.column].astype(object).where(frame[c.column].notna(), None) for c in plan.categorical.values()
        ]
        keys = pd.Series([repr(values) for values in zip(*columns, strict=True)], index=frame.index)
    nowhere = pd.Series(np.nan, index=frame.index)
    steps = nowhere if output is None else _steps(output, plan.output.centre, plan.output.unit / 2**16, 2**20)
    vectors = pd.DataFrame({name: _numbers(frame[column.column]) for name, column in plan.attributions.items()})
    vectors = vectors.replace([np.inf, -np.inf], np.nan).dropna()
    vectors = vectors[(vectors != 0).any(axis=1)]
    units = (vectors.div(np.sqrt((vectors**2).sum(axis=1)), axis=0) * 2**20).round()
    found = pd.DataFrame({"rows": steps.notna(), "totals": steps, "squares": steps * steps})
    found["explained"] = found.index.isin(units.index)
    sums = pd.concat([found, units.reindex(frame.index)], axis=1).groupby(keys).sum()
    counted_: Floats = sums.to_numpy(dtype=np.float64)
    whole = counted_.astype(np.int64)
    return Repeats(
        np.arange(len(whole), dtype=np.uint64), whole[:, 0], whole[:, 1], whole[:, 2], whole[:, 3], whole[:, 4:]
    )
