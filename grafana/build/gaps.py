"""Graphs of the gaps between groups: what the fairness alerts judge."""

from collections.abc import Mapping, Sequence

from grafana.build.panels import Grid, Scale, Text, graph
from grafana.build.queries import ATTRIBUTE, beside_noise, series, thresholds, trend
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models.dashboard import Panel

SMALL = "Fewer than two groups are large enough to compare"
FEW_POSITIVES = "Too few labelled positives in the groups"
FEW_LABELS = "Too few labelled rows in the groups"


def gaps() -> Sequence[Builder[Panel]]:
    """Demographic parity, equal opportunity and accuracy: growth above, size below. Then disparate impact."""
    return [*_growth(), *_size(), *_disparate_impact()]


def _growth() -> Sequence[Builder[Panel]]:
    return [
        _drift(
            "Has the gap in selection grown?",
            "Demographic parity drift: the gap between the highest and the lowest selection rate, minus the "
            "baseline's gap. Negative when the gap has narrowed.",
            "fairness_demographic_parity_drift",
            SMALL,
        ),
        _drift(
            "Has the gap in opportunity grown?",
            "Equal opportunity drift: the gap between the highest and the lowest true-positive rate, minus the "
            "baseline's gap. Negative when the gap has narrowed.",
            "fairness_equal_opportunity_drift",
            FEW_POSITIVES,
        ),
        _drift(
            "Has the gap in accuracy grown?",
            "Accuracy gap increase: the gap between the highest and the lowest accuracy, minus the baseline's gap. "
            "Negative when the gap has narrowed.",
            "fairness_accuracy_gap_increase",
            FEW_LABELS,
        ),
    ]


def _size() -> Sequence[Builder[Panel]]:
    return [
        _gap(
            "How large is the gap in selection?",
            "Highest minus lowest selection rate over the groups, with the baseline's gap as a dotted line.",
            {
                "{{attribute}}": _by_attribute("fairlead_fairness_demographic_parity_difference"),
                "{{attribute}} baseline": _by_attribute("fairlead_fairness_demographic_parity_baseline_difference"),
            },
            SMALL,
        ),
        _gap(
            "How large is the gap in opportunity?",
            "Highest minus lowest true-positive rate over the groups, with the baseline's gap as a dotted line.",
            {
                "{{attribute}}": _by_attribute("fairlead_fairness_equal_opportunity_difference"),
                "{{attribute}} baseline": _by_attribute("fairlead_fairness_equal_opportunity_baseline_difference"),
            },
            FEW_POSITIVES,
        ),
        _gap(
            "How large is the gap in accuracy?",
            "Highest minus lowest accuracy over the groups.",
            {"{{attribute}}": _by_attribute("fairlead_fairness_accuracy_gap")},
            FEW_LABELS,
        ),
    ]


def _disparate_impact() -> Sequence[Builder[Panel]]:
    return [
        graph(
            Text(
                "Does any group fall below the 80 % line?",
                "Disparate impact: each group's selection rate over the reference group's, with its 95 % interval "
                "dotted. Below the critical threshold (80 % unless configured) the policy demands to halt lending.",
                SMALL,
            ),
            Scale("percentunit", 0.5, 1.2),
            {
                "{{attribute}} {{group}}": _by_group("fairlead_group_disparate_impact_ratio"),
                "{{attribute}} {{group}} lower": _by_group("fairlead_group_disparate_impact_ratio_lower"),
                "{{attribute}} {{group}} upper": _by_group("fairlead_group_disparate_impact_ratio_upper"),
            },
            thresholds("fairness_disparate_impact_ratio"),
            Grid(16, 10),
        ),
        graph(
            Text(
                "Has the worst ratio fallen since the baseline?",
                "Smallest disparate impact ratio over the groups that are large enough, with the baseline's and the "
                "noise (a ratio above it is chance) dotted.",
                SMALL,
            ),
            Scale("percentunit", 0.5, 1),
            {
                **beside_noise(
                    "{{attribute}}", "fairlead_fairness_disparate_impact_ratio", "attribute", where=ATTRIBUTE
                ),
                "{{attribute}} baseline": _by_attribute("fairlead_fairness_disparate_impact_baseline_ratio"),
            },
            thresholds("fairness_disparate_impact_ratio"),
            Grid(8, 10),
        ),
    ]


def _drift(title: str, description: str, metric: str, empty: str) -> Builder[Panel]:
    return graph(
        Text(title, description, empty),
        Scale("percentunit", 0, 0.12),
        beside_noise("{{attribute}}", f"fairlead_{metric}", "attribute", where=ATTRIBUTE),
        thresholds(metric),
    )


def _gap(title: str, description: str, queries: Mapping[str, str], empty: str) -> Builder[Panel]:
    return graph(Text(title, description, empty), Scale("percentunit", 0), queries)


def _by_attribute(metric: str) -> str:
    return series(metric, "attribute", where=ATTRIBUTE)


def _by_group(metric: str) -> str:
    return trend(metric, "attribute", "group", where=ATTRIBUTE)
