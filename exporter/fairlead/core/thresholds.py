"""Which severity a value has: thresholds come from the file that Prometheus evaluates, comparisons from the policy."""

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum

from fairlead.core.measurement import Measurement


class Severity(IntEnum):
    """Ordered, so that the worst of several is their max. INCONCLUSIVE is past a threshold but inside the noise."""

    INFO = 0
    INCONCLUSIVE = 1
    WARNING = 2
    CRITICAL = 3


Compare = Callable[[float, float], bool]
GE, GT, LT = operator.ge, operator.gt, operator.lt

COMPARISONS: dict[str, tuple[Compare, Compare]] = {
    "feature_psi": (GE, GE),
    "feature_kl_divergence": (GE, GE),
    "feature_wasserstein_distance": (GE, GT),
    "feature_new_category_ratio": (GE, GE),
    "feature_category_shift_ratio": (GE, GE),
    "feature_missing_increase_ratio": (GE, GT),
    "feature_rare_category_surges": (GE, GE),
    "feature_type_mismatch_ratio": (GT, GT),
    "feature_range_violation_ratio": (GT, GT),
    "feature_required_missing": (GE, GE),
    "feature_correlation_change": (GT, GT),
    "new_high_correlations": (GE, GE),
    "fairness_demographic_parity_drift": (GT, GT),
    "fairness_equal_opportunity_drift": (GT, GT),
    "fairness_disparate_impact_ratio": (LT, LT),
    "fairness_accuracy_gap_increase": (GT, GT),
    "performance_accuracy_drop": (GT, GT),
    "performance_f1_drop": (GT, GT),
    "performance_false_positive_increase": (GT, GT),
    "performance_labelled_ratio": (LT, LT),
    "prediction_shift_ratio": (GT, GT),
    "prediction_entropy_change_ratio": (GT, GT),
    "prediction_kl_divergence": (GE, GE),
    "prediction_class_spike": (GE, GE),
    "prediction_volatility_increase_ratio": (GT, GT),
    "attribution_rank_correlation": (LT, LT),
    "attribution_kl_divergence": (GT, GT),
    "attribution_top3_changes": (GE, GE),
    "attribution_consistency": (LT, LT),
    "drift_score": (GE, GT),
}
"""How a value is compared for WARNING and for CRITICAL, per policy §2; half-open, so no value falls between bands."""

MAGNITUDE = frozenset({"prediction_entropy_change_ratio"})
"""Signed on the wire, judged by absolute value."""

SEVERITIES = {"warning": Severity.WARNING, "critical": Severity.CRITICAL}


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Values by (metric, severity, model, feature); model and feature are empty in a default."""

    values: Mapping[tuple[str, str, str, str], float]

    def find(self, metric: str, severity: str, model: str, feature: str) -> float | None:
        """The threshold that applies: of the feature, else of the model, else the default, else None."""
        for key in ((model, feature), (model, ""), ("", "")):
            value = self.values.get((metric, severity, *key))
            if value is not None:
                return value
        return None

    def judge(self, model: str, measurement: Measurement) -> Severity:
        """Severity of a measurement of a model; a metric without thresholds is INFO."""
        metric = measurement.metric
        if metric not in COMPARISONS:
            return Severity.INFO
        feature = dict(measurement.labels).get("feature", "")
        value = abs(measurement.value) if metric in MAGNITUDE else measurement.value
        found = Severity.INFO
        for (name, severity), compare in zip(SEVERITIES.items(), COMPARISONS[metric], strict=True):
            limit = self.find(metric, name, model, feature)
            if limit is not None and compare(value, limit):
                found = severity
        if found > Severity.INFO and not past_noise(metric, value, measurement.noise):
            return Severity.INCONCLUSIVE
        return found


def past_noise(metric: str, value: float, noise: float | None) -> bool:
    """Whether chance alone does not explain the value; without a noise there is nothing to explain."""
    if noise is None:
        return True
    below = metric in COMPARISONS and COMPARISONS[metric][0] is LT
    return value < noise if below else value > noise
