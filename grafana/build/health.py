"""The first row and the performance table of Model Health."""

from collections.abc import Sequence

from grafana.build.bars import bars
from grafana.build.breaches import verdict_of
from grafana.build.panels import VERDICTS, Column, Grid, Scale, TableSpec, Text, graph, number, records
from grafana.build.queries import series
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models.dashboard import Panel

MEASURE = "performance_(accuracy|precision|recall|false_positive|f1)_.*"
UNJUDGED = "Unknown: no analysis of predictions has succeeded yet"


def health_summary() -> Sequence[Builder[Panel]]:
    """One glance: the verdict, the volume, how much is labelled, how good, how certain."""
    verdict = verdict_of(
        'model="$model",family="model"', 'fairlead_window_samples{model="$model",family="model"}', "model"
    )
    return [
        number(
            Text(
                "Are predictions and performance as they should be?",
                "What the rules found of the family model: a measurement past its threshold and past its noise.",
                UNJUDGED,
            ),
            "none",
            verdict,
            [(None, "text")],
            texts=VERDICTS,
        ),
        number(
            Text("How many predictions stand behind it?", "Rows of the last analysed window.", UNJUDGED),
            "short",
            'max(fairlead_window_samples{model="$model",family="model"})',
            [(None, "text")],
        ),
        number(
            Text(
                "How large is the labelled share?",
                "Share of those predictions with a label; below 80 % (unless configured) performance says little.",
                "No labels are configured, or too few predictions came",
            ),
            "percentunit",
            series("fairlead_performance_labelled_ratio", "model"),
            [(None, "text")],
        ),
        number(
            Text("How accurate is it?", "Share of the labelled predictions that are right.", "No labels, or too few"),
            "percentunit",
            series("fairlead_performance_accuracy_ratio", "model"),
            [(None, "text")],
        ),
        number(
            Text(
                "How certain is it on average?",
                "Mean predictive entropy per row, in nats: 0 is certain, 0.69 is a coin's toss between two classes.",
                "The source has no scores or probabilities",
            ),
            "none",
            series("fairlead_prediction_entropy", "model"),
            [(None, "text")],
        ),
        number(
            Text(
                "Which version runs?",
                "The configured version of the model.",
                "The model is not configured any more",
            ),
            "none",
            series("fairlead_model_info", "version"),
            [(None, "text")],
            legend="{{version}}",
        ),
    ]


def shares() -> Sequence[Builder[Panel]]:
    """Class shares now and in the baseline, side by side, and the change of each."""
    classless = "No classes: the model is a regression, or nothing was predicted in the window"
    now, before = (series(f"fairlead_prediction_class_{kind}ratio", "class") for kind in ("", "baseline_"))
    return [
        bars(
            Text("Which classes does it predict now?", "Share of each predicted class, largest first.", classless),
            Scale("percentunit", 0, 1),
            "{{class}}",
            f"sort_desc({now})",
            [(None, "blue")],
            grid=Grid(8),
        ),
        bars(
            Text(
                "Which classes did it predict in the baseline?", "The same in the baseline, largest first.", classless
            ),
            Scale("percentunit", 0, 1),
            "{{class}}",
            f"sort_desc({before})",
            [(None, "purple")],
            grid=Grid(8),
        ),
        bars(
            Text(
                "Which class has gained most?",
                "Share now minus share in the baseline: the class that gained most first. Whether it is too much, says "
                "the class spike below.",
                classless,
            ),
            Scale("percentunit"),
            "{{class}}",
            f"sort_desc({now} - {before})",
            [(None, "blue")],
            grid=Grid(8),
        ),
    ]


def entropy() -> Sequence[Builder[Panel]]:
    """The mean entropy beside the baseline's."""
    return [
        graph(
            Text(
                "How certain are the answers, and how certain were they?",
                "Mean predictive entropy per row in nats, with the baseline's dotted. Lower is more certain. Whether "
                "the "
                "change is too large, says the entropy change below.",
                "The source has no scores or probabilities",
            ),
            Scale("none", 0),
            {
                "entropy": series("fairlead_prediction_entropy", "model"),
                "baseline": series("fairlead_prediction_entropy_baseline", "model"),
            },
            grid=Grid(8, 9),
        )
    ]


def performance_table() -> Sequence[Builder[Panel]]:
    """Each measure of performance with its baseline, its change, its noise and its verdict."""
    current = "performance_(accuracy|precision|recall|false_positive|f1)_ratio"
    base = "performance_(accuracy|precision|recall|false_positive)_baseline_ratio"
    worse = "performance_((accuracy|precision|recall|f1)_drop|false_positive_increase)"
    return [
        records(
            Text(
                "How good is it, and how much worse than in the baseline?",
                "Worse by: how far it fell, or, for false positives, rose; negative when it improved. Precision and "
                "recall have no threshold, the others are judged by the rules.",
                "No labels yet, or too few: performance cannot be computed",
            ),
            TableSpec(
                {"measure": "Measure", "class": "Class"},
                {
                    "Value #A": Column("Current", "percentunit", 2),
                    "Value #B": Column("Baseline", "percentunit", 2),
                    "Value #C": Column("Worse by", "percentunit", 2),
                    "Value #D": Column("Noise", "percentunit", 2),
                    "Value #E": Column("Verdict", verdict=True),
                },
                [
                    _measures(current),
                    _measures(base),
                    _measures(worse),
                    _measures(f"{worse}_noise"),
                    _verdicts(worse),
                ],
                sort="Verdict",
                grid=Grid(16, 9),
            ),
        )
    ]


def _measures(pattern: str) -> str:
    found = f'{{__name__=~"fairlead_{pattern}",model="$model"}}'
    return f'max by (measure, class) (label_replace({found}, "measure", "$1", "__name__", "fairlead_{MEASURE}"))'


def _verdicts(pattern: str) -> str:
    def breach(severity: str) -> str:
        found = f'fairlead:measurement:breach{{severity="{severity}",model="$model",metric=~"{pattern}"}}'
        return f'group by (measure, class) (label_replace({found}, "measure", "$1", "metric", "{MEASURE}"))'

    fine = _measures(pattern.replace("precision|recall|", ""))
    return f"2 * {breach('critical')} or {breach('warning')} or 0 * {fine}"
