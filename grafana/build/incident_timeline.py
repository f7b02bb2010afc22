"""Incident Timeline: what is open, how fast it is answered, what is accepted, and what happened before."""

from grafana.build.incidents import answers, exceptions, history, now_open, pending
from grafana.build.layout import Frame, assemble
from grafana.build.variables import some_models
from grafana_foundation_sdk.builders.dashboard import Dashboard


def incident_timeline() -> Dashboard:
    """The dashboard with uid fairlead-incidents."""
    dashboard = (
        Dashboard("Incident Timeline")
        .uid("fairlead-incidents")
        .description("Open and recent incidents, how fast they are answered, and accepted risks.")
    )
    rows = {
        "Now": now_open(),
        "Answers": answers(),
        "Time line": history(),
        "Accepted risks": exceptions(),
        "Ahead": pending(),
    }
    return assemble(dashboard, Frame(some_models(), models='model=~"$model"'), rows)
