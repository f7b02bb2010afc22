"""Model Health: what a model answers, how certain it is, and how often it is right."""

from grafana.build.analyses import monitoring
from grafana.build.health import entropy, health_summary, performance_table, shares
from grafana.build.layout import Frame, assemble
from grafana.build.performance import performance
from grafana.build.predictions import predictions
from grafana.build.variables import one_model
from grafana.build.volume import volume
from grafana_foundation_sdk.builders.dashboard import Dashboard


def model_health() -> Dashboard:
    """The dashboard with uid fairlead-health."""
    dashboard = (
        Dashboard("Model Health")
        .uid("fairlead-health")
        .description("What a model answers, how certain it is, and how often it is right.")
    )
    rows = {
        "Summary": health_summary(),
        "Volume": volume(),
        "Classes": shares(),
        "Performance": [*performance_table(), *entropy()],
        "Predictions": predictions(),
        "Performance over time": performance(),
        "Monitoring": monitoring("(fairlead_)?(prediction|performance)_.+"),
    }
    return assemble(dashboard, Frame(one_model()), rows)
