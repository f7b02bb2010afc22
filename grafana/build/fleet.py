"""Panels over all models of the chosen environments and teams."""

from collections.abc import Sequence

from grafana.build.bars import bars
from grafana.build.breaches import verdict_of
from grafana.build.limits import limit
from grafana.build.links import cell, line
from grafana.build.panels import POINTS, VERDICTS, Column, Grid, Scale, TableSpec, Text, graph, number, records
from grafana.build.queries import ANY_MODEL
from grafana.build.timelines import timeline
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models.dashboard import Panel

OWNED = 'fairlead_model_info{environment=~"$environment",team=~"$team"}'
KNOWN = ("datasource", "environment", "team")
NO_MODEL = "No model of these environments and teams is configured"
SCORE = "model:fairlead_drift_score:weighted"


def owned(expr: str) -> str:
    """Of an expression with the label model, the series of the chosen environments and teams."""
    return f"({expr}) and on (model) {OWNED}"


def _count(expr: str) -> str:
    return f"count({owned(expr)}) or vector(0)"


def totals() -> Sequence[Builder[Panel]]:
    """How many models there are, and how many are in trouble."""
    nothing = "Unknown: Prometheus gave no answer"
    firing = 'group by (model) (ALERTS{{alertstate="firing",severity="{}",model!=""}})'
    bad = [(None, "green"), (1.0, "red")]
    poor = [(None, "green"), (1.0, "orange")]
    spec = (
        (
            "How many models are there?",
            "Models of the chosen environments and teams.",
            f"count(group by (model) ({OWNED}))",
            [(None, "text")],
        ),
        ("How many are critical?", "Models with a critical alert.", _count(firing.format("critical")), bad),
        ("How many have warnings?", "Models with a warning.", _count(firing.format("warning")), poor),
        (
            "How many have open incidents?",
            "Models with an incident that is not closed.",
            _count("group by (model) (fairlead_incident_info)"),
            poor,
        ),
        (
            "How many are not monitored?",
            "Models without an analysis, a baseline or thresholds.",
            _count("group by (model) (fairlead:model:unmonitored)"),
            bad,
        ),
        (
            "How many cannot be judged?",
            "Models of which a family had nothing conclusive for two cadences.",
            _count("group by (model) (model_family:fairlead_blind:two_cadences)"),
            poor,
        ),
    )
    return [
        number(Text(title, description, NO_MODEL if "are there" in title else nothing), "none", expr, steps)
        for title, description, expr, steps in spec
    ]


def ranking() -> Sequence[Builder[Panel]]:
    """The table, the worst model first, and the scores as bars."""
    worst = verdict_of("", "fairlead_model_info", "model")
    severity = 'count by (model) (ALERTS{{alertstate="firing",severity="{}",model!=""}})'
    columns = {
        "Value #A": Column("Verdict", verdict=True),
        "Value #B": Column("Drift score", decimals=3),
        "Value #C": Column("Measured", "percentunit", 0),
        "Value #D": Column("Critical alerts", "short", 0),
        "Value #E": Column("Warnings", "short", 0),
        "Value #F": Column("Open incidents", "short", 0),
        "Value #G": Column("Oldest analysis", "dateTimeFromNow"),
        "Value #H": Column("Overdue by", "dtdurations", 0),
        "Value #I": Column("Baseline made", "dateTimeFromNow"),
        "Value #J": Column("Impact", "short", 1),
    }
    asked = [
        f"max by (model, environment, team, risk, version) ({OWNED} * 0 + on (model) group_left () ({worst}))",
        owned(f"max by (model) ({SCORE})"),
        owned("max by (model) (model:fairlead_drift_score:coverage)"),
        owned(severity.format("critical")),
        owned(severity.format("warning")),
        owned("count by (model) (group by (model, incident) (fairlead_incident_info))"),
        owned("1000 * min by (model) (fairlead_analysis_last_success_timestamp_seconds)"),
        owned("clamp_min(max by (model) (model_family:fairlead_analysis_overdue:seconds), 0)"),
        owned("1000 * max by (model) (fairlead_baseline_created_timestamp_seconds)"),
        owned("max by (model) (fairlead_model_impact_weight)"),
    ]
    labels = {"model": "Model", "environment": "Environment", "team": "Team", "risk": "Risk", "version": "Version"}
    steps = [(None, "green"), (limit("drift_score", "warning"), "orange"), (limit("drift_score", "critical"), "red")]
    return [
        records(
            Text(
                "Which models are in trouble?",
                "Every model, those past a critical threshold first, then those past a warning, then by drift score. "
                "Measured: the part of the score's weights that could be computed. Click on a model to see why.",
                NO_MODEL,
            ),
            TableSpec(
                labels,
                columns,
                asked,
                sort="Verdict",
                then="Drift score",
                links={"Model": cell("fairlead-drift", "model", KNOWN)},
                grid=Grid(24, 12),
            ),
        ),
        bars(
            Text(
                "Which models have drifted furthest?",
                "Drift score of the twenty models with the highest one, the highest first. Colours change at the "
                "default "
                "thresholds of the score; the verdict of a model with its own ones is in the table.",
                "No score: nothing has been analysed yet",
            ),
            Scale("none", 0, 1),
            "{{model}}",
            f"sort_desc(topk(20, {owned(f'max by (model) ({SCORE})')}))",
            steps,
            grid=Grid(12, 10),
            link=line("fairlead-drift", "model", "model", KNOWN),
        ),
        bars(
            Text(
                "Which models are furthest behind?",
                "Time since an analysis was due and not made, the twenty latest first; after 12 hours engineering is "
                "told.",
                "No model is late, or none has a schedule",
            ),
            Scale("s", 0),
            "{{model}}",
            f"sort_desc(topk(20, "
            f"{owned('clamp_min(max by (model) (model_family:fairlead_analysis_overdue:seconds), 0)')}))",
            [(None, "green"), (12 * 3600, "red")],
            grid=Grid(12, 10),
        ),
    ]


def trends() -> Sequence[Builder[Panel]]:
    """The worst scores and verdicts over time."""
    score = f"max by (model) ({SCORE})"
    return [
        graph(
            Text(
                "Do the worst models get worse?",
                "Drift score of the ten models whose score is highest at the end of the time shown, with the default "
                "thresholds dashed.",
                "No score: nothing has been analysed yet",
            ),
            Scale("none", 0, 0.4),
            {"{{model}}": f"{score} and topk(10, max by (model) ({SCORE} @ end()) and on (model) {OWNED} @ end())"},
            ANY_MODEL.format(metric="drift_score"),
            Grid(12, 10),
            link=line("fairlead-drift", "model", "model", KNOWN),
        ),
        timeline(
            Text(
                "When was which model past a threshold?",
                "Models that are past a threshold at the end of the time shown, and when they were: OK, WARNING or "
                "CRITICAL.",
                "No model is past a threshold",
            ),
            "{{model}}",
            f"({verdict_of('', 'fairlead_model_info', 'model')}) and on (model) (group by (model) "
            f"(fairlead:measurement:breach @ end()) "
            f"and on (model) {OWNED} @ end())",
            VERDICTS,
            grid=Grid(12, 10),
            points=POINTS,
        ),
    ]
