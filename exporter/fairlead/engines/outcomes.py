"""What was answered and what came of it, for the whole batch, by class and by group."""

from dataclasses import dataclass

import numpy as np

from fairlead.core.plan import BETWEEN, AttributeColumn, Plan, interval_names
from fairlead.core.summary import ClassTally, Floats, Integers, Moments, Tally
from fairlead.engines.batch import Batch
from fairlead.engines.columns import Mask, Names, names, numbers
from fairlead.engines.numerical import moments

FAR = 2.0**64
"""Units beyond which an error counts as so many: its square must stay a number."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Masks over the rows of a batch; labelled rows have both a prediction and a label."""

    predicted: Mask
    selected: Mask
    labelled: Mask
    correct: Mask
    positive: Mask


def classified(predictions: Names, labels: Names, favourable: str | None) -> Outcome:
    """Outcome of a classification: correct when label and prediction are the same name."""
    predicted = predictions.codes >= 0
    labelled = predicted & (labels.codes >= 0)
    place = {name: index for index, name in enumerate(predictions.names)}
    translation = np.array([*(place.get(name, -2) for name in labels.names), -2], dtype=np.int64)
    return Outcome(
        predicted,
        predictions.is_name(favourable),
        labelled,
        labelled & (translation[labels.codes] == predictions.codes),
        labelled & labels.is_name(favourable),
    )


def regressed(predictions: Floats, labels: Floats, plan: Plan) -> tuple[Outcome, Moments]:
    """Outcome of a regression and the moments of |prediction − label| in units; ±inf is no prediction and no label."""
    predicted = np.isfinite(predictions)
    labelled = predicted & np.isfinite(labels)
    with np.errstate(over="ignore"):
        error = np.abs(np.where(labelled, predictions, 0) - np.where(labelled, labels, 0))
        units = np.minimum(error[labelled] / plan.output.unit, FAR)
    correct = labelled & (error <= plan.tolerance) if plan.tolerance is not None else np.zeros_like(labelled)
    outcome = Outcome(
        predicted, predicted & _inside(predictions, plan), labelled, correct, labelled & _inside(labels, plan)
    )
    return outcome, moments(units)


def _inside(values: Floats, plan: Plan) -> Mask:
    low, high = plan.favourable_range or (np.inf, -np.inf)
    mask: Mask = (values >= low) & (values <= high)
    return mask


def by_class(predictions: Names, labels: Names, outcome: Outcome) -> dict[str, ClassTally]:
    """Labelled rows per class that occurs as prediction or label."""
    predicted = _counts(predictions, outcome.labelled)
    actual = _counts(labels, outcome.labelled)
    both = _counts(predictions, outcome.correct)
    return {
        name: ClassTally(predicted.get(name, 0), actual.get(name, 0), both.get(name, 0))
        for name in dict.fromkeys((*predicted, *actual))
    }


def _counts(column: Names, mask: Mask) -> dict[str, int]:
    counts = np.bincount(column.codes[mask], minlength=len(column.names))
    return {name: int(count) for name, count in zip(column.names, counts, strict=True) if count}


def groups(batch: Batch, plan: Plan, outcome: Outcome) -> dict[str, dict[str, Tally]]:
    """Tallies per group of each attribute and intersection."""
    columns = {name: _groups(batch, column) for name, column in plan.attributes.items()}
    for name, parts in plan.intersections.items():
        columns[name] = _intersection([columns[part] for part in parts])
    return {name: _tallies(column, outcome) for name, column in columns.items()}


def _groups(batch: Batch, column: AttributeColumn) -> Names:
    return _intervals(numbers(batch, column.column), column.bins) if column.bins else names(batch, column.column)


def _intervals(values: Floats, bins: tuple[float, ...]) -> Names:
    codes = np.searchsorted(np.array(bins), values, side="right").astype(np.int64)
    codes[np.isnan(values)] = -1
    return Names(codes, interval_names(bins))


def _intersection(columns: list[Names]) -> Names:
    """Every combination of groups; a row that lacks one of them is in none."""
    codes = np.zeros(len(columns[0].codes), np.int64)
    missing = np.zeros(len(codes), np.bool_)
    for column in columns:
        codes = codes * len(column.names) + column.codes
        missing |= column.codes < 0
    found, places = np.unique(np.where(missing, -1, codes), return_inverse=True)
    present = found[found >= 0]
    combined: list[str] = []
    for code in present.tolist():
        parts, rest = [], code
        for column in reversed(columns):
            rest, place = divmod(rest, len(column.names))
            parts.append(column.names[place])
        combined.append(BETWEEN.join(reversed(parts)))
    return Names(places.astype(np.int64) - (len(found) - len(present)), tuple(combined))


def _tallies(column: Names, outcome: Outcome) -> dict[str, Tally]:
    """Tallies per group, from one count of every combination of group and masks."""
    masks = (outcome.predicted, outcome.selected, outcome.labelled, outcome.correct, outcome.positive)
    codes = column.codes.copy()
    for mask in masks:
        codes += codes
        codes += mask
    inside = column.codes >= 0
    counts = np.bincount(codes if inside.all() else codes[inside], minlength=len(column.names) << len(masks))
    found = counts.reshape(-1, len(_COMBINATIONS)) @ _COMBINATIONS
    return {name: Tally(*row) for name, row in zip(column.names, found.tolist(), strict=True) if row[0]}


def _combinations() -> Integers:
    """Which field of a tally each combination of the five masks counts in, (32, 8)."""
    predicted, selected, labelled, correct, positive = (np.arange(32) >> bit & 1 for bit in (4, 3, 2, 1, 0))
    every = np.ones(32, np.int64)
    true, false = positive & selected, labelled & (1 - positive) & selected
    return np.column_stack((every, predicted, selected, labelled, correct, positive, true, false))


_COMBINATIONS = _combinations()
