"""A table of judged measurements: value, noise, thresholds and verdict, one row per measurement and subject."""

from collections.abc import Mapping, Sequence

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
}


def judged(
    text: Text,
    labels: Mapping[str, str],
    metrics: str,
    subject: Sequence[str],
    *,
    where: str,
    grid: Grid,
    notes: Mapping[str, tuple[str, str]] | None = None,
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
            ],
            sort="Verdict",
            grid=grid,
        ),
    )
