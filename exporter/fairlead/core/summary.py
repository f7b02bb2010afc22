"""What one pass over the rows leaves behind: counts and sums, never rows.

Summaries of disjoint rows add up: ``merge(a, b)`` equals the summary of all rows together (sums of floats up to
rounding). The empty summary of a plan is the neutral element.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

T = TypeVar("T", "Tally", "Moments")

MAX_CATEGORIES = 10_000


@dataclass(frozen=True, slots=True)
class Numerical:
    """One numerical column over frozen edges; bin i holds edges[i−1] < x ≤ edges[i], the outer bins are open.

    sums are per-bin sums of the finite values. rows = counted + missing + mismatched. NaN counts as missing, ±inf is
    counted in an open bin and in ``infinite``. minimum and maximum are of the finite values (inf, −inf when none).
    """

    counts: Integers
    sums: Floats
    rows: int = 0
    missing: int = 0
    mismatched: int = 0
    infinite: int = 0
    outside: int = 0
    minimum: float = np.inf
    maximum: float = -np.inf

    @property
    def counted(self) -> int:
        """Rows with a value."""
        return int(self.counts.sum())


@dataclass(frozen=True, slots=True)
class Categorical:
    """One column of names. ``folded`` rows held further names after MAX_CATEGORIES unknown ones were kept."""

    counts: Mapping[str, int]
    rows: int = 0
    missing: int = 0
    folded: int = 0

    @property
    def counted(self) -> int:
        """Rows with a value."""
        return self.rows - self.missing


@dataclass(frozen=True, slots=True)
class Tally:
    """One group of a protected attribute; positives are labelled rows whose label is the favourable outcome."""

    rows: int = 0
    predicted: int = 0
    selected: int = 0
    labelled: int = 0
    correct: int = 0
    positives: int = 0
    true_positives: int = 0


@dataclass(frozen=True, slots=True)
class Moments:
    """Sums of a per-row number; ``invalid`` rows had one that cannot be (a probability outside 0–1)."""

    rows: int = 0
    total: float = 0.0
    total_square: float = 0.0
    invalid: int = 0

    @property
    def mean(self) -> float:
        """Mean; only with rows > 0."""
        return self.total / self.rows

    @property
    def variance(self) -> float:
        """Population variance, never below 0; only with rows > 0."""
        return max(self.total_square / self.rows - self.mean**2, 0.0)


@dataclass(frozen=True, slots=True)
class Summary:
    """All that an analysis needs of one window of one model. undated rows had no timestamp and are in no window."""

    rows: int = 0
    undated: int = 0
    numerical: Mapping[str, Numerical] = field(default_factory=dict)
    categorical: Mapping[str, Categorical] = field(default_factory=dict)
    classes: Categorical = field(default_factory=lambda: Categorical({}))
    labelled: int = 0
    correct: int = 0
    entropy: Moments = field(default_factory=Moments)
    groups: Mapping[str, Mapping[str, Tally]] = field(default_factory=dict)
    attributions: Mapping[str, Moments] = field(default_factory=dict)


def merge(a: Summary, b: Summary, known: Mapping[str, frozenset[str]]) -> Summary:
    """Summary of the rows of both; ``known`` names the categories of each column that are always kept apart."""
    return Summary(
        rows=a.rows + b.rows,
        undated=a.undated + b.undated,
        numerical={
            name: _numerical(a.numerical.get(name), b.numerical.get(name)) for name in _names(a.numerical, b.numerical)
        },
        categorical={
            name: fold(_names_counted(a.categorical.get(name), b.categorical.get(name)), known.get(name, frozenset()))
            for name in _names(a.categorical, b.categorical)
        },
        classes=fold(_names_counted(a.classes, b.classes), frozenset()),
        labelled=a.labelled + b.labelled,
        correct=a.correct + b.correct,
        entropy=_add(a.entropy, b.entropy),
        groups={
            attribute: {
                group: _add(
                    a.groups.get(attribute, {}).get(group, Tally()), b.groups.get(attribute, {}).get(group, Tally())
                )
                for group in _names(a.groups.get(attribute, {}), b.groups.get(attribute, {}))
            }
            for attribute in _names(a.groups, b.groups)
        },
        attributions={
            name: _add(a.attributions.get(name, Moments()), b.attributions.get(name, Moments()))
            for name in _names(a.attributions, b.attributions)
        },
    )


def fold(column: Categorical, known: frozenset[str]) -> Categorical:
    """Bound the memory of a column of names: keep known ones and the MAX_CATEGORIES commonest others."""
    others = [(count, name) for name, count in column.counts.items() if name not in known]
    if len(others) <= MAX_CATEGORIES:
        return column
    others.sort(key=lambda pair: (-pair[0], pair[1]))
    dropped = {name for _, name in others[MAX_CATEGORIES:]}
    kept = {name: count for name, count in column.counts.items() if name not in dropped}
    return Categorical(
        kept, column.rows, column.missing, column.folded + sum(count for count, _ in others[MAX_CATEGORIES:])
    )


def _names(a: Mapping[str, Any], b: Mapping[str, Any]) -> list[str]:
    return list(dict.fromkeys((*a, *b)))


def _numerical(a: Numerical | None, b: Numerical | None) -> Numerical:
    if a is None or b is None:
        only = a or b
        assert only is not None  # noqa: S101 - the name came from one of the two
        return only
    return Numerical(
        a.counts + b.counts,
        a.sums + b.sums,
        a.rows + b.rows,
        a.missing + b.missing,
        a.mismatched + b.mismatched,
        a.infinite + b.infinite,
        a.outside + b.outside,
        min(a.minimum, b.minimum),
        max(a.maximum, b.maximum),
    )


def _names_counted(a: Categorical | None, b: Categorical | None) -> Categorical:
    a, b = a or Categorical({}), b or Categorical({})
    counts = dict(a.counts)
    for name, count in b.counts.items():
        counts[name] = counts.get(name, 0) + count
    return Categorical(counts, a.rows + b.rows, a.missing + b.missing, a.folded + b.folded)


def _add(a: T, b: T) -> T:
    """Field by field."""
    return type(a)(*(getattr(a, name) + getattr(b, name) for name in a.__dataclass_fields__))
