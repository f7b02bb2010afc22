"""The dashboards by folder and file name, and how one becomes JSON."""

from collections.abc import Callable, Mapping

from grafana.build.drift_overview import drift_overview
from grafana.build.exporter_itself import exporter_itself
from grafana.build.fairness_monitor import fairness_monitor
from grafana.build.fleet_overview import fleet_overview
from grafana.build.incident_timeline import incident_timeline
from grafana.build.model_health import model_health
from grafana_foundation_sdk.builders.dashboard import Dashboard
from grafana_foundation_sdk.cog.encoder import JSONEncoder

DASHBOARDS: Mapping[str, Callable[[], Dashboard]] = {
    "overview/drift-overview": drift_overview,
    "overview/fleet": fleet_overview,
    "fairness/fairness-monitor": fairness_monitor,
    "health/model-health": model_health,
    "health/fairlead-itself": exporter_itself,
    "incidents/incident-timeline": incident_timeline,
}


def render(build: Callable[[], Dashboard]) -> str:
    """The dashboard as Grafana imports it; panels are numbered in their order."""
    dashboard = build().build()
    for number, panel in enumerate(dashboard.panels or [], start=1):
        panel.id_val = number
    return JSONEncoder(sort_keys=True, indent=2, ensure_ascii=False).encode(dashboard) + "\n"
