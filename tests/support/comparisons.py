"""Prediction logs in memory, counted in the plainest way, and what the statistics say of them."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fairlead.core.baseline import Baseline, assemble, bins_of
from fairlead.core.comparison import Comparison
from fairlead.core.edges import NumericalBins, Scale
from fairlead.core.families import measure
from fairlead.core.measurement import Measurement, Minimums, NotComputed, Outcome
from fairlead.core.summary import Categorical, Moments, Numerical, Summary, Tally

FAVOURABLE = "approved"

Names = Sequence[str | None]


@dataclass(frozen=True, slots=True)
class Rows:
    """One entry per row in every column that is there; None and NaN are missing. scores are of the favourable class."""

    numbers: Mapping[str, ArrayLike] = field(default_factory=dict)
    names: Mapping[str, Names] = field(default_factory=dict)
    predictions: Names = ()
    labels: Names = ()
    groups: Mapping[str, Names] = field(default_factory=dict)
    scores: Sequence[float] = ()
    attributions: Mapping[str, ArrayLike] = field(default_factory=dict)

    def __len__(self) -> int:
        sizes = [len(np.asarray(column)) for column in (*self.numbers.values(), *self.attributions.values())]
        sizes += [len(column) for column in (*self.names.values(), *self.groups.values())]
        return max([*sizes, len(self.predictions), len(self.scores)])


def count(rows: Rows, bins: Mapping[str, NumericalBins]) -> Summary:
    """The summary of these rows over these bins."""
    predictions: Names = rows.predictions or [None] * len(rows)
    labels: Names = rows.labels or [None] * len(rows)
    labelled = [(p, t) for p, t in zip(predictions, labels, strict=True) if p is not None and t is not None]
    return Summary(
        rows=len(rows),
        numerical={name: count_numbers(values, bins[name].edges) for name, values in rows.numbers.items()},
        categorical={name: count_names(values) for name, values in rows.names.items()},
        classes=count_names(predictions),
        labelled=len(labelled),
        correct=sum(p == t for p, t in labelled),
        entropy=_moments([_entropy(score) for score in rows.scores]),
        groups={name: _tallies(column, predictions, labels) for name, column in rows.groups.items()},
        attributions={name: _moments(np.abs(np.asarray(column))) for name, column in rows.attributions.items()},
    )


def count_numbers(values: ArrayLike, edges: NDArray[np.float64]) -> Numerical:
    """A column of numbers over these edges."""
    column = np.asarray(values, dtype=np.float64)
    known = column[~np.isnan(column)]
    finite = known[np.isfinite(known)]
    size = len(edges) + 1
    return Numerical(
        np.bincount(np.searchsorted(edges, known), minlength=size).astype(np.int64),
        np.bincount(np.searchsorted(edges, finite), weights=finite, minlength=size).astype(np.float64),
        len(column),
        len(column) - len(known),
        infinite=len(known) - len(finite),
        minimum=float(finite.min()) if len(finite) else np.inf,
        maximum=float(finite.max()) if len(finite) else -np.inf,
    )


def count_names(values: Names) -> Categorical:
    """A column of names."""
    counts = Counter(value for value in values if value is not None)
    return Categorical(dict(counts), len(values), len(values) - counts.total())


def baseline_of(rows: Rows, scale: Scale = "p1_p99") -> Baseline:
    """The baseline of these rows, with bins from all of them."""
    columns = {name: np.asarray(values, dtype=np.float64) for name, values in rows.numbers.items()}
    bins = bins_of({name: values[np.isfinite(values)] for name, values in columns.items()}, scale)
    return assemble("2026-01-01-v1", count(rows, bins), bins)


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Outcomes by metric and labels."""

    all: tuple[Outcome, ...]

    def find(self, metric: str, **labels: str) -> Outcome | None:
        """The outcome of this metric with exactly these labels; more than one is a failure."""
        found = [one for one in self.all if one.metric == metric and dict(one.labels) == labels]
        assert len(found) <= 1, f"{metric} {labels} occurs {len(found)} times"
        return found[0] if found else None

    def measured(self, metric: str, **labels: str) -> Measurement:
        """The measurement."""
        found = self.find(metric, **labels)
        assert isinstance(found, Measurement), f"{metric} {labels}: {found}"
        return found

    def value(self, metric: str, **labels: str) -> float:
        """The measurement's value."""
        return self.measured(metric, **labels).value

    def noise(self, metric: str, **labels: str) -> float:
        """The measurement's noise."""
        noise = self.measured(metric, **labels).noise
        assert noise is not None, f"{metric} {labels} has no noise"
        return noise

    def reason(self, metric: str, **labels: str) -> str:
        """Why there is no measurement."""
        found = self.find(metric, **labels)
        assert isinstance(found, NotComputed), f"{metric} {labels}: {found}"
        return found.reason


def outcomes(
    family: str,
    baseline: Baseline,
    current: Rows | Summary,
    *,
    minimums: Minimums | None = None,
    references: Mapping[str, str | None] | None = None,
    required: Iterable[str] = (),
    ranged: Iterable[str] = (),
) -> Outcomes:
    """What a family says of current rows."""
    summary = current if isinstance(current, Summary) else count(current, baseline.bins)
    comparison = Comparison(
        baseline, summary, minimums or Minimums(), references or {}, frozenset(required), frozenset(ranged)
    )
    return Outcomes(tuple(measure(family, comparison)))


def _entropy(score: float) -> float:
    return float(-sum(p * np.log(p) for p in (score, 1 - score) if p > 0))


def _moments(values: ArrayLike) -> Moments:
    column = np.asarray(values, dtype=np.float64)
    known = column[~np.isnan(column)]
    return Moments(len(known), float(known.sum()), float((known**2).sum()))


def _tallies(groups: Names, predictions: Names, labels: Names) -> dict[str, Tally]:
    found: dict[str, Counter[str]] = {}
    for group, prediction, label in zip(groups, predictions, labels, strict=True):
        if group is None:
            continue
        tally = found.setdefault(group, Counter())
        labelled = prediction is not None and label is not None
        positive, selected = labelled and label == FAVOURABLE, prediction == FAVOURABLE
        tally["rows"] += 1
        tally["predicted"] += prediction is not None
        tally["selected"] += selected
        tally["labelled"] += labelled
        tally["correct"] += labelled and prediction == label
        tally["positives"] += positive
        tally["true_positives"] += positive and selected
    return {group: Tally(**tally) for group, tally in found.items()}
