"""What one pass over the rows leaves behind: counts and sums of whole numbers, never rows.

Summaries of disjoint rows add up exactly: ``merge(a, b)`` equals the summary of all rows together, bit for bit, in any
order and grouping (`core.merging`). Sums are of whole quanta, never of floats, whose sum depends on the order.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Hashes = NDArray[np.uint64]
Exact = NDArray[np.object_]
"""Python integers, which never overflow."""

QUANTUM = 2.0**-32
"""Unit of the sums in Moments."""
MAX_CATEGORIES = 10_000
MAX_GROUPS = 1_000
MAX_REPEATS = 2_048


@dataclass(frozen=True, slots=True)
class Numerical:
    """One numerical column over frozen edges; bin i holds edges[i−1] < x ≤ edges[i], the outer bins are open.

    counts (E + 1,); sums (E + 1,) are per-bin sums over finite x of round((x − centre) ÷ quantum), with the centre and
    quantum of the column's bins (`core.edges`). rows = counted + missing + mismatched. NaN counts as missing, ±inf is
    counted in an open bin and in ``infinite``. minimum and maximum are of the finite values (inf, −inf when none).
    """

    counts: Integers
    sums: Exact
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
    """One column of names. ``folded`` rows held unknown names beyond the MAX_CATEGORIES that are kept apart."""

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
    """One group of a protected attribute; positives are labelled rows whose label is the favourable outcome.

    Of the labelled rows, true positives are selected positives and false positives are selected others.
    """

    rows: int = 0
    predicted: int = 0
    selected: int = 0
    labelled: int = 0
    correct: int = 0
    positives: int = 0
    true_positives: int = 0
    false_positives: int = 0


@dataclass(frozen=True, slots=True)
class ClassTally:
    """One class among the labelled rows: predicted as it, labelled as it, and both."""

    predicted: int = 0
    actual: int = 0
    both: int = 0


@dataclass(frozen=True, slots=True)
class Moments:
    """Sums of a per-row number in quanta; ``invalid`` rows had one that cannot be (a probability outside 0–1)."""

    rows: int = 0
    total: int = 0
    total_square: int = 0
    invalid: int = 0

    @property
    def mean(self) -> float:
        """Mean; only with rows > 0."""
        return self.total / self.rows * QUANTUM

    @property
    def mean_square(self) -> float:
        """Mean of the squares; only with rows > 0."""
        return self.total_square / self.rows * QUANTUM

    @property
    def variance(self) -> float:
        """Population variance, never below 0; only with rows > 0."""
        return max(self.mean_square - self.mean**2, 0.0)


@dataclass(frozen=True, slots=True)
class Products:
    """What Pearson's correlation of every pair needs, over the rows where both features have a finite value.

    All (d, d), in the order of ``features``. With z = round((x − centre) ÷ step), clipped to ±CLIP (`core.edges`):
    rows[i, j] counts those rows, sums[i, j] = Σ zᵢ, squares[i, j] = Σ zᵢ² and products[i, j] = Σ zᵢzⱼ over them.
    """

    features: tuple[str, ...]
    rows: Integers
    sums: Integers
    squares: Integers
    products: Integers


@dataclass(frozen=True, slots=True)
class Repeats:
    """Repeated inputs: the MAX_REPEATS inputs with the smallest hashes, each with what was answered to it.

    A sample of the distinct inputs that does not depend on the order of rows. Per input (k,), ascending by hash: rows
    with a finite output, Σ y and Σ y² of y = round((output − centre) ÷ unit · 2¹⁶) clipped to ±2²⁰; explained rows
    (all attributions finite, not all 0), and in vectors (k, a) the sum of their attributions as unit vectors · 2²⁰.
    """

    hashes: Hashes
    rows: Integers
    totals: Integers
    squares: Integers
    explained: Integers
    vectors: Integers


@dataclass(frozen=True, slots=True)
class Summary:
    """All that an analysis needs of one window of one model. undated rows had no timestamp and are in no window.

    output is the score, the regression's prediction, or the confidence where there is no favourable class. labelled
    rows have a prediction and a label; errors are their |prediction − label| in units of the output's bins, for
    regression only. groups holds intersections beside the attributes.
    """

    rows: int = 0
    undated: int = 0
    numerical: Mapping[str, Numerical] = field(default_factory=dict)
    categorical: Mapping[str, Categorical] = field(default_factory=dict)
    predicted: int = 0
    classes: Categorical = field(default_factory=lambda: Categorical({}))
    output: Numerical | None = None
    confidence: Moments = field(default_factory=Moments)
    entropy: Moments = field(default_factory=Moments)
    labelled: int = 0
    correct: int = 0
    by_class: Mapping[str, ClassTally] = field(default_factory=dict)
    errors: Moments = field(default_factory=Moments)
    groups: Mapping[str, Mapping[str, Tally]] = field(default_factory=dict)
    attributions: Mapping[str, Numerical] = field(default_factory=dict)
    products: Products | None = None
    repeats: Repeats | None = None
