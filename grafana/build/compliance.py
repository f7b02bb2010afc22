"""The compliance table: every fairness measurement with its threshold and the law behind it."""

from collections.abc import Sequence

from grafana.build.breaches import verdict_of
from grafana.build.judged import judged
from grafana.build.panels import VERDICTS, Grid, Text, number
from grafana.build.queries import ATTRIBUTE, selector
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


def verdicts() -> Sequence[Builder[Panel]]:
    """One glance: the verdict on each measurement, as a word, and how fresh it is."""
    questions = {
        "fairness_disparate_impact_ratio": (
            "Does it keep the 80 % rule?",
            "Disparate impact ratio of every attribute against its thresholds (0.90 and 0.80 unless configured).",
        ),
        "fairness_demographic_parity_drift": (
            "Does it still select alike?",
            "Demographic parity drift of every attribute against its thresholds: EU AI Act, fair lending.",
        ),
        "fairness_equal_opportunity_drift": (
            "Does it still give equal chances?",
            "Equal opportunity drift of every attribute against its thresholds: Equal Opportunity Act.",
        ),
        "fairness_accuracy_gap_increase": (
            "Is it still as accurate for all?",
            "Growth of the accuracy gap of every attribute against its thresholds: EU AI Act Art. 10, Art. 15.",
        ),
    }
    shown = [
        number(
            Text(
                title, f"{description} The worst of the chosen attributes.", "Not measured: see below what is missing"
            ),
            "none",
            _worst(metric),
            [(None, "text")],
            texts=VERDICTS,
        )
        for metric, (title, description) in questions.items()
    ]
    checked = 'time() - max(fairlead_analysis_last_success_timestamp_seconds{model="$model",family="fairness"})'
    open_ = 'count(group by (incident) (fairlead_incident_info{model="$model",family="fairness"})) or vector(0)'
    return [
        *shown,
        number(
            Text(
                "How long ago was fairness checked?",
                "The policy asks for a check a day, whatever the risk of the model.",
                "Fairness was never analysed",
            ),
            "dtdurations",
            checked,
            [(None, "green"), (36 * 3600, "orange")],
        ),
        number(
            Text(
                "How many fairness incidents are open?",
                "Incidents of the family fairness that are not closed.",
                "Unknown: Prometheus gave no answer",
            ),
            "none",
            open_,
            [(None, "green"), (1, "red")],
        ),
    ]


def _worst(metric: str) -> str:
    found = f'metric="{metric}",model="$model",{ATTRIBUTE}'
    measured = selector(f"fairlead_{metric}", ATTRIBUTE)
    return f"max({verdict_of(found, measured, 'attribute')})"


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
