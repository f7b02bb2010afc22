"""The gap between the groups' accuracies, and how it has grown."""

from fairlead.core.comparison import Comparison
from fairlead.core.fairness import gaps
from fairlead.core.fairness.groups import ACCURACY
from fairlead.core.measurement import Outcomes

GAP = gaps.Gap(ACCURACY, "fairness_accuracy_gap", None, "fairness_accuracy_gap_increase")


def measure(c: Comparison) -> Outcomes:
    """Gap in [0, 1] (fairlearn's MetricFrame(accuracy).difference()) and increase in [−1, 1], positive when it grew.

    Without a label in window or baseline, or where right and wrong cannot be told apart, there is nothing to say.
    """
    if c.graded and (c.cohort.labelled or c.baseline.summary.labelled):
        yield from gaps.measure(c, GAP)
