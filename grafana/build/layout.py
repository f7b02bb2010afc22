"""What all dashboards share: the choices at the top, rows of panels, links to each other."""

from collections.abc import Mapping, Sequence

from grafana.build.variables import datasource, model_choices
from grafana_foundation_sdk.builders.dashboard import Dashboard, DashboardLink, QueryVariable, Row
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models.dashboard import DashboardLinkType, Panel


def assemble(
    dashboard: Dashboard, choices: Sequence[QueryVariable], rows: Mapping[str, Sequence[Builder[Panel]]]
) -> Dashboard:
    """Add the variables, then each row with its panels."""
    others = (
        DashboardLink("Fairlead")
        .type(DashboardLinkType.DASHBOARDS)
        .tags(["fairlead"])
        .include_vars(True)
        .keep_time(True)
    )
    dashboard = dashboard.tags(["fairlead"]).timezone("utc").time("now-30d", "now").refresh("1m").link(others)
    for variable in [datasource(), *model_choices(), *choices]:
        dashboard = dashboard.with_variable(variable)
    for title, panels in rows.items():
        dashboard = dashboard.with_row(Row(title))
        for panel in panels:
            dashboard = dashboard.with_panel(panel)
    return dashboard
