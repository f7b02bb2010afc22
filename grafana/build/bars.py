"""Bars and gauges: one value per subject, to compare at a glance."""

from collections.abc import Mapping, Sequence

from grafana.build.panels import DATASOURCE, Grid, Property, Scale, Text, colored, query
from grafana_foundation_sdk.builders import bargauge, gauge
from grafana_foundation_sdk.models import common


def bars(
    text: Text,
    scale: Scale,
    legend: str,
    expr: str,
    steps: Sequence[tuple[float | None, str]],
    *,
    grid: Grid,
    link: Mapping[str, object] | None = None,
) -> bargauge.Panel:
    """Horizontal bars with their numbers, in the order of the query; sort there for the worst first."""
    panel = (
        bargauge.Panel()
        .title(text.title)
        .description(text.description)
        .datasource(DATASOURCE)
        .unit(scale.unit)
        .no_value(text.empty)
        .span(grid.width)
        .height(grid.height)
        .orientation(common.VizOrientation.HORIZONTAL)
        .display_mode(common.BarGaugeDisplayMode.BASIC)
        .value_mode(common.BarGaugeValueMode.TEXT)
        .show_unfilled(True)
        .thresholds(colored(steps))
    )
    if scale.low is not None:
        panel = panel.min(scale.low)
    if scale.high is not None:
        panel = panel.max(scale.high)
    if link:
        panel = panel.override_by_regexp("/.*/", [Property("links", [dict(link)])])
    return panel.with_target(query(expr, "A").instant().legend_format(legend))


def dial(
    text: Text, scale: Scale, legend: str, expr: str, steps: Sequence[tuple[float | None, str]], *, grid: Grid
) -> gauge.Panel:
    """One dial per series; the marks on its rim are where ``steps`` change, with their numbers."""
    panel = (
        gauge.Panel()
        .title(text.title)
        .description(text.description)
        .datasource(DATASOURCE)
        .unit(scale.unit)
        .no_value(text.empty)
        .span(grid.width)
        .height(grid.height)
        .show_threshold_labels(len(steps) > 1)
        .show_threshold_markers(len(steps) > 1)
        .thresholds(colored(steps))
    )
    if scale.low is not None:
        panel = panel.min(scale.low)
    if scale.high is not None:
        panel = panel.max(scale.high)
    return panel.with_target(query(expr, "A").instant().legend_format(legend))
