"""Bands over time: in which state something was, written on the band and not only coloured."""

from collections.abc import Mapping

from grafana.build.panels import DATASOURCE, Grid, Text, colored, query, worded
from grafana_foundation_sdk.builders import statetimeline
from grafana_foundation_sdk.models import common


def timeline(
    text: Text,
    legend: str,
    expr: str,
    states: Mapping[str, tuple[str, str]],
    *,
    grid: Grid,
    points: int | None = None,
) -> statetimeline.Panel:
    """One band per series; ``states`` says for a value what is written on it, and in which colour."""
    panel = (
        statetimeline.Panel()
        .title(text.title)
        .description(text.description)
        .datasource(DATASOURCE)
        .unit("none")
        .no_value(text.empty)
        .span(grid.width)
        .height(grid.height)
        .show_value(common.VisibilityMode.ALWAYS)
        .merge_values(True)
        .row_height(0.8)
        .fill_opacity(80)
        .thresholds(colored([(None, "text")]))
        .mappings([worded(states)])
    )
    if points is not None:
        panel = panel.max_data_points(points)
    return panel.with_target(query(expr, "A").range().legend_format(legend))
