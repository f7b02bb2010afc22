"""Tables about the analyses: when they ran, on what, and what they could not compute."""

from collections.abc import Sequence

from grafana.build.panels import Column, Grid, TableSpec, Text, records
from grafana.build.queries import series
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models.dashboard import Panel


def monitoring(unknown: str = ".+") -> Sequence[Builder[Panel]]:
    """Whether the numbers can be trusted; ``unknown`` limits the measurements that are missing."""

    def by_family(metric: str) -> str:
        return series(metric, "family")

    return [
        records(
            Text(
                "When was it analysed, on what, and when is it next?",
                "Per family: the end of the last successful analysis, the next one due, and the window with its rows.",
                "No analysis has succeeded yet",
            ),
            TableSpec(
                {"family": "Family"},
                {
                    "Value #A": Column("Last success", "dateTimeFromNow"),
                    "Value #B": Column("Next due", "dateTimeFromNow"),
                    "Value #C": Column("Window start", "dateTimeAsIso"),
                    "Value #D": Column("Window end", "dateTimeAsIso"),
                    "Value #E": Column("Rows", "short", 0),
                },
                [
                    f"1000 * {by_family('fairlead_analysis_last_success_timestamp_seconds')}",
                    f"1000 * {by_family('fairlead_analysis_next_due_timestamp_seconds')}",
                    f"1000 * {by_family('fairlead_window_start_timestamp_seconds')}",
                    f"1000 * {by_family('fairlead_window_end_timestamp_seconds')}",
                    by_family("fairlead_window_samples"),
                ],
                grid=Grid(12, 8),
            ),
        ),
        records(
            Text(
                "What could not be computed, and why?",
                "A value that cannot be computed is absent, never zero; here is the reason.",
                "Everything was computed",
            ),
            TableSpec(
                {"metric": "Measurement", "reason": "Reason"},
                {},
                [series("fairlead_not_computed", "metric", "reason", where=f'metric=~"{unknown}"')],
                grid=Grid(12, 8),
            ),
        ),
    ]
