"""Drift Overview: how far one model is from its baseline, what drifts, and whether the analyses run."""

from grafana.build.analyses import monitoring
from grafana.build.explanations import explanations
from grafana.build.features import data, furthest, quality
from grafana.build.layout import Frame, assemble
from grafana.build.measurements import measurements
from grafana.build.performance import performance
from grafana.build.predictions import predictions
from grafana.build.summary import summary
from grafana.build.variables import features, one_model
from grafana_foundation_sdk.builders.dashboard import Dashboard


def drift_overview() -> Dashboard:
    """The dashboard with uid fairlead-drift."""
    dashboard = (
        Dashboard("Drift Overview")
        .uid("fairlead-drift")
        .description("How far a model is from its baseline: data, predictions, performance, explanations.")
    )
    rows = {
        "Summary": summary(),
        "Measurements": measurements(),
        "Data": [*furthest(), *data()],
        "Predictions": predictions(),
        "Performance": performance(),
        "Explanations": explanations(),
        "Data quality": quality(),
        "Monitoring": monitoring(),
    }
    return assemble(dashboard, Frame([*one_model(), features()]), rows)
