"""Demographic parity: the gap between the groups' selection rates, and how it has grown."""

from fairlead.core.comparison import Comparison
from fairlead.core.fairness.rates import SELECTION, gap_drift
from fairlead.core.measurement import Outcomes


def measure(c: Comparison) -> Outcomes:
    """Difference in [0, 1] (fairlearn's demographic_parity_difference) and drift in [−1, 1], positive when it grew."""
    return gap_drift(c, SELECTION, "fairness_demographic_parity")
