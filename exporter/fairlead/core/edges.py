"""Bins frozen at baseline time, from a sample of the baseline's values."""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from fairlead.core.summary import Floats, Integers, Numerical

PSI_BINS = 10
FINE_BINS = 128
TAILS = (0.0005, 0.001, 0.002, 0.005)
BEYOND = np.concatenate((np.arange(1, 33) / 16, 2.0 ** np.arange(2, 9)))
"""Distances of the edges outside the sample, in ranges of it: what drifts there keeps a shape for a next baseline."""
STEPS = 2.0**30
"""Quanta of the sums per unit."""
CORRELATION_STEPS = 2.0**12
"""Steps of the correlations per unit."""
CLIP = 2.0**15
"""Largest distance from the centre that enters a correlation, in steps: 8 units."""
SCALES = ("p1_p99", "min_max", "iqr", "std")
Scale = Literal["p1_p99", "min_max", "iqr", "std"]


@dataclass(frozen=True, slots=True)
class NumericalBins:
    """Fine bins for W1 and the PSI bin that each of them belongs to.

    edges (E,) ascend strictly; fine bin i is edges[i−1] < x ≤ edges[i], the outer ones open. psi_bins (E+1,) maps fine
    bins to 0…B−1. scale (> 0, or 0 for a constant column) is the baseline range that W1 is divided by. centre (the
    median) and unit (the power of two next above the range) make whole numbers of values, so that sums are exact.
    """

    edges: Floats
    psi_bins: Integers
    scale: float
    centre: float = 0.0
    unit: float = 1.0

    @property
    def bins(self) -> int:
        """Number of PSI bins."""
        return int(self.psi_bins.max()) + 1

    @property
    def quantum(self) -> float:
        """What 1 is in a summary's sums."""
        return self.unit / STEPS

    def sums(self, column: Numerical) -> Floats:
        """Per-bin sums of x − centre over the finite values of a column, (E + 1,), exact but for one rounding each."""
        return column.sums.astype(np.float64) * self.quantum

    def mean(self, column: Numerical) -> float:
        """Mean of the finite values; only with at least one."""
        return self.centre + float(column.sums.sum() / (column.counted - column.infinite)) * self.quantum


def numerical_bins(sample: Floats, scale: Scale, *, zero: bool = False) -> NumericalBins:
    """Bins from finite sample values, not empty; with ``zero`` an edge at 0 parts negative from positive values.

    Up to PSI_BINS distinct values: one PSI bin per value and one for everything else, so that a 0/1 or constant column
    does not vanish inside a decile. Otherwise deciles (observed values, duplicates merged) for PSI, and FINE_BINS
    quantiles plus tail quantiles for W1.
    """
    values = np.unique(sample)
    if len(values) <= PSI_BINS:
        edges, psi_bins = _one_per_value(values)
    else:
        edges, psi_bins = _quantiles(sample)
    if zero and 0.0 not in edges:
        at = int(np.searchsorted(edges, 0.0))
        edges, psi_bins = np.insert(edges, at, 0.0), np.insert(psi_bins, at, psi_bins[at])
    centre = float(np.quantile(sample, 0.5, method="inverted_cdf"))
    return NumericalBins(edges, psi_bins, _range(sample, scale), centre, _unit(sample))


def _unit(sample: Floats) -> float:
    """The power of two next above the p1–p99 range, the whole range or the magnitude, the first that is not 0."""
    spread = _range(sample, "p1_p99") or float(np.abs(sample).max()) or 1.0
    return math.ldexp(1.0, min(max(math.frexp(spread)[1], -1000), 1023))


def _one_per_value(values: Floats) -> tuple[Floats, Integers]:
    """Narrow bins around each value, wide enough for single-precision copies of it; the gaps share the last bin."""
    magnitude = float(np.abs(values).max()) or 1.0
    half = 1e-6 * magnitude
    if len(values) > 1:
        half = min(half, float(np.diff(values).min()) / 4)
    edges = np.column_stack((values - half, values + half)).ravel()
    psi_bins = np.full(len(edges) + 1, len(values), dtype=np.int64)
    psi_bins[1::2] = np.arange(len(values))
    return edges, psi_bins


def _quantiles(sample: Floats) -> tuple[Floats, Integers]:
    """Deciles refined by fine quantiles; an edge at the largest value would only cut off an empty bin.

    A value that fills a decile by itself has an edge below it too, so that it does not share its bin with all values
    under it.
    """
    deciles = np.arange(1, PSI_BINS) / PSI_BINS
    fine = np.unique(
        np.concatenate((deciles, np.arange(1, FINE_BINS) / FINE_BINS, TAILS, [1 - tail for tail in TAILS]))
    )
    values, top = np.unique(sample), sample.max()
    coarse = np.quantile(sample, deciles, method="inverted_cdf")
    heavy = coarse[(coarse == np.append(coarse[1:], top)) & (coarse > values[0])]
    below = values[np.searchsorted(values, heavy) - 1]
    coarse = np.unique(np.append(coarse, below))
    edges = np.unique(np.concatenate((np.quantile(sample, fine, method="inverted_cdf"), below, values[:1])))
    edges, coarse = edges[edges < top], coarse[coarse < top]
    edges = _with_outside(edges, float(values[0]), float(top))
    psi_bins = np.searchsorted(coarse, np.append(edges, np.inf), side="left").astype(np.int64)
    return edges, psi_bins


def _with_outside(edges: Floats, low: float, high: float) -> Floats:
    """Edges and those beyond the smallest and the largest value."""
    with np.errstate(over="ignore"):
        distances = BEYOND * (high - low)
        found: Floats = np.unique(np.concatenate((low - distances, edges, [high], high + distances)))
    finite: Floats = found[np.isfinite(found)]
    return finite


def _range(sample: Floats, scale: Scale) -> float:
    """The baseline spread that W1 is divided by; 0 for a constant column."""
    if scale == "std":
        spread = float(sample.std())
    else:
        low, high = {"p1_p99": (0.01, 0.99), "min_max": (0.0, 1.0), "iqr": (0.25, 0.75)}[scale]
        spread = float(np.subtract(*np.quantile(sample, (high, low))))
    if spread == 0 or not math.isfinite(spread):
        spread = float(sample.max() - sample.min())
    return spread if math.isfinite(spread) else 0.0
