"""The one place that counts: a batch of rows and a plan become a summary."""

from dataclasses import dataclass
from typing import cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from scipy.special import entr

from fairlead.core.names import canonical
from fairlead.core.plan import AttributeColumn, NumericalColumn, Plan, interval_names
from fairlead.core.summary import Categorical, Floats, Integers, Moments, Numerical, Summary, Tally
from fairlead.engines.batch import Batch
from fairlead.errors import SourceError

Mask = NDArray[np.bool_]
PROBABILITY_SLACK = 0.01


@dataclass(frozen=True, slots=True)
class Names:
    """A column of names: codes (rows,) index ``names``, −1 where missing."""

    codes: Integers
    names: tuple[str, ...]

    def is_name(self, name: str | None) -> Mask:
        """Rows that hold this name."""
        mask: Mask = self.codes == (self.names.index(name) if name in self.names else -2)
        return mask

    def counted(self) -> Categorical:
        """Counts per name."""
        counts = np.bincount(self.codes[self.codes >= 0], minlength=len(self.names))
        found = {name: int(count) for name, count in zip(self.names, counts, strict=True) if count}
        return Categorical(found, len(self.codes), int((self.codes < 0).sum()))


def count(batch: Batch, plan: Plan) -> Summary:
    """Summary of one batch."""
    predictions = names(batch, plan.prediction)
    labels = names(batch, plan.label) if plan.label else Names(np.full(batch.rows, -1, np.int64), ())
    outcome = _outcome(predictions, labels, plan.favourable)
    return Summary(
        rows=batch.rows,
        undated=batch.undated,
        numerical={name: numerical(batch, column) for name, column in plan.numerical.items()},
        categorical={name: names(batch, column.column).counted() for name, column in plan.categorical.items()},
        classes=predictions.counted(),
        labelled=int(outcome.labelled.sum()),
        correct=int(outcome.correct.sum()),
        entropy=entropy(batch, plan),
        groups={name: _groups(batch, column, outcome) for name, column in plan.attributes.items()},
        attributions={name: _magnitude(numbers(batch, column)) for name, column in plan.attributions.items()},
    )


def numerical(batch: Batch, column: NumericalColumn) -> Numerical:
    """Counts and sums per bin: sort once, then look the few edges up in the many values."""
    edges = column.edges
    array = batch.numbers.get(column.column)
    mismatched = batch.mismatched.get(column.column, 0)
    values = np.empty(0) if array is None else np.sort(_floats(array.drop_null()))
    known = values[: np.searchsorted(values, np.inf, side="right")]  # NaN sorts last
    first, last = np.searchsorted(known, -np.inf, side="right"), np.searchsorted(known, np.inf, side="left")
    finite = known[first:last]
    starts = np.searchsorted(finite, edges, side="right")
    bounds = np.concatenate(([0], starts, [len(finite)]))
    counts = np.diff(bounds)
    sums = np.zeros(len(edges) + 1)
    filled = counts > 0
    if len(finite):
        sums[filled] = np.add.reduceat(finite, bounds[:-1][filled])
    counts[0] += first
    counts[-1] += len(known) - last
    infinite = len(known) - len(finite)
    return Numerical(
        counts,
        sums,
        batch.rows,
        batch.rows - mismatched - len(known),
        mismatched,
        infinite,
        _outside(finite, infinite, column),
        float(finite[0]) if len(finite) else np.inf,
        float(finite[-1]) if len(finite) else -np.inf,
    )


def _outside(finite: Floats, infinite: int, column: NumericalColumn) -> int:
    """Values below low or above high; an infinite one is outside every range."""
    if column.low is None and column.high is None:
        return 0
    below = 0 if column.low is None else np.searchsorted(finite, column.low, side="left")
    inside = len(finite) if column.high is None else np.searchsorted(finite, column.high, side="right")
    return int(below + len(finite) - inside) + infinite


def numbers(batch: Batch, column: str) -> Floats:
    """A number column as float64 (rows,), NaN where missing."""
    array = batch.numbers.get(column)
    return np.full(batch.rows, np.nan) if array is None else _floats(array)


def _floats(array: pa.Array) -> Floats:
    """float64 with NaN for null; integers beyond 2^53 round to the nearest double."""
    if pa.types.is_boolean(array.type):
        array = array.cast(pa.int8())
    if array.type != pa.float64():
        array = array.cast(pa.float64(), safe=False)
    return cast(Floats, array.to_numpy(zero_copy_only=False))


