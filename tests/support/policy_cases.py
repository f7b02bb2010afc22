"""The severity policy §2 gives to a value: its stated examples and every band edge, just under, at and just over.

Pure data. The rules and the exporter's own judge are both held to this table, so it names values and
verdicts, never operators.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

Severity = Literal["info", "warning", "critical"]
Family = Literal["data", "fairness", "model", "explanation", "quality"]


class Case(NamedTuple):
    """One measurement past its noise, and the severity it must get."""

    metric: str
    family: Family
    value: float
    severity: Severity


class Band(NamedTuple):
    """Values of one metric by the severity they must get."""

    metric: str
    family: Family
    info: tuple[float, ...]
    warning: tuple[float, ...]
    critical: tuple[float, ...]


# Examples stated by the policy in so many words.
EXAMPLES: tuple[Case, ...] = (
    Case("feature_psi", "data", 0.08, "info"),
    Case("feature_new_category_ratio", "data", 0.009, "info"),
    Case("attribution_rank_correlation", "explanation", 0.82, "info"),
    Case("feature_psi", "data", 0.15, "warning"),
    Case("fairness_demographic_parity_drift", "fairness", 0.07, "warning"),
    Case("prediction_shift_ratio", "model", 0.22, "warning"),
    Case("performance_accuracy_drop", "model", 0.06, "warning"),
    Case("fairness_demographic_parity_drift", "fairness", 0.12, "critical"),
    Case("fairness_disparate_impact_ratio", "fairness", 0.75, "critical"),
    Case("feature_psi", "data", 0.35, "critical"),
    Case("performance_accuracy_drop", "model", 0.15, "critical"),
    Case("drift_score", "model", 0.31, "critical"),
)

INF = float("inf")

# fmt: off
BANDS: tuple[Band, ...] = (
    # fairness: > and >, the ratio < and <
    Band("fairness_demographic_parity_drift", "fairness",
         (-0.2, 0.0, 0.049999, 0.05), (0.050001, 0.099999, 0.10), (0.100001, 1.0)),
    Band("fairness_equal_opportunity_drift", "fairness",
         (-0.2, 0.0, 0.049999, 0.05), (0.050001, 0.099999, 0.10), (0.100001, 1.0)),
    Band("fairness_disparate_impact_ratio", "fairness",
         (1.0, 0.900001, 0.90), (0.899999, 0.800001, 0.80), (0.799999, 0.0)),
    Band("fairness_accuracy_gap_increase", "fairness",
         (-0.2, 0.0, 0.049999, 0.05), (0.050001, 0.099999, 0.10), (0.100001, 1.0)),
    # data: ≥ and ≥
    Band("feature_psi", "data",
         (0.0, 0.099999), (0.10, 0.100001, 0.249999), (0.25, 0.250001, INF)),
    Band("feature_kl_divergence", "data",
         (0.0, 0.099999), (0.10, 0.100001, 0.299999), (0.30, 0.300001, INF)),
    Band("feature_new_category_ratio", "data",
         (0.0, 0.019999), (0.02, 0.020001, 0.049999), (0.05, 0.050001, 1.0)),
    Band("feature_category_shift_ratio", "data",
         (0.0, 0.149999), (0.15, 0.150001, 0.249999), (0.25, 0.250001, 1.0)),
    # data: ≥ and >
    Band("feature_wasserstein_distance", "data",
         (0.0, 0.149999), (0.15, 0.150001, 0.299999, 0.30), (0.300001, INF)),
    Band("feature_missing_increase_ratio", "data",
         (-0.3, 0.0, 0.049999), (0.05, 0.050001, 0.149999, 0.15), (0.150001, 1.0)),
    # data: any, never critical
    Band("feature_rare_category_surges", "data",
         (0.0,), (1.0, 12.0), ()),
    # model: > and >; the entropy change in either direction
    Band("performance_accuracy_drop", "model",
         (-0.2, 0.0, 0.049999, 0.05), (0.050001, 0.099999, 0.10), (0.100001, 1.0)),
    Band("performance_f1_drop", "model",
         (-0.2, 0.0, 0.079999, 0.08), (0.080001, 0.149999, 0.15), (0.150001, 1.0)),
    Band("performance_false_positive_increase", "model",
         (-0.2, 0.0, 0.029999, 0.03), (0.030001, 0.049999, 0.05), (0.050001, 1.0)),
    # ours, never critical: <
    Band("performance_labelled_ratio", "model",
         (1.0, 0.800001, 0.80), (0.799999, 0.25, 0.0), ()),
    Band("prediction_shift_ratio", "model",
         (0.0, 0.199999, 0.20), (0.200001, 0.399999, 0.40), (0.400001, 1.0)),
    Band("prediction_entropy_change_ratio", "model",
         (0.0, 0.249999, 0.25, -0.249999, -0.25),
         (0.250001, 0.499999, 0.50, -0.250001, -0.499999, -0.50),
         (0.500001, -0.500001, -1.0, INF)),
    Band("prediction_volatility_increase_ratio", "model",
         (-1.0, 0.0, 0.249999, 0.25), (0.250001, 0.499999, 0.50), (0.500001, INF)),
    # model: ≥ and ≥
    Band("prediction_kl_divergence", "model",
         (0.0, 0.149999), (0.15, 0.150001, 0.299999), (0.30, 0.300001, INF)),
    Band("prediction_class_spike", "model",
         (1.0, 1.999999), (2.0, 2.000001, 2.999999), (3.0, 3.000001, INF)),
    # explanation: < and <
    Band("attribution_rank_correlation", "explanation",
         (1.0, 0.800001, 0.80), (0.799999, 0.700001, 0.70), (0.699999, -1.0)),
    Band("attribution_consistency", "explanation",
         (1.0, 0.800001, 0.80), (0.799999, 0.600001, 0.60), (0.599999, -1.0)),
    # explanation: > and >
    Band("attribution_kl_divergence", "explanation",
         (0.0, 0.149999, 0.15), (0.150001, 0.299999, 0.30), (0.300001, INF)),
    # explanation: one, two or more
    Band("attribution_top3_changes", "explanation",
         (0.0,), (1.0,), (2.0, 3.0)),
    # quality: > and >
    Band("feature_type_mismatch_ratio", "quality",
         (0.0, 0.009999, 0.01), (0.010001, 0.049999, 0.05), (0.050001, 1.0)),
    Band("feature_range_violation_ratio", "quality",
         (0.0, 0.019999, 0.02), (0.020001, 0.099999, 0.10), (0.100001, 1.0)),
    Band("feature_correlation_change", "quality",
         (0.0, 0.299999, 0.3), (0.300001, 0.499999, 0.5), (0.500001, 2.0)),
    # quality: any, never critical
    Band("feature_required_missing", "quality",
         (0.0,), (1.0,), ()),
    # quality: one, several
    Band("new_high_correlations", "quality",
         (0.0,), (1.0,), (2.0, 9.0)),
    # composite: ≥ and >
    Band("drift_score", "model",
         (0.0, 0.149999), (0.15, 0.150001, 0.299999, 0.30), (0.300001, 1.0)),
)
# fmt: on

CASES: tuple[Case, ...] = EXAMPLES + tuple(
    case
    for band in BANDS
    for case in (
        *(Case(band.metric, band.family, value, "info") for value in band.info),
        *(Case(band.metric, band.family, value, "warning") for value in band.warning),
        *(Case(band.metric, band.family, value, "critical") for value in band.critical),
    )
)
