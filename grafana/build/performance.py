"""Graphs of how good the model is, on the rows that have a label."""

from collections.abc import Sequence

from grafana.build.panels import Scale, Text, graph
from grafana.build.queries import beside_noise, series, thresholds
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models.dashboard import Panel


def performance() -> Sequence[Builder[Panel]]:
    """The rates now and in the baseline, what of them has worsened, and how much they rest on."""
    unlabelled = "No labels yet, or too few: performance cannot be computed"
    return [
        graph(
            Text(
                "How often is the model right?",
                "Accuracy on labelled rows, with the baseline's as a dotted line. A regression is right within its "
                "tolerance.",
                unlabelled,
            ),
            Scale("percentunit", 0, 1),
            {
                "accuracy": series("fairlead_performance_accuracy_ratio", "model"),
                "baseline": series("fairlead_performance_accuracy_baseline_ratio", "model"),
            },
        ),
        graph(
            Text(
                "Does it find the class, and only the class?",
                "Precision, recall and false-positive rate of the positive class, or their mean over the classes. "
                "Baseline dotted.",
                unlabelled,
            ),
            Scale("percentunit", 0, 1),
            {
                "precision": series("fairlead_performance_precision_ratio", "model"),
                "precision baseline": series("fairlead_performance_precision_baseline_ratio", "model"),
                "recall": series("fairlead_performance_recall_ratio", "model"),
                "recall baseline": series("fairlead_performance_recall_baseline_ratio", "model"),
                "false positives": series("fairlead_performance_false_positive_ratio", "model"),
                "false positives baseline": series("fairlead_performance_false_positive_baseline_ratio", "model"),
            },
        ),
        graph(
            Text(
                "How well is each class recognised?",
                "F1 of each class: 1 when every row of the class is found and no other is taken for it.",
                unlabelled,
            ),
            Scale("percentunit", 0, 1),
            {"{{class}}": series("fairlead_performance_f1_ratio", "class")},
        ),
        graph(
            Text("Has accuracy dropped?", "Baseline accuracy minus current accuracy, on labelled rows.", unlabelled),
            Scale("percentunit", 0, 0.12),
            beside_noise("drop", "fairlead_performance_accuracy_drop", "model"),
            thresholds("performance_accuracy_drop"),
        ),
        graph(
            Text(
                "Are there more false positives?",
                "Current minus baseline false-positive rate, on labelled rows.",
                unlabelled,
            ),
            Scale("percentunit", 0, 0.06),
            beside_noise("increase", "fairlead_performance_false_positive_increase", "model"),
            thresholds("performance_false_positive_increase"),
        ),
        graph(
            Text(
                "Is a class recognised less well?",
                "Baseline F1 of each class minus its current F1. Noise dotted.",
                unlabelled,
            ),
            Scale("percentunit", 0, 0.18),
            beside_noise("{{class}}", "fairlead_performance_f1_drop", "class"),
            thresholds("performance_f1_drop"),
        ),
        graph(
            Text(
                "Have precision or recall dropped?",
                "Baseline minus current value, on labelled rows, with the noise dotted. The policy sets no threshold.",
                unlabelled,
            ),
            Scale("percentunit", 0),
            {
                **beside_noise("precision", "fairlead_performance_precision_drop", "model"),
                **beside_noise("recall", "fairlead_performance_recall_drop", "model"),
            },
        ),
        graph(
            Text(
                "How far off is a regression?",
                "Mean absolute error in the unit of the label, with the baseline's dotted.",
                "The model is no regression, or there are no labels yet",
            ),
            Scale("none", 0),
            {
                "error": series("fairlead_performance_mean_absolute_error", "model"),
                "baseline": series("fairlead_performance_mean_absolute_error_baseline", "model"),
            },
        ),
        graph(
            Text(
                "How many predictions can be judged?",
                "Share of predictions that have a label; all of performance rests on these rows.",
                "No labels are configured, or too few predictions came",
            ),
            Scale("percentunit", 0, 1),
            {"labelled": series("fairlead_performance_labelled_ratio", "model")},
            thresholds("performance_labelled_ratio"),
        ),
    ]
