"""How many predictions have their label by now."""

from fairlead.core.comparison import Comparison
from fairlead.core.measurement import Measurement, NotComputed, Outcomes


def measure(c: Comparison) -> Outcomes:
    """Rows with prediction and label ÷ rows with a prediction, in [0, 1], of the window that labels are expected for.

    A model without a label in the window and in the baseline has none configured: nothing is said.
    """
    labelled, predicted = c.cohort.labelled, c.cohort.predicted
    if labelled == 0 and c.baseline.summary.labelled == 0:
        return
    if predicted < max(c.minimums.samples, 1):
        yield NotComputed("performance_labelled_ratio", "too few predictions" if predicted else "no predictions")
        return
    yield Measurement("performance_labelled_ratio", labelled / predicted, samples=predicted)
