"""Panels about what fairlead itself sends: the daily digest, Slack messages, calls of the serving platform."""

from collections.abc import Sequence

from grafana.build.panels import Column, Grid, Scale, TableSpec, Text, graph, number, records
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models.dashboard import Panel

MODELS = 'model=~"$model"'


def delivery() -> Sequence[Builder[Panel]]:
    """What was sent, what waits, what failed."""
    unsent = "Nothing is sent: no digest, no Slack receiver and no containment is configured"
    hour = "[1h]"
    return [
        number(
            Text(
                "When was the last digest done?",
                "Time since the digest of a day was last sent, or found empty; it is due once a day.",
                "No digest was done yet, or none is configured",
            ),
            "dtdurations",
            "time() - (max(fairlead_digest_last_success_timestamp_seconds) > 0)",
            [(None, "green"), (2 * 86400, "orange")],
            grid=Grid(4, 8),
        ),
        graph(
            Text(
                "What became of the Slack messages?",
                "Messages in an hour, by receiver and outcome.",
                "No Slack message was sent",
            ),
            Scale("short", 0),
            {
                "{{receiver}} {{outcome}}": (
                    f"sum by (receiver, outcome) (increase(fairlead_slack_messages_total{hour}))"
                )
            },
            grid=Grid(10),
        ),
        graph(
            Text(
                "What could not be delivered?",
                "Failed digests, messages that Slack did not take at once, and failed calls of the serving platform "
                "in an hour.",
                unsent,
            ),
            Scale("short", 0),
            {
                "digest": f"sum(increase(fairlead_digest_failures_total{hour}))",
                "slack {{receiver}}": f"sum by (receiver) (increase(fairlead_slack_failures_total{hour}))",
                "containment of {{model}}": (
                    f"sum by (model) (increase(fairlead_containment_failures_total{{{MODELS}}}{hour}))"
                ),
            },
            grid=Grid(10),
        ),
        records(
            Text(
                "Which messages wait for Slack?",
                "By receiver: how many wait, and since when the oldest does.",
                "No message waits for Slack",
            ),
            TableSpec(
                {"receiver": "Receiver"},
                {"Value #A": Column("Waiting", "short", 0), "Value #B": Column("Oldest", "dateTimeFromNow")},
                [
                    "max by (receiver) (fairlead_slack_waiting_messages)",
                    "1000 * max by (receiver) (fairlead_slack_oldest_timestamp_seconds)",
                ],
                sort="Waiting",
                grid=Grid(12),
            ),
        ),
        records(
            Text(
                "Which calls of the serving platform wait?",
                "Models whose freeze or release was ordered and has not reached the platform yet, and since when.",
                "No call waits",
            ),
            TableSpec(
                {"model": "Model"},
                {"Value": Column("Ordered", "dateTimeFromNow")},
                [f"1000 * max by (model) (fairlead_containment_waiting_timestamp_seconds{{{MODELS}}})"],
                grid=Grid(12),
            ),
        ),
    ]
