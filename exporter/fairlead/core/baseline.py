"""The reference that windows are compared with: a summary and the bins it was counted in."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from fairlead.core.drift.wasserstein import Null, null
from fairlead.core.edges import NumericalBins, Scale, numerical_bins
from fairlead.core.plan import Plan
from fairlead.core.summary import Categorical, Floats, Integers, Summary

MAX_OWN_BINS = 100
MIN_OWN_ROWS = 20


@dataclass(frozen=True, slots=True)
class Baseline:
    """A baseline ready for comparison; ``nulls`` holds what W1 does by chance, per numerical feature."""

    version: str
    summary: Summary
    bins: Mapping[str, NumericalBins]
    nulls: Mapping[str, Null]

    def psi_counts(self, feature: str) -> Integers:
        """Baseline counts per PSI bin of a numerical feature."""
        return psi_counts(self.bins[feature], self.summary.numerical[feature].counts)


def psi_counts(bins: NumericalBins, counts: Integers) -> Integers:
    """Fine counts added up to PSI bins."""
    return np.bincount(bins.psi_bins, weights=counts, minlength=bins.bins).astype(np.int64)


def own_bins(column: Categorical) -> tuple[str, ...]:
    """Categories that get a bin of their own: the commonest MAX_OWN_BINS with at least MIN_OWN_ROWS baseline rows."""
    common = [(count, name) for name, count in column.counts.items() if count >= MIN_OWN_ROWS]
    common.sort(key=lambda pair: (-pair[0], pair[1]))
    return tuple(name for _, name in common[:MAX_OWN_BINS])


def fitted(plan: Plan, baseline: Baseline) -> Plan:
    """The plan with the baseline's edges and categories; features that the baseline lacks are left out."""
    summary = baseline.summary
    return replace(
        plan,
        numerical={
            name: replace(column, edges=baseline.bins[name].edges)
            for name, column in plan.numerical.items()
            if name in baseline.bins
        },
        categorical={
            name: replace(column, known=frozenset(summary.categorical[name].counts))
            for name, column in plan.categorical.items()
            if name in summary.categorical
        },
    )


def bins_of(samples: Mapping[str, Floats], scale: Scale) -> dict[str, NumericalBins]:
    """Bins per numerical feature; a feature without a finite value gets one edge and no scale."""
    empty = NumericalBins(np.zeros(1), np.arange(2), 0.0)
    return {name: numerical_bins(values, scale) if len(values) else empty for name, values in samples.items()}


def assemble(version: str, summary: Summary, bins: Mapping[str, NumericalBins]) -> Baseline:
    """A baseline from its summary over these bins, with the noise of W1 calibrated on it."""
    nulls = {name: null(column, bins[name].edges) for name, column in summary.numerical.items()}
    return Baseline(version, summary, bins, nulls)
