"""The dashboards by file name, and how one becomes JSON."""

from collections.abc import Callable, Mapping

from grafana.build.drift_overview import drift_overview
from grafana.build.fairness_monitor import fairness_monitor
from grafana_foundation_sdk.builders.dashboard import Dashboard
from grafana_foundation_sdk.cog.encoder import JSONEncoder

DASHBOARDS: Mapping[str, Callable[[], Dashboard]] = {
    "drift-overview": drift_overview,
    "fairness-monitor": fairness_monitor,
}


def render(build: Callable[[], Dashboard]) -> str:
    """The dashboard as Grafana imports it; panels are numbered in their order."""
    dashboard = build().build()
    for number, panel in enumerate(dashboard.panels or [], start=1):
        panel.id_val = number
    return JSONEncoder(sort_keys=True, indent=2, ensure_ascii=False).encode(dashboard) + "\n"
