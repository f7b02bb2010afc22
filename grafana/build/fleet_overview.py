"""Fleet: all models on one screen, the worst first."""

from grafana.build.fleet import ranking, totals, trends
from grafana.build.layout import Frame, assemble
from grafana.build.variables import owners
from grafana_foundation_sdk.builders.dashboard import Dashboard


def fleet_overview() -> Dashboard:
    """The dashboard with uid fairlead-fleet."""
    dashboard = Dashboard("Fleet").uid("fairlead-fleet").description("All models on one screen, the worst first.")
    rows = {"Totals": totals(), "Models": ranking(), "Over time": trends()}
    return assemble(dashboard, Frame(owners(), models="", since="now-7d"), rows)
