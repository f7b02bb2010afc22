"""Equal opportunity: the gap between the groups' true-positive rates, and how it has grown."""

from fairlead.core.comparison import Comparison
from fairlead.core.fairness.rates import TRUE_POSITIVE, gap_drift
from fairlead.core.measurement import Outcomes


def measure(c: Comparison) -> Outcomes:
    """Difference in [0, 1] (fairlearn's equal_opportunity_difference) and drift in [−1, 1], positive when it grew."""
    return gap_drift(c, TRUE_POSITIVE, "fairness_equal_opportunity")
