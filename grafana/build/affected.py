"""The groups that come off worst: which people a breach is about."""

from collections.abc import Sequence

from grafana.build.panels import Column, Grid, TableSpec, Text, records
from grafana.build.queries import ATTRIBUTE, series
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models.dashboard import Panel

GROUP = ("attribute", "group")
STATES = {"0": ("inside the noise", "text"), "1": ("WARNING", "orange"), "2": ("CRITICAL", "red")}


def affected() -> Sequence[Builder[Panel]]:
    """One table of the groups whose ratio is below the warning line."""
    ratio = series("fairlead_group_disparate_impact_ratio", *GROUP, where=ATTRIBUTE)
    noise = series("fairlead_group_disparate_impact_ratio_noise", *GROUP, where=ATTRIBUTE)
    below = f"({ratio} < on () group_left () {_line('warning')})"
    state = (
        f"2 * group by (attribute, group) ({ratio} < on () group_left () {_line('critical')} and {ratio} < {noise}) "
        f"or group by (attribute, group) ({below} and {ratio} < {noise}) or 0 * {below}"
    )

    def change(rate: str) -> str:
        now, base = (
            series(f"fairlead_group_{rate}{kind}_ratio", *GROUP, where=ATTRIBUTE) for kind in ("", "_baseline")
        )
        return f"({now} - {base}) and {below}"

    def shown(metric: str) -> str:
        return f"{series(metric, *GROUP, where=ATTRIBUTE)} and {below}"

    return [
        records(
            Text(
                "Which groups are affected?",
                "Groups whose selection rate is below nine tenths (unless configured) of the reference group's, the "
                "worst "
                "first: the ratio with its 95 % interval, and how their rates have changed since the baseline. "
                "Inside the "
                "noise a low ratio may be chance.",
                "No group is below the warning line, or none is large enough",
            ),
            TableSpec(
                {"attribute": "Attribute", "group": "Group"},
                {
                    "Value #A": Column("State", states=STATES),
                    "Value #B": Column("Ratio", "percentunit", 1),
                    "Value #C": Column("From", "percentunit", 1),
                    "Value #D": Column("To", "percentunit", 1),
                    "Value #E": Column("Selected: change", "percentunit", 1),
                    "Value #F": Column("True positives: change", "percentunit", 1),
                    "Value #G": Column("Rows", "short", 0),
                },
                [
                    state,
                    below,
                    shown("fairlead_group_disparate_impact_ratio_lower"),
                    shown("fairlead_group_disparate_impact_ratio_upper"),
                    change("selection"),
                    change("true_positive"),
                    shown("fairlead_group_samples"),
                ],
                sort="State",
                grid=Grid(24, 8),
            ),
        )
    ]


def _line(severity: str) -> str:
    """The threshold of the disparate impact ratio: the model's own, else the default."""
    metric = f'metric="fairness_disparate_impact_ratio",severity="{severity}",feature=""'
    return f'(max(fairlead:threshold{{{metric},model="$model"}}) or max(fairlead:threshold{{{metric},model=""}}))'
