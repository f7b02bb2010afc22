"""What to count: the columns of one model, with the edges frozen in its baseline."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise

import numpy as np

from fairlead.core.summary import Floats


@dataclass(frozen=True, slots=True)
class NumericalColumn:
    """A numerical feature; low and high are its expected range (None: no limit), edges come with the baseline."""

    column: str
    low: float | None = None
    high: float | None = None
    edges: Floats = field(default_factory=lambda: np.zeros(0))


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

    timestamp_unit (s, ms, us or ns) is needed where timestamps are integers.
    """

    timestamp: str
    timestamp_unit: str | None
    prediction: str
    favourable: str | None = None
    label: str | None = None
    probabilities: Mapping[str, str] = field(default_factory=dict)
    score: str | None = None
    numerical: Mapping[str, NumericalColumn] = field(default_factory=dict)
    categorical: Mapping[str, CategoricalColumn] = field(default_factory=dict)
    attributes: Mapping[str, AttributeColumn] = field(default_factory=dict)
    attributions: Mapping[str, str] = field(default_factory=dict)

    def number_columns(self) -> frozenset[str]:
        """Columns read as numbers."""
        binned = {attribute.column for attribute in self.attributes.values() if attribute.bins}
        scores = {*self.probabilities.values(), *((self.score,) if self.score else ())}
        features = {feature.column for feature in self.numerical.values()}
        return frozenset({*features, *binned, *scores, *self.attributions.values()})

    def name_columns(self) -> frozenset[str]:
        """Columns read as names: categories, classes, labels, groups."""
        groups = {attribute.column for attribute in self.attributes.values() if not attribute.bins}
        features = {feature.column for feature in self.categorical.values()}
        return frozenset({self.prediction, *((self.label,) if self.label else ()), *features, *groups})

    def known(self) -> dict[str, frozenset[str]]:
        """Categories always kept apart, per categorical feature."""
        return {name: column.known for name, column in self.categorical.items()}


def interval_names(bins: tuple[float, ...]) -> tuple[str, ...]:
    """Group names of a numerical attribute cut at ``bins``: half-open intervals, [-inf,25) first."""
    ends = ["-inf", *(repr(end).removesuffix(".0") for end in bins), "inf"]
    return tuple(f"[{low},{high})" for low, high in pairwise(ends))