def names(batch: Batch, column: str) -> Names:
    """A name column as codes; 1, 1.0 and the text "1" are one name, as are true and the text "true"."""
    array = batch.names.get(column)
    if array is None or pa.types.is_null(array.type):
        return Names(np.full(batch.rows, -1, np.int64), ())
    if not pa.types.is_dictionary(array.type):
        array = pc.dictionary_encode(array)
    codes = array.indices.cast(pa.int64()).fill_null(-1).to_numpy(zero_copy_only=False)
    texts = [_name(value) for value in _values(array.dictionary, column)]
    if None not in texts and len(set(texts)) == len(texts):
        return Names(codes, tuple(cast(list[str], texts)))
    unique = tuple(dict.fromkeys(text for text in texts if text is not None))
    place = {name: index for index, name in enumerate(unique)}
    translation = np.array([*(-1 if text is None else place[text] for text in texts), -1], dtype=np.int64)
    return Names(translation[codes], unique)


def _name(value: object) -> str | None:
    """The name, or None for a missing one (null, NaN)."""
    return None if value is None or value != value else canonical(value)  # noqa: PLR0124 - NaN


def _values(array: pa.Array, column: str) -> list[object]:
    """Python values; a single-precision 1.1 as 1.1 and not as the nearest double."""
    if pa.types.is_float16(array.type) or pa.types.is_float32(array.type):
        return [float(str(value)) for value in array.to_numpy(zero_copy_only=False)]
    try:
        return cast(list[object], array.to_pylist())
    except UnicodeDecodeError as error:
        raise SourceError(f"column {column!r}: must be UTF-8 text, got other bytes") from error


@dataclass(frozen=True, slots=True)
class _Outcome:
    """Masks over the rows of a batch."""

    predicted: Mask
    selected: Mask
    labelled: Mask
    correct: Mask
    positive: Mask


def _outcome(predictions: Names, labels: Names, favourable: str | None) -> _Outcome:
    """A row is labelled when it has both a prediction and a label."""
    predicted = predictions.codes >= 0
    labelled = predicted & (labels.codes >= 0)
    place = {name: index for index, name in enumerate(predictions.names)}
    translation = np.array([*(place.get(name, -2) for name in labels.names), -2], dtype=np.int64)
    return _Outcome(
        predicted,
        predictions.is_name(favourable),
        labelled,
        labelled & (translation[labels.codes] == predictions.codes),
        labelled & labels.is_name(favourable),
    )


def _groups(batch: Batch, column: AttributeColumn, outcome: _Outcome) -> dict[str, Tally]:
    groups = _intervals(numbers(batch, column.column), column.bins) if column.bins else names(batch, column.column)
    inside = groups.codes >= 0

    def per_group(mask: Mask) -> Integers:
        return np.bincount(groups.codes[inside & mask], minlength=len(groups.names))

    tallies = zip(
        groups.names,
        per_group(inside),
        per_group(outcome.predicted),
        per_group(outcome.selected),
        per_group(outcome.labelled),
        per_group(outcome.correct),
        per_group(outcome.positive),
        per_group(outcome.positive & outcome.selected),
        strict=True,
    )
    return {name: Tally(*(int(number) for number in row)) for name, *row in tallies if row[0]}


def _intervals(values: Floats, bins: tuple[float, ...]) -> Names:
    codes = np.searchsorted(np.array(bins), values, side="right").astype(np.int64)
    codes[np.isnan(values)] = -1
    return Names(codes, interval_names(bins))


def entropy(batch: Batch, plan: Plan) -> Moments:
    """Predictive entropy per row in nats, from the favourable class's score or from all classes' probabilities."""
    if plan.probabilities:
        rows = np.column_stack([numbers(batch, column) for column in plan.probabilities.values()])
    elif plan.score:
        score = numbers(batch, plan.score)
        rows = np.column_stack((score, 1 - score))
    else:
        return Moments()
    present = ~np.isnan(rows).any(axis=1)
    rows = rows[present]
    valid = ((rows >= 0) & (rows <= 1)).all(axis=1) & (np.abs(rows.sum(axis=1) - 1) <= PROBABILITY_SLACK)
    values = entr(rows[valid]).sum(axis=1)
    return Moments(len(values), float(values.sum()), float((values**2).sum()), int((~valid).sum()))


def _magnitude(values: Floats) -> Moments:
    known = values[~np.isnan(values)]
    finite = np.abs(known[np.isfinite(known)])
    return Moments(len(finite), float(finite.sum()), float((finite**2).sum()), len(known) - len(finite))
