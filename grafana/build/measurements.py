"""All numbers of a model in two tables."""

from collections.abc import Sequence

from grafana.build import queries
from grafana.build.judged import judged
from grafana.build.links import cell
from grafana.build.panels import Column, Grid, TableSpec, Text, records
from grafana.build.queries import FEATURE
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models.dashboard import Panel

KNOWN = ("datasource", "environment", "team", "model", "feature")
JUDGED = (
    "feature_psi|feature_kl_divergence|feature_wasserstein_distance|feature_missing_increase_ratio"
    "|feature_new_category_ratio|feature_category_shift_ratio|feature_rare_category_surges"
    "|feature_type_mismatch_ratio|feature_range_violation_ratio|feature_required_missing"
    "|feature_correlation_change|new_high_correlations"
    "|prediction_shift_ratio|prediction_kl_divergence|prediction_class_spike|prediction_entropy_change_ratio"
    "|prediction_volatility_increase_ratio"
    "|performance_accuracy_drop|performance_f1_drop|performance_false_positive_increase|performance_labelled_ratio"
    "|attribution_rank_correlation|attribution_kl_divergence|attribution_top3_changes|attribution_consistency"
)
CURRENT = (
    "feature_missing_ratio|prediction_class_ratio|prediction_entropy|prediction_confidence_mean"
    "|performance_accuracy_ratio|performance_precision_ratio|performance_recall_ratio"
    "|performance_false_positive_ratio|performance_mean_absolute_error|attribution_mean_abs"
)
BASELINE = (
    "feature_missing_baseline_ratio|prediction_class_baseline_ratio|prediction_entropy_baseline"
    "|prediction_confidence_baseline_mean|performance_accuracy_baseline_ratio|performance_precision_baseline_ratio"
    "|performance_recall_baseline_ratio|performance_false_positive_baseline_ratio"
    "|performance_mean_absolute_error_baseline|attribution_mean_abs_baseline"
)


def measurements() -> Sequence[Builder[Panel]]:
    """All numbers of the model in two tables."""
    return [
        judged(
            Text(
                "What is measured, and what is past its threshold?",
                "Every judged measurement. Inside the noise a value means nothing, however large; the verdict needs "
                "a value past its threshold and past its noise. Click on a feature to see it alone; choosing features "
                "keeps what belongs to the whole model only while all are chosen.",
                "Nothing was measured: see below what could not be computed",
            ),
            {"metric": "Measurement", "feature": "Feature", "other": "With", "class": "Class"},
            JUDGED,
            ["feature", "other", "class"],
            where=FEATURE,
            grid=Grid(24, 12),
            links={"Feature": cell("fairlead-drift", "feature", KNOWN)},
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
                links={"Feature": cell("fairlead-drift", "feature", KNOWN)},
                grid=Grid(24, 10),
            ),
        ),
    ]
