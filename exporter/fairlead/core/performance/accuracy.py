"""Accuracy on labelled rows, and its drop since the baseline."""

from fairlead.core import noise
from fairlead.core.comparison import Comparison
from fairlead.core.measurement import Measurement, NotComputed, Outcomes


def measure(c: Comparison) -> Outcomes:
    """Accuracy in [0, 1] (scikit-learn's accuracy_score); drop baseline − current in [−1, 1], positive when worse.

    A regression is right where it is within its tolerance; without one nothing is said.
    """
    if not c.graded:
        return
    current, base = c.cohort, c.baseline.summary
    if current.labelled:
        accuracy = current.correct / current.labelled
        yield Measurement("performance_accuracy_ratio", accuracy, samples=current.labelled)
    if base.labelled:
        reference = base.correct / base.labelled
        yield Measurement("performance_accuracy_baseline_ratio", reference, baseline_samples=base.labelled)
    reason = "no labels" if current.labelled == 0 else c.too_few(current.labelled, base.labelled)
    if reason:
        yield NotComputed("performance_accuracy_drop", reason)
        return
    wrong = (current.labelled - current.correct, current.labelled)
    base_wrong = (base.labelled - base.correct, base.labelled)
    yield Measurement(
        "performance_accuracy_drop",
        base.correct / base.labelled - current.correct / current.labelled,
        (),
        noise.rate_increase(wrong, base_wrong, noise.one_sided_z(noise.ALPHA)),
        current.labelled,
        base.labelled,
    )
