"""Prediction logs in memory, counted in the plainest way, and what the statistics say of them."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from fairlead.core.baseline import Baseline, Bins, assemble, bins_of
from fairlead.core.comparison import Comparison
from fairlead.core.edges import CLIP, CORRELATION_STEPS, NumericalBins, Scale
from fairlead.core.families import measure
from fairlead.core.measurement import Measurement, Minimums, NotComputed, Outcome
from fairlead.core.plan import NO_BINS
from fairlead.core.summary import (
    QUANTUM,
    Categorical,
    ClassTally,
    Floats,
    Moments,
    Numerical,
    Products,
    Summary,
    Tally,
)
from tests.support.repeats import count_repeats

FAVOURABLE = "approved"

Names = Sequence[str | None]


@dataclass(frozen=True, slots=True)
class Rows:
    """One entry per row in every column that is there; None and NaN are missing. scores are of the favourable class.

    A regression has answers and targets in the place of predictions and labels, all of them finite. Rows of one key
    are one repeated input.
    """

    numbers: Mapping[str, ArrayLike] = field(default_factory=dict)
    names: Mapping[str, Names] = field(default_factory=dict)
    predictions: Names = ()
    labels: Names = ()
    groups: Mapping[str, Names] = field(default_factory=dict)
    scores: Sequence[float] = ()
    attributions: Mapping[str, ArrayLike] = field(default_factory=dict)
    answers: Sequence[float] = ()
    targets: Sequence[float] = ()
    keys: Sequence[int] = ()

    def __len__(self) -> int:
        sizes = [len(np.asarray(column)) for column in (*self.numbers.values(), *self.attributions.values())]
        sizes += [len(column) for column in (*self.names.values(), *self.groups.values())]
        return max([*sizes, len(self.predictions), len(self.scores), len(self.answers)])

    @property
    def has_output(self) -> bool:
        """Whether the model answers with a number."""
        return bool(len(self.answers) or len(self.scores))

    @property
    def outputs(self) -> Floats:
        """What the model answered as a number, NaN where it gave only a class."""
        numbers = self.answers if len(self.answers) else self.scores
        return _floats(numbers) if len(numbers) else np.full(len(self), np.nan)


def count(rows: Rows, bins: Bins) -> Summary:
    """The summary of these rows over these bins."""
    predictions: Names = rows.predictions or [None] * len(rows)
    labels: Names = rows.labels or [None] * len(rows)
    labelled = [(p, t) for p, t in zip(predictions, labels, strict=True) if p is not None and t is not None]
    return Summary(
        rows=len(rows),
        numerical={name: count_numbers(values, bins.features[name]) for name, values in rows.numbers.items()},
        categorical={name: count_names(values) for name, values in rows.names.items()},
        predicted=len(rows.answers) or sum(prediction is not None for prediction in predictions),
        classes=Categorical({}) if len(rows.answers) else count_names(predictions),
        output=count_numbers(rows.outputs, bins.output) if rows.has_output else None,
        confidence=_moments([max(score, 1 - score) for score in rows.scores]),
        labelled=len(labelled) or len(rows.targets),
        correct=sum(p == t for p, t in labelled),
        by_class=_by_class(labelled),
        errors=_moments([abs(a - t) / bins.output.unit for a, t in zip(rows.answers, rows.targets, strict=False)]),
        entropy=_moments([_entropy(score) for score in rows.scores]),
        groups={name: _tallies(column, predictions, labels) for name, column in rows.groups.items()},
        attributions={n: count_numbers(values, bins.attributions[n]) for n, values in rows.attributions.items()},
        products=_products({name: _floats(values) for name, values in rows.numbers.items()}, bins.features),
        repeats=count_repeats(rows.keys, rows.outputs, rows.attributions, bins.output) if len(rows.keys) else None,
    )


def count_numbers(values: ArrayLike, bins: NumericalBins) -> Numerical:
    """A column of numbers over these bins."""
    column = _floats(values)
    known = column[~np.isnan(column)]
    finite = known[np.isfinite(known)]
    size = len(bins.edges) + 1
    sums = [0] * size
    for place, value in zip(np.searchsorted(bins.edges, finite), finite, strict=True):
        sums[place] += round((value - bins.centre) / bins.quantum)
    return Numerical(
        np.bincount(np.searchsorted(bins.edges, known), minlength=size).astype(np.int64),
        np.array(sums, dtype=np.object_),
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
    scores = {"output": _finite(rows.outputs)} if rows.has_output else {}
    bins = Bins(
        bins_of({name: _finite(values) for name, values in rows.numbers.items()}, scale),
        bins_of(scores, "p1_p99").get("output", NO_BINS),
        bins_of({name: _finite(values) for name, values in rows.attributions.items()}, "p1_p99", zero=True),
    )
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
    cohort: Rows | Summary | None = None,
    positive: str | None = None,
    minimums: Minimums | None = None,
    references: Mapping[str, str | None] | None = None,
    required: Iterable[str] = (),
    ranged: Iterable[str] = (),
) -> Outcomes:
    """What a family says of current rows."""
    bins = Bins(baseline.bins, baseline.output_bins, baseline.attribution_bins)
    summary = current if isinstance(current, Summary) else count(current, bins)
    labelled = summary if cohort is None else cohort if isinstance(cohort, Summary) else count(cohort, bins)
    comparison = Comparison(
        baseline,
        summary,
        labelled,
        minimums or Minimums(),
        references or {},
        positive,
        frozenset(required),
        frozenset(ranged),
    )
    return Outcomes(tuple(measure(family, comparison)))


def _entropy(score: float) -> float:
    return float(-sum(p * np.log(p) for p in (score, 1 - score) if p > 0))


def _floats(values: ArrayLike) -> Floats:
    return np.asarray(values, dtype=np.float64)


def _finite(values: ArrayLike) -> Floats:
    column = _floats(values)
    return column[np.isfinite(column)]


def _moments(values: ArrayLike) -> Moments:
    known = [float(value) for value in _floats(values) if not np.isnan(value)]
    total, squares = (sum(round(value**power / QUANTUM) for value in known) for power in (1, 2))
    return Moments(len(known), total, squares)


def _by_class(labelled: Sequence[tuple[str, str]]) -> dict[str, ClassTally]:
    predicted, actual = Counter(p for p, _ in labelled), Counter(t for _, t in labelled)
    both = Counter(p for p, t in labelled if p == t)
    return {name: ClassTally(predicted[name], actual[name], both[name]) for name in {*predicted, *actual}}


def _products(columns: Mapping[str, Floats], bins: Mapping[str, NumericalBins]) -> Products | None:
    if len(columns) < 2:
        return None
    steps = []
    for name, values in columns.items():
        with np.errstate(invalid="ignore"):
            step = np.rint((values - bins[name].centre) / (bins[name].unit / CORRELATION_STEPS)).clip(-CLIP, CLIP)
        steps.append(np.where(np.isfinite(values), step, np.nan))
    matrices = [np.zeros((len(steps), len(steps)), np.int64) for _ in range(4)]
    for i, x in enumerate(steps):
        for j, y in enumerate(steps):
            both = ~np.isnan(x) & ~np.isnan(y)
            terms = (np.ones(len(x)), x, x * x, x * y)
            for matrix, term in zip(matrices, terms, strict=True):
                matrix[i, j] = int(term[both].sum())
    return Products(tuple(columns), *matrices)


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
        tally["false_positives"] += labelled and selected and not positive
    return {group: Tally(**tally) for group, tally in found.items()}
