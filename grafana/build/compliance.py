"""The compliance table: every fairness measurement with its threshold and the law behind it."""

from collections.abc import Sequence

from grafana.build.judged import judged
from grafana.build.panels import Grid, Text
from grafana.build.queries import ATTRIBUTE
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models.dashboard import Panel

JUDGED = (
    "fairness_demographic_parity_drift|fairness_equal_opportunity_drift|fairness_accuracy_gap_increase"
    "|fairness_disparate_impact_ratio"
)
LAWS = {
    "fairness_demographic_parity_drift": "EU AI Act, fair lending",
    "fairness_equal_opportunity_drift": "Equal Opportunity Act",
    "fairness_accuracy_gap_increase": "EU AI Act Art. 10 (bias), Art. 15 (performance)",
    "fairness_disparate_impact_ratio": "80 % rule: halt lending, tell compliance",
}


def compliance() -> Sequence[Builder[Panel]]:
    """One table."""
    return [
        judged(
            Text(
                "Does the model comply?",
                "A drift or an increase complies below its threshold, the disparate impact ratio above it. Inside the "
                "noise a value means nothing; the verdict needs a value past its threshold and past its noise.",
                "No fairness measurement: the groups are too small, or no protected attribute is configured",
            ),
            {"attribute": "Attribute", "metric": "Measurement", "law": "Rule"},
            JUDGED,
            ["attribute"],
            where=ATTRIBUTE,
            grid=Grid(24, 8),
            notes={metric: ("law", law) for metric, law in LAWS.items()},
        )
    ]
