"""All numbers of a model in two tables."""

from collections.abc import Sequence

from grafana.build import queries
from grafana.build.judged import judged
from grafana.build.panels import Column, Grid, TableSpec, Text, records
from grafana.build.queries import FEATURE
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models.dashboard import Panel

JUDGED = (
    "feature_psi|feature_kl_divergence|feature_wasserstein_distance|feature_missing_increase_ratio"
    "|feature_new_category_ratio|feature_category_shift_ratio|feature_type_mismatch_ratio"
    "|feature_range_violation_ratio|feature_required_missing|performance_accuracy_drop"
    "|prediction_shift_ratio|prediction_entropy_change_ratio|attribution_rank_correlation"
)
CURRENT = (
    "feature_missing_ratio|prediction_class_ratio|prediction_entropy|performance_accuracy_ratio|attribution_mean_abs"
)
BASELINE = (
    "feature_missing_baseline_ratio|prediction_class_baseline_ratio|prediction_entropy_baseline"
    "|performance_accuracy_baseline_ratio|attribution_mean_abs_baseline"
)


def measurements() -> Sequence[Builder[Panel]]:
    """All numbers of the model in two tables."""
    return [
        judged(
            Text(
                "What is measured, and what is past its threshold?",
                "Every judged measurement. Inside the noise a value means nothing, however large; the verdict needs "
                "a value past its threshold and past its noise. Choosing features hides what belongs to the "
                "whole model.",
                "Nothing was measured: see below what could not be computed",
            ),
            {"metric": "Measurement", "feature": "Feature"},
            JUDGED,
            "feature",
            where=FEATURE,
            grid=Grid(14, 12),
        ),
        records(
            Text(
                "What is it now, and what was it in the baseline?",
                "Values that have a direct counterpart in the baseline.",
                "Nothing was measured: see below what could not be computed",
            ),
            TableSpec(
                {"metric": "Measurement", "feature": "Feature", "class": "Class"},
                {"Value #A": Column("Current", decimals=4), "Value #B": Column("Baseline", decimals=4)},
                [
                    queries.named(CURRENT, "feature", "class"),
                    queries.baseline(BASELINE, "feature", "class"),
                ],
                grid=Grid(10, 12),
            ),
        ),
    ]
