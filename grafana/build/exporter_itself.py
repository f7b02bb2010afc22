"""Fairlead itself: whether the monitor can be trusted."""

from grafana.build.delivery import delivery
from grafana.build.itself import evidence, ingestion, runs, scraping, silences, summary, watch
from grafana.build.layout import Frame, assemble
from grafana.build.variables import some_models
from grafana_foundation_sdk.builders.dashboard import Dashboard


def exporter_itself() -> Dashboard:
    """The dashboard with uid fairlead-itself."""
    dashboard = (
        Dashboard("Fairlead itself")
        .uid("fairlead-itself")
        .description("Whether the monitor runs, keeps up and keeps its records.")
    )
    rows = {
        "Summary": summary(),
        "Analyses": runs(),
        "Scrapes and process": scraping(),
        "Ingestion": ingestion(),
        "Records": evidence(),
        "Incidents and check-ins": watch(),
        "Silences": silences(),
        "Delivery": delivery(),
    }
    return assemble(dashboard, Frame(some_models(), models='model=~"$model"', since="now-7d"), rows)
