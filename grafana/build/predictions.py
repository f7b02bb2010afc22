"""Graphs of the model itself: predictions, performance and explanations."""

from collections.abc import Sequence

from grafana.build.panels import Scale, Text, graph
from grafana.build.queries import series, thresholds
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models.dashboard import Panel


def model() -> Sequence[Builder[Panel]]:
    """Predictions, performance and explanations."""
    unlabelled = "No labels yet, or too few: performance cannot be computed"
    return [
        graph(
            Text(
                "Have the predictions shifted?",
                "Total variation distance of the predicted classes: the share of predictions that would have to "
                "change.",
                "Predictions could not be compared",
            ),
            Scale("percentunit", 0, 0.45),
            {
                "shift": series("fairlead_prediction_shift_ratio", "model"),
                "noise": series("fairlead_prediction_shift_ratio_noise", "model"),
            },
            thresholds("prediction_shift_ratio"),
        ),
        graph(
            Text(
                "Which classes are predicted?",
                "Share of each predicted class, with its share in the baseline as a dotted line.",
                "No predictions in the window",
            ),
            Scale("percentunit", 0, 1),
            {
                "{{class}}": series("fairlead_prediction_class_ratio", "class"),
                "{{class}} baseline": series("fairlead_prediction_class_baseline_ratio", "class"),
            },
        ),
        graph(
            Text(
                "Is the model less certain than it was?",
                "Relative change of the mean predictive entropy, in either direction.",
                "The source has no scores or probabilities",
            ),
            Scale("percentunit", 0, 0.55),
            {
                "change": f"abs({series('fairlead_prediction_entropy_change_ratio', 'model')})",
                "noise": series("fairlead_prediction_entropy_change_ratio_noise", "model"),
            },
            thresholds("prediction_entropy_change_ratio"),
        ),
        graph(
            Text(
                "How often is the model right?",
                "Accuracy on labelled rows, with the baseline's as a dotted line, and the share of rows that have a "
                "label.",
                unlabelled,
            ),
            Scale("percentunit", 0, 1),
            {
                "accuracy": series("fairlead_performance_accuracy_ratio", "model"),
                "baseline": series("fairlead_performance_accuracy_baseline_ratio", "model"),
                "labelled": series("fairlead_performance_labelled_ratio", "model"),
            },
        ),
        graph(
            Text("Has accuracy dropped?", "Baseline accuracy minus current accuracy, on labelled rows.", unlabelled),
            Scale("percentunit", 0, 0.12),
            {
                "drop": series("fairlead_performance_accuracy_drop", "model"),
                "noise": series("fairlead_performance_accuracy_drop_noise", "model"),
            },
            thresholds("performance_accuracy_drop"),
        ),
        graph(
            Text(
                "Do the same features matter?",
                "Rank correlation of the features by mean absolute attribution; 1 means the same order as in the "
                "baseline.",
                "The source has no attributions",
            ),
            Scale("none", 0, 1),
            {"rank correlation": series("fairlead_attribution_rank_correlation", "model")},
            thresholds("attribution_rank_correlation"),
        ),
    ]
