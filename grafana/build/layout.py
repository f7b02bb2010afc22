"""What all dashboards share: the choices at the top, rows of panels, links to each other."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from grafana.build.annotations import annotations
from grafana.build.variables import datasource
from grafana_foundation_sdk.builders.dashboard import Dashboard, DashboardLink, QueryVariable, Row
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models.dashboard import DashboardLinkType, Panel


@dataclass(frozen=True, slots=True)
class Frame:
    """What is around the panels: the choices below the data source, whose marks to show, and the time at first."""

    choices: Sequence[QueryVariable]
    models: str = 'model="$model"'
    since: str = "now-30d"


def assemble(dashboard: Dashboard, frame: Frame, rows: Mapping[str, Sequence[Builder[Panel]]]) -> Dashboard:
    """Add links, marks and variables, then each row with its panels."""
    others = (
        DashboardLink("Fairlead")
        .type(DashboardLinkType.DASHBOARDS)
        .tags(["fairlead"])
        .include_vars(True)
        .keep_time(True)
    )
    dashboard = dashboard.tags(["fairlead"]).timezone("utc").time(frame.since, "now").refresh("1m").link(others)
    for mark in annotations(frame.models):
        dashboard = dashboard.annotation(mark)
    for variable in [datasource(), *frame.choices]:
        dashboard = dashboard.with_variable(variable)
    for title, panels in rows.items():
        dashboard = dashboard.with_row(Row(title))
        for panel in panels:
            dashboard = dashboard.with_panel(panel)
    return dashboard
