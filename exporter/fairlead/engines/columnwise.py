"""Counts whole row groups column by column: each column is decoded, counted and let go by whichever core is free.

Only what correlations need is kept of the numbers: one row in so many, as whole steps. What several columns say of a
row together (answers, labels, groups) is counted from slices of those few.
"""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TypeVar

import pyarrow as pa

from fairlead.core.merging import categoricals, fold, merge, numericals
from fairlead.core.plan import NumericalColumn, Plan
from fairlead.core.summary import Categorical, Integers, Numerical, Summary
from fairlead.engines.batch import ROWS, Batch, missing, values
from fairlead.engines.columns import floats, named
from fairlead.engines.kernel import count
from fairlead.engines.numerical import numerical, whole
from fairlead.engines.products import MAX_FEATURES, Steps, added_up, counted, steps, taking_part, telling
from fairlead.engines.rowgroup import RowGroup

SLICE = 1 << 16
"""Rows at a time: few enough for exact sums and a processor's cache."""
TOGETHER = 6
"""Columns per task."""

V = TypeVar("V")
Feature = tuple[Numerical, Steps | None]


@dataclass(frozen=True, slots=True)
class Chosen:
    """Rows that correlations are taken from (None: all), and the file's columns that were decoded to find them."""

    rows: Integers | None
    decoded: Mapping[str, pa.Array]


@dataclass(frozen=True, slots=True)
class Counting:
    """The tasks of one row group, in the order of the plan."""

    plan: Plan
    rows: Future[Summary]
    numerical: Sequence[Future[dict[str, Feature]]]
    categorical: Sequence[Future[dict[str, Categorical]]]
    attributions: Sequence[Future[dict[str, Feature]]]

    def result(self) -> Summary:
        """The summary of the row group, once all tasks are done."""
        features = _joined(self.numerical)
        attributions = _joined(self.attributions)
        kept = {name: part for name, (_, part) in features.items() if part is not None}
        return replace(
            self.rows.result(),
            numerical={name: features[name][0] for name in self.plan.numerical},
            categorical=_joined(self.categorical),
            attributions={name: part for name, (part, _) in attributions.items()},
            products=added_up({name: kept[name] for name in self.plan.numerical if name in kept}),
        )


def counting(group: RowGroup, plan: Plan, pool: ThreadPoolExecutor) -> Counting:
    """Begin to count a row group."""
    chosen = pool.submit(_choose, group, plan)
    compared = list(plan.numerical)[:MAX_FEATURES]
    numbers = [
        pool.submit(_features, group, {name: plan.numerical[name] for name in part}, compared, chosen)
        for part in _parts(sorted(plan.numerical, key=set(_telling(plan)).__contains__, reverse=True))
    ]
    attributions = [
        pool.submit(_features, group, {name: plan.attributions[name] for name in part}, (), chosen)
        for part in _parts(list(plan.attributions))
    ]
    rows = pool.submit(_rows, group, replace(plan, numerical={}, categorical={}, attributions={}))
    names = [pool.submit(_categories, group, plan, part) for part in _parts(list(plan.categorical))]
    return Counting(plan, rows, numbers, names, attributions)


def _parts(names: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(names), TOGETHER):
        yield names[start : start + TOGETHER]


def _joined(tasks: Sequence[Future[dict[str, V]]]) -> dict[str, V]:
    return {name: value for task in tasks for name, value in task.result().items()}


def _telling(plan: Plan) -> list[str]:
    """Features that decide which rows correlations are taken from; none where all are."""
    if plan.thinning == 1:
        return []
    return telling({name: plan.numerical[name].bins for name in list(plan.numerical)[:MAX_FEATURES]})


def _choose(group: RowGroup, plan: Plan) -> Chosen:
    """Where no feature tells rows apart, all rows take part."""
    columns = [plan.numerical[name].column for name in _telling(plan)]
    decoded = {column: group.number(column) for column in columns}
    telling_values = [floats(decoded[column]) for column in columns]
    return Chosen(taking_part(telling_values, plan.thinning) if columns else None, decoded)


def _features(
    group: RowGroup, columns: Mapping[str, NumericalColumn], compared: Sequence[str], chosen: Future[Chosen]
) -> dict[str, Feature]:
    """The counts of some columns, and of those that are compared with others their steps."""
    found: dict[str, Feature] = {}
    for name, column in columns.items():
        array = chosen.result().decoded.get(column.column)
        if array is None:
            array = group.number(column.column)
        summary = _numerical(array, column)
        found[name] = summary, _steps(name, array, column, summary, chosen) if name in compared else None
    return found


def _numerical(array: pa.Array, column: NumericalColumn) -> Numerical:
    if pa.types.is_int64(array.type):
        numbers = values(array, "int64")
        known = numbers[~missing(array)] if array.null_count else numbers
        found = whole(known, array.null_count, column.bins, column.low, column.high)
        if found is not None:
            return found
    total: Numerical | None = None
    for start in range(0, len(array), SLICE):
        part = numerical(floats(array.slice(start, SLICE)), column.bins, column.low, column.high)
        total = numericals(total, part) if total else part
    assert total is not None  # noqa: S101 - a row group has rows
    return total


def _steps(name: str, array: pa.Array, column: NumericalColumn, summary: Numerical, chosen: Future[Chosen]) -> Steps:
    feature, rows = counted(name, floats(array), column.bins, summary), chosen.result().rows
    return steps(feature if rows is None else replace(feature, values=feature.values.take(rows)))


def _rows(group: RowGroup, plan: Plan) -> Summary:
    """What takes several columns of a row."""
    numbers = {name: group.number(name) for name in plan.number_columns() if name in group.columns}
    names = {name: group.name(name) for name in plan.name_columns() if name in group.columns}
    total: Summary | None = None
    for start in range(0, group.rows, SLICE):
        batch = Batch(
            min(SLICE, group.rows - start),
            {name: array.slice(start, SLICE) for name, array in numbers.items()},
            {name: array.slice(start, SLICE) for name, array in names.items()},
        )
        part = count(batch, plan)
        total = merge(total, part, {}) if total else part
    assert total is not None  # noqa: S101 - a row group has rows
    return total


def _categories(group: RowGroup, plan: Plan, names: Sequence[str]) -> dict[str, Categorical]:
    """Counts of names; where there are many, from few rows at a time, so that few of them are in memory."""
    found: dict[str, Categorical] = {}
    for name in names:
        column = plan.categorical[name]
        array = group.name(column.column)
        few = pa.types.is_dictionary(array.type) and len(array.dictionary) <= ROWS
        size = len(array) if few else ROWS
        for start in range(0, len(array), size):
            part = named(array.slice(start, size), column.column, min(size, len(array) - start)).counted()
            found[name] = fold(categoricals(found[name], part), column.known) if name in found else part
    return found
