"""Graphs of the gaps between groups: what the fairness alerts judge."""

from collections.abc import Sequence

from grafana.build.panels import Grid, Scale, Text, graph
from grafana.build.queries import ATTRIBUTE, series, thresholds
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models.dashboard import Panel

SMALL = "Fewer than two groups are large enough to compare"


def _drift(title: str, description: str, metric: str, empty: str) -> Builder[Panel]:
    return graph(
        Text(title, description, empty),
        Scale("percentunit", 0, 0.12),
        {
            "{{attribute}}": series(f"fairlead_fairness_{metric}_drift", "attribute", where=ATTRIBUTE),
            "{{attribute}} noise": series(f"fairlead_fairness_{metric}_drift_noise", "attribute", where=ATTRIBUTE),
        },
        thresholds(f"fairness_{metric}_drift"),
        Grid(6, 9),
    )


def _gap(title: str, description: str, metric: str, empty: str) -> Builder[Panel]:
    name = f"fairlead_fairness_{metric}"
    return graph(
        Text(title, description, empty),
        Scale("percentunit", 0),
        {
            "{{attribute}}": series(f"{name}_difference", "attribute", where=ATTRIBUTE),
            "{{attribute}} baseline": series(f"{name}_baseline_difference", "attribute", where=ATTRIBUTE),
        },
        grid=Grid(6, 9),
    )


def gaps() -> Sequence[Builder[Panel]]:
    """Demographic parity, equal opportunity and disparate impact."""
    unlabelled = "Too few labelled positives in the groups"
    return [
        _drift(
            "Has the gap in selection grown?",
            "Demographic parity drift: the gap between the highest and the lowest selection rate, minus the "
            "baseline's gap. "
            "Negative when the gap has narrowed.",
            "demographic_parity",
            SMALL,
        ),
        _gap(
            "How large is the gap in selection?",
            "Highest minus lowest selection rate over the groups, with the baseline's gap as a dotted line.",
            "demographic_parity",
            SMALL,
        ),
        _drift(
            "Has the gap in opportunity grown?",
            "Equal opportunity drift: the gap between the highest and the lowest true-positive rate, minus the "
            "baseline's gap. "
            "Negative when the gap has narrowed.",
            "equal_opportunity",
            unlabelled,
        ),
        _gap(
            "How large is the gap in opportunity?",
            "Highest minus lowest true-positive rate over the groups, with the baseline's gap as a dotted line.",
            "equal_opportunity",
            unlabelled,
        ),
        graph(
            Text(
                "Does any group fall below the 80 % line?",
                "Disparate impact: each group's selection rate over the reference group's, with its 95 % "
                "interval dotted. "
                "Below the critical threshold (80 % unless configured) the policy demands to halt lending.",
                SMALL,
            ),
            Scale("percentunit", 0.5, 1.2),
            {
                "{{attribute}} {{group}}": _group("fairlead_group_disparate_impact_ratio"),
                "{{attribute}} {{group}} lower": _group("fairlead_group_disparate_impact_ratio_lower"),
                "{{attribute}} {{group}} upper": _group("fairlead_group_disparate_impact_ratio_upper"),
            },
            thresholds("fairness_disparate_impact_ratio"),
            Grid(16, 10),
        ),
        graph(
            Text(
                "Has the worst ratio fallen since the baseline?",
                "Smallest disparate impact ratio over the groups that are large enough, with the baseline's and "
                "the noise "
                "(a ratio above it is chance) dotted.",
                SMALL,
            ),
            Scale("percentunit", 0.5, 1),
            {
                "{{attribute}}": series("fairlead_fairness_disparate_impact_ratio", "attribute", where=ATTRIBUTE),
                "{{attribute}} baseline": series(
                    "fairlead_fairness_disparate_impact_baseline_ratio", "attribute", where=ATTRIBUTE
                ),
                "{{attribute}} noise": series(
                    "fairlead_fairness_disparate_impact_ratio_noise", "attribute", where=ATTRIBUTE
                ),
            },
            thresholds("fairness_disparate_impact_ratio"),
            Grid(8, 10),
        ),
    ]


def _group(metric: str) -> str:
    return series(metric, "attribute", "group", where=ATTRIBUTE)
