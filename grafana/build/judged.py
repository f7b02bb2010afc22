"""A table of judged measurements: value, noise, thresholds and verdict, one row per measurement and subject."""

from collections.abc import Mapping, Sequence
from re import fullmatch

from grafana.build import queries
from grafana.build.panels import Column, Grid, TableSpec, Text, records
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models.dashboard import Panel

COLUMNS = {
    "Value #A": Column("Current", decimals=4),
    "Value #B": Column("Noise", decimals=4),
    "Value #C": Column("Warning at", decimals=2),
    "Value #D": Column("Critical at", decimals=2),
    "Value #E": Column("Verdict", verdict=True),
    "Value #F": Column("Baseline", decimals=4),
    "Value #G": Column("Last check", "dateTimeFromNow"),
}
BASELINES = {
    "feature_missing_increase_ratio": "feature_missing_baseline_ratio",
    "prediction_class_spike": "prediction_class_baseline_ratio",
    "prediction_entropy_change_ratio": "prediction_entropy_baseline",
    "performance_accuracy_drop": "performance_accuracy_baseline_ratio",
    "performance_false_positive_increase": "performance_false_positive_baseline_ratio",
    "fairness_demographic_parity_drift": "fairness_demographic_parity_baseline_difference",
    "fairness_equal_opportunity_drift": "fairness_equal_opportunity_baseline_difference",
    "fairness_disparate_impact_ratio": "fairness_disparate_impact_baseline_ratio",
}
"""Judged measurement → what the value it judges was in the baseline. A distance from the baseline has none."""

FAMILIES = {
    "data": "feature_.+",
    "quality": "feature_(type_mismatch_ratio|range_violation_ratio|required_missing|correlation_change)|new_high_.+",
    "model": "(prediction|performance)_.+",
    "explanation": "attribution_.+",
    "fairness": "fairness_.+",
}
"""Which analysis makes a measurement; of two patterns that match, the later one holds."""


def judged(
    text: Text,
    labels: Mapping[str, str],
    metrics: str,
    subject: Sequence[str],
    *,
    where: str,
    grid: Grid,
    notes: Mapping[str, tuple[str, str]] | None = None,
    links: Mapping[str, Mapping[str, object]] | None = None,
) -> Builder[Panel]:
    """The metrics by the labels in ``subject``; ``notes`` adds to a metric a label and its value."""
    measured = queries.named(metrics, *subject, where=where)
    shown = measured
    for metric, (label, value) in (notes or {}).items():
        shown = f'label_replace({shown}, "{label}", "{value}", "metric", "{metric}")'
    return records(
        text,
        TableSpec(
            dict(labels),
            COLUMNS,
            [
                shown,
                queries.named(metrics, *subject, suffix="_noise", where=where),
                queries.limit(measured, "warning", subject),
                queries.limit(measured, "critical", subject),
                queries.verdict(measured, subject),
                _baselines(metrics, subject, where),
                _last_check(metrics, measured, subject),
            ],
            sort="Verdict",
            links=dict(links or {}),
            grid=grid,
        ),
    )


def _baselines(metrics: str, subject: Sequence[str], where: str) -> str:
    labels = ", ".join(("metric", *subject))
    found = [
        f'label_replace({queries.selector(f"fairlead_{base}", where)}, "metric", "{metric}", "", "")'
        for metric, base in BASELINES.items()
        if metric in metrics.split("|")
    ]
    return " or ".join(f"max by ({labels}) ({one})" for one in found)


def _last_check(metrics: str, measured: str, subject: Sequence[str]) -> str:
    """For each measurement, when its family was last analysed."""
    named = measured
    for family, pattern in FAMILIES.items():
        if any(fullmatch(pattern, metric) for metric in metrics.split("|")):
            named = f'label_replace({named}, "family", "{family}", "metric", "{pattern}")'
    checked = queries.series("fairlead_analysis_last_success_timestamp_seconds", "family")
    return (
        f"max by ({', '.join(('metric', *subject))}) "
        f"(clamp({named}, 0, 0) + on (family) group_left () (1000 * {checked}))"
    )
