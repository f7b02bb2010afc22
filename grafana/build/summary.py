"""The first row of Drift Overview: the score, the alerts, and whether the numbers are fresh."""

from collections.abc import Sequence

from grafana.build.bars import dial
from grafana.build.breaches import verdict_of
from grafana.build.limits import limit
from grafana.build.panels import VERDICTS, Grid, Scale, TableSpec, Text, graph, number, records
from grafana.build.queries import series, thresholds
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models.dashboard import Panel

NO_MODEL = "No score: nothing of this model has been analysed yet"


def summary() -> Sequence[Builder[Panel]]:
    """One glance: the score, the alerts, and whether the numbers are fresh."""
    firing = 'count(ALERTS{{alertstate="firing",severity="{}",model="$model"}}) or vector(0)'
    age = 'time() - min(fairlead_analysis_last_success_timestamp_seconds{model="$model"})'
    return [
        number(
            Text(
                "How far has the model drifted?",
                "Weighted drift score, 0 to 1: fairness 40 %, data 30 %, model 20 %, explanation 10 %. The graph "
                "below shows it with its thresholds.",
                NO_MODEL,
            ),
            "none",
            series("model:fairlead_drift_score:weighted", "model"),
            [(None, "text")],
        ),
        number(
            Text(
                "How much of the score is measured?",
                "Sum of the weights of the families that could be computed. Below 100 % the score speaks only for "
                "the rest.",
                NO_MODEL,
            ),
            "percentunit",
            series("model:fairlead_drift_score:coverage", "model"),
            [(None, "orange"), (1, "green")],
        ),
        number(
            Text(
                "How many critical alerts fire?",
                "Alerts of this model in state firing with severity critical. Each must be acknowledged within 15 "
                "minutes.",
                "Unknown: Prometheus gave no answer",
            ),
            "none",
            firing.format("critical"),
            [(None, "green"), (1, "red")],
        ),
        number(
            Text(
                "How many warnings fire?",
                "Alerts of this model in state firing with severity warning. Each must be answered within a day.",
                "Unknown: Prometheus gave no answer",
            ),
            "none",
            firing.format("warning"),
            [(None, "green"), (1, "orange")],
        ),
        number(
            Text(
                "How old is the oldest analysis?",
                "Time since the family analysed longest ago was last analysed successfully.",
                "No analysis has succeeded yet",
            ),
            "dtdurations",
            age,
            [(None, "text")],
        ),
        number(
            Text(
                "Which baseline is it compared with?",
                "The active baseline. Every number here is relative to it.",
                "No active baseline: run fairlead baseline create",
            ),
            "none",
            series("fairlead_baseline_info", "baseline"),
            [(None, "text")],
            legend="{{baseline}}",
        ),
        *_score(),
        graph(
            Text(
                "How has the drift score moved, and which family drives it?",
                "Each family's largest headline metric past its noise, and their weighted sum, over thirty days unless "
                "chosen otherwise. At the dashed lines the sum becomes a warning or critical.",
                NO_MODEL,
            ),
            Scale("none", 0, 0.4),
            {
                "score": series("model:fairlead_drift_score:weighted", "model"),
                "{{family}}": series("model_family:fairlead_drift_score:max", "family"),
            },
            thresholds("drift_score"),
            Grid(12, 9),
        ),
        records(
            Text(
                "Which alerts fire?",
                "All firing alerts of this model, as Prometheus holds them; silences do not show here.",
                "No alert fires",
            ),
            TableSpec(
                {
                    "severity": "Severity",
                    "alertname": "Alert",
                    "metric": "Measurement",
                    "feature": "Feature",
                    "other": "With",
                    "class": "Class",
                    "attribute": "Attribute",
                },
                {},
                [
                    "group by (severity, alertname, metric, feature, other, class, attribute) "
                    '(ALERTS{alertstate="firing",model="$model"})'
                ],
                grid=Grid(12, 9),
            ),
        ),
    ]


def _score() -> Sequence[Builder[Panel]]:
    """The score and its parts as dials, and its verdict as a word."""
    score = 'model:fairlead_drift_score:weighted{model="$model"}'
    steps = [(None, "green"), (limit("drift_score", "warning"), "orange"), (limit("drift_score", "critical"), "red")]
    return [
        dial(
            Text(
                "Where does the score stand?",
                "The weighted drift score; the marks are the default thresholds of warning and critical.",
                NO_MODEL,
            ),
            Scale("none", 0, 1),
            "score",
            f"max by (model) ({score})",
            steps,
            grid=Grid(4, 6),
        ),
        number(
            Text(
                "What do the rules say of it?",
                "OK, WARNING or CRITICAL by the model's own thresholds where it has some. Single measurements may be "
                "past "
                "theirs all the same: see the alerts.",
                NO_MODEL,
            ),
            "none",
            verdict_of('metric="drift_score",model="$model"', score, "model"),
            [(None, "text")],
            texts=VERDICTS,
            grid=Grid(4, 6),
        ),
        dial(
            Text(
                "What does each family add?",
                "Each family's largest headline metric past its noise, 0 to 1. Families without a dial could not be "
                "computed.",
                NO_MODEL,
            ),
            Scale("none", 0, 1),
            "{{family}}",
            series("model_family:fairlead_drift_score:max", "family"),
            [(None, "blue")],
            grid=Grid(16, 6),
        ),
    ]
