"""What to count: the columns of one model, with the bins frozen in its baseline."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import pairwise

import numpy as np

from fairlead.core.edges import NumericalBins

BETWEEN = " & "
"""Joins the groups of an intersection."""
NO_BINS = NumericalBins(np.zeros(0), np.zeros(1, np.int64), 0.0)
"""Before there is a baseline: one bin for everything."""


@dataclass(frozen=True, slots=True)
class NumericalColumn:
    """A numerical feature; low and high are its expected range (None: no limit), bins come with the baseline."""

    column: str
    low: float | None = None
    high: float | None = None
    bins: NumericalBins = NO_BINS


@dataclass(frozen=True, slots=True)
class CategoricalColumn:
    """A categorical feature and the categories that are always kept apart."""

    column: str
    known: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class AttributeColumn:
    """A protected attribute: a column of group names, or a numerical one cut at ascending ``bins``."""

    column: str
    bins: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Window:
    """Half-open span of time [start, end), both aware."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Plan:
    """Columns by name of feature or attribute. probabilities map a class to its column; score is the favourable one's.

    timestamp_unit (s, ms, us or ns) is needed where timestamps are integers. A regression's prediction and label are
    numbers: favourable_range (closed) is what counts as favourable there, and |prediction − label| ≤ tolerance as
    correct. intersections name the attributes whose groups are combined. input_key is the column that repeated inputs
    share; with hash_inputs it is the values of all features. Correlations are taken from one row in ``thinning``, a
    power of two.
    """

    timestamp: str
    timestamp_unit: str | None
    prediction: str
    regression: bool = False
    favourable: str | None = None
    favourable_range: tuple[float, float] | None = None
    tolerance: float | None = None
    label: str | None = None
    probabilities: Mapping[str, str] = field(default_factory=dict)
    score: str | None = None
    output: NumericalBins = NO_BINS
    numerical: Mapping[str, NumericalColumn] = field(default_factory=dict)
    categorical: Mapping[str, CategoricalColumn] = field(default_factory=dict)
    attributes: Mapping[str, AttributeColumn] = field(default_factory=dict)
    intersections: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    attributions: Mapping[str, NumericalColumn] = field(default_factory=dict)
    input_key: str | None = None
    hash_inputs: bool = False
    thinning: int = 1

    def number_columns(self) -> frozenset[str]:
        """Columns read as numbers."""
        binned = {attribute.column for attribute in self.attributes.values() if attribute.bins}
        scores = {*self.probabilities.values(), *((self.score,) if self.score else ())}
        features = {feature.column for feature in (*self.numerical.values(), *self.attributions.values())}
        return frozenset({*features, *binned, *scores, *(self._outcomes() if self.regression else ())})

    def name_columns(self) -> frozenset[str]:
        """Columns read as names: categories, classes, labels, groups, keys."""
        groups = {attribute.column for attribute in self.attributes.values() if not attribute.bins}
        features = {feature.column for feature in self.categorical.values()}
        keys = {self.input_key} if self.input_key else set()
        return frozenset({*features, *groups, *keys, *(() if self.regression else self._outcomes())})

    def _outcomes(self) -> tuple[str, ...]:
        return (self.prediction, *((self.label,) if self.label else ()))

    def known(self) -> dict[str, frozenset[str]]:
        """Categories always kept apart, per categorical feature."""
        return {name: column.known for name, column in self.categorical.items()}

    def of_labels(self) -> "Plan":
        """Only what needs labels: predictions, labels and groups."""
        return replace(
            self,
            probabilities={},
            score=None,
            numerical={},
            categorical={},
            attributions={},
            input_key=None,
            hash_inputs=False,
        )


def interval_names(bins: tuple[float, ...]) -> tuple[str, ...]:
    """Group names of a numerical attribute cut at ``bins``: half-open intervals, [-inf,25) first."""
    ends = ["-inf", *(repr(end).removesuffix(".0") for end in bins), "inf"]
    return tuple(f"[{low},{high})" for low, high in pairwise(ends))
