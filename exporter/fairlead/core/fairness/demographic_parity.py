"""Demographic parity: the gap between the groups' selection rates, and how it has grown."""

from fairlead.core.comparison import Comparison
from fairlead.core.fairness import gaps
from fairlead.core.fairness.groups import SELECTION
from fairlead.core.measurement import Outcomes

GAP = gaps.Gap(
    SELECTION,
    "fairness_demographic_parity_difference",
    "fairness_demographic_parity_baseline_difference",
    "fairness_demographic_parity_drift",
)


def measure(c: Comparison) -> Outcomes:
    """Difference in [0, 1] (fairlearn's demographic_parity_difference) and drift in [−1, 1], positive when it grew."""
    return gaps.measure(c, GAP)
