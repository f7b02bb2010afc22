"""How many predictions an analysis stands on, and how many arrive."""

from collections.abc import Sequence

from grafana.build.panels import Grid, Scale, Text, graph
from grafana.build.queries import series
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models.dashboard import Panel


def volume() -> Sequence[Builder[Panel]]:
    """Rows of the windows, and pushed rows."""
    pushed = "Nothing is pushed to fairlead: the model's predictions come from files or a database"
    return [
        graph(
            Text(
                "How many predictions were analysed?",
                "Rows of the last window of each family. A sudden fall means that logs are missing, a sudden rise that "
                "they came twice.",
                "No analysis has succeeded yet",
            ),
            Scale("short", 0),
            {"{{family}}": series("fairlead_window_samples", "family")},
            grid=Grid(12),
        ),
        graph(
            Text(
                "How many rows arrive?",
                "Predictions and labels that are pushed to fairlead, per second.",
                pushed,
            ),
            Scale("rowsps", 0),
            {"{{kind}}": 'sum by (kind) (rate(fairlead_ingested_rows_total{model="$model"}[$__rate_interval]))'},
            grid=Grid(12),
        ),
    ]
