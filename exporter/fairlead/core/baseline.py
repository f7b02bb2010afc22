"""The reference that windows are compared with: a summary and the bins it was counted in."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from fairlead.core.drift.wasserstein import Null, null
from fairlead.core.edges import NumericalBins, Scale, numerical_bins
from fairlead.core.plan import NO_BINS, Plan
from fairlead.core.summary import Categorical, Floats, Integers, Summary

MAX_OWN_BINS = 100
MIN_OWN_ROWS = 20
CORRELATED_ROWS = 1 << 16
"""Rows that tell a correlation to ±0.01; more of them would cost time and tell no more."""
EMPTY = NumericalBins(np.zeros(1), np.arange(2), 0.0)
"""Bins of a feature without a finite value."""


@dataclass(frozen=True, slots=True)
class Bins:
    """Bins of each numerical feature, of the output and of each feature's attributions; thinning as in the plan."""

    features: Mapping[str, NumericalBins] = field(default_factory=dict)
    output: NumericalBins = NO_BINS
    attributions: Mapping[str, NumericalBins] = field(default_factory=dict)
    thinning: int = 1


@dataclass(frozen=True, slots=True)
class Baseline:
    """A baseline ready for comparison; ``nulls`` holds what W1 does by chance, per numerical feature."""

    version: str
    summary: Summary
    bins: Mapping[str, NumericalBins]
    nulls: Mapping[str, Null]
    output_bins: NumericalBins = NO_BINS
    attribution_bins: Mapping[str, NumericalBins] = field(default_factory=dict)
    thinning: int = 1

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


def binned(plan: Plan, bins: Bins) -> Plan:
    """The plan with these bins; features and attributions that have none are left out."""
    return replace(
        plan,
        output=bins.output,
        thinning=bins.thinning,
        numerical={
            name: replace(column, bins=bins.features[name])
            for name, column in plan.numerical.items()
            if name in bins.features
        },
        attributions={
            name: replace(column, bins=bins.attributions[name])
            for name, column in plan.attributions.items()
            if name in bins.attributions
        },
    )


def fitted(plan: Plan, baseline: Baseline) -> Plan:
    """The plan with the baseline's bins and categories; features that the baseline lacks are left out."""
    found = binned(plan, Bins(baseline.bins, baseline.output_bins, baseline.attribution_bins, baseline.thinning))
    names = baseline.summary.categorical
    categorical = {
        name: replace(column, known=frozenset(names[name].counts))
        for name, column in plan.categorical.items()
        if name in names
    }
    return replace(found, categorical=categorical)


def bins_of(samples: Mapping[str, Floats], scale: Scale, *, zero: bool = False) -> dict[str, NumericalBins]:
    """Bins per column; one without a finite value gets one edge and no scale."""
    return {
        name: numerical_bins(values, scale, zero=zero) if len(values) else EMPTY for name, values in samples.items()
    }


def assemble(version: str, summary: Summary, bins: Bins) -> Baseline:
    """A baseline from its summary over these bins, with the noise of W1 calibrated on it."""
    nulls = {name: null(column, bins.features[name]) for name, column in summary.numerical.items()}
    return Baseline(version, summary, bins.features, nulls, bins.output, bins.attributions, bins.thinning)


def thinning(rows: int) -> int:
    """One row in how many is enough for the correlations of a model with so many baseline rows: 1, 2, 4 or 8."""
    return 1 << min(max((rows // CORRELATED_ROWS).bit_length() - 1, 0), 3)
