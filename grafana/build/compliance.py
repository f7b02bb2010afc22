"""The compliance table: every fairness measurement with its threshold and the law behind it."""

from collections.abc import Sequence

from grafana.build import queries
from grafana.build.panels import Column, Grid, TableSpec, Text, records
from grafana.build.queries import ATTRIBUTE
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models.dashboard import Panel

JUDGED = "fairness_demographic_parity_drift|fairness_equal_opportunity_drift|fairness_disparate_impact_ratio"
LAWS = {
    "fairness_demographic_parity_drift": "EU AI Act, fair lending",
    "fairness_equal_opportunity_drift": "Equal Opportunity Act",
    "fairness_disparate_impact_ratio": "80 % rule: halt lending, tell compliance",
}


def compliance() -> Sequence[Builder[Panel]]:
    """One table."""
    measured = queries.named(JUDGED, "attribute", where=ATTRIBUTE)
    with_law = measured
    for metric, law in LAWS.items():
        with_law = f'label_replace({with_law}, "law", "{law}", "metric", "{metric}")'
    return [
        records(
            Text(
                "Does the model comply?",
                "A drift complies below its threshold, the disparate impact ratio above it. Inside the noise a "
                "value means "
                "nothing; the verdict needs a value past its threshold and past its noise.",
                "No fairness measurement: the groups are too small, or no protected attribute is configured",
            ),
            TableSpec(
                {"attribute": "Attribute", "metric": "Measurement", "law": "Rule"},
                {
                    "Value #A": Column("Current", decimals=4),
                    "Value #B": Column("Noise", decimals=4),
                    "Value #C": Column("Warning at", decimals=2),
                    "Value #D": Column("Critical at", decimals=2),
                    "Value #E": Column("Verdict", verdict=True),
                },
                [
                    with_law,
                    queries.named(JUDGED, "attribute", suffix="_noise", where=ATTRIBUTE),
                    queries.limit(measured, "warning", "attribute"),
                    queries.limit(measured, "critical", "attribute"),
                    queries.verdict(measured, "attribute"),
                ],
                sort="Verdict",
                grid=Grid(24, 8),
            ),
        )
    ]
