"""What belongs to which family: the table that an analysis walks through."""

from collections.abc import Callable
from math import isfinite

from fairlead.core.comparison import Comparison
from fairlead.core.drift import categories, distance, kl, missing, psi
from fairlead.core.explanation import consistency, divergence, magnitude, ranks, top_features
from fairlead.core.fairness import accuracy_gap, demographic_parity, disparate_impact, equal_opportunity, rates
from fairlead.core.measurement import Measurement, NotComputed, Outcome, Outcomes
from fairlead.core.performance import accuracy, errors, f1, labelled, precision
from fairlead.core.prediction import classes, confidence, entropy, output, quantiles, spike, volatility
from fairlead.core.quality import correlations, values

Statistic = Callable[[Comparison], Outcomes]

FAMILIES: dict[str, tuple[Statistic, ...]] = {
    "data": (psi.measure, kl.measure, distance.measure, missing.measure, categories.measure),
    "fairness": (
        rates.measure,
        demographic_parity.measure,
        equal_opportunity.measure,
        accuracy_gap.measure,
        disparate_impact.measure,
    ),
    "model": (
        classes.measure,
        spike.measure,
        output.measure,
        entropy.measure,
        volatility.measure,
        confidence.measure,
        quantiles.measure,
        accuracy.measure,
        precision.measure,
        f1.measure,
        errors.measure,
        labelled.measure,
    ),
    "explanation": (
        magnitude.measure,
        divergence.measure,
        ranks.measure,
        top_features.measure,
        consistency.measure,
    ),
    "quality": (values.measure, correlations.measure),
}

HEADLINES: dict[str, tuple[str, ...]] = {
    "data": ("feature_psi", "feature_kl_divergence", "feature_wasserstein_distance"),
    "fairness": (
        "fairness_demographic_parity_drift",
        "fairness_equal_opportunity_drift",
        "fairness_disparate_impact_ratio",
    ),
    "model": ("performance_accuracy_drop", "prediction_shift_ratio", "prediction_entropy_change_ratio"),
    "explanation": ("attribution_rank_correlation",),
    "quality": ("feature_type_mismatch_ratio", "feature_range_violation_ratio", "feature_required_missing"),
}
"""What a family is unable to say when its whole window is too small."""


def measure(family: str, comparison: Comparison) -> list[Outcome]:
    """All outcomes of a family; a window below the minimum of rows has only reasons.

    Values keep twelve significant digits, so that a drop from 0.92 to 0.87 is 0.05 and not a hair more.
    """
    if comparison.current.rows < comparison.minimums.samples:
        return [NotComputed(metric, "too few rows") for metric in HEADLINES[family]]
    return [_rounded(outcome) for statistic in FAMILIES[family] for outcome in statistic(comparison)]


def _rounded(outcome: Outcome) -> Outcome:
    if isinstance(outcome, NotComputed):
        return outcome
    if not isfinite(outcome.value):
        return NotComputed(outcome.metric, "not a finite number", outcome.labels)
    value, noise = float(f"{outcome.value:.12g}"), None if outcome.noise is None else float(f"{outcome.noise:.12g}")
    return Measurement(outcome.metric, value, outcome.labels, noise, outcome.samples, outcome.baseline_samples)
