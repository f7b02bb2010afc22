"""The composite drift score: one number per model, from the largest headline metric of each family."""

from collections.abc import Iterable
from dataclasses import dataclass

from fairlead.core.measurement import Measurement
from fairlead.core.thresholds import MAGNITUDE, past_noise

WEIGHTS = {"fairness": 0.40, "data": 0.30, "model": 0.20, "explanation": 0.10}

PARTS: dict[str, tuple[str, ...]] = {
    "fairness": (
        "fairness_demographic_parity_drift",
        "fairness_equal_opportunity_drift",
        "fairness_disparate_impact_drift",
    ),
    "data": ("feature_psi", "feature_kl_divergence", "feature_wasserstein_distance"),
    "model": ("performance_accuracy_drop", "prediction_shift_ratio", "prediction_entropy_change_ratio"),
    "explanation": ("attribution_kl_divergence",),
}


@dataclass(frozen=True, slots=True)
class Score:
    """value in [0, 1]; coverage is the weight of the families that could be computed, in (0, 1]."""

    value: float
    coverage: float


def drift_score(measurements: Iterable[Measurement]) -> Score | None:
    """Weighted score of one model's latest measurements; None when no family has a headline metric.

    A family's part is its largest headline metric past its noise, clamped to [0, 1], 0 when none is; a family without
    any headline metric leaves the sum and the weights are renormalised. Rounded to six decimals, as the rules round it,
    so that a score of exactly 0.15 is not 0.1499… by the order of a sum.
    """
    known = tuple(measurements)
    parts = {name: part for name in WEIGHTS if (part := _part(name, known)) is not None}
    coverage = sum(WEIGHTS[name] for name in parts)
    if not parts:
        return None
    value = sum(WEIGHTS[name] * part for name, part in parts.items()) / coverage
    return Score(round(value, 6), round(coverage, 6))


def _part(family: str, measurements: tuple[Measurement, ...]) -> float | None:
    impact_by_attribute = {
        m.labels: past_noise(m.metric, m.value, m.noise)
        for m in measurements
        if m.metric == "fairness_disparate_impact_ratio"
    }
    headline = [m for m in measurements if m.metric in PARTS[family]]
    if not headline:
        return None
    significant = [0.0]
    for m in headline:
        value = abs(m.value) if m.metric in MAGNITUDE else m.value
        if m.metric == "fairness_disparate_impact_drift":
            past = impact_by_attribute.get(m.labels, True)
        else:
            past = past_noise(m.metric, value, m.noise)
        if past:
            significant.append(value)
    return min(max(significant), 1.0)
