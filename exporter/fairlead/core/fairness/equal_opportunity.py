"""Equal opportunity: the gap between the groups' true-positive rates, and how it has grown."""

from fairlead.core.comparison import Comparison
from fairlead.core.fairness import gaps
from fairlead.core.fairness.groups import TRUE_POSITIVE
from fairlead.core.measurement import Outcomes

GAP = gaps.Gap(
    TRUE_POSITIVE,
    "fairness_equal_opportunity_difference",
    "fairness_equal_opportunity_baseline_difference",
    "fairness_equal_opportunity_drift",
)


def measure(c: Comparison) -> Outcomes:
    """Difference in [0, 1] (fairlearn's equal_opportunity_difference) and drift in [−1, 1], positive when it grew."""
    return gaps.measure(c, GAP)
