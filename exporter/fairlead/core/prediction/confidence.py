"""Mean probability of the class that the model chose."""

from fairlead.core.comparison import Comparison
from fairlead.core.measurement import Measurement, Outcomes


def measure(c: Comparison) -> Outcomes:
    """Mean confidence in [0, 1], over the rows whose probabilities are probabilities; without scores nothing."""
    current, base = c.current.confidence, c.baseline.summary.confidence
    if current.rows:
        yield Measurement("prediction_confidence_mean", current.mean, samples=current.rows)
    if base.rows:
        yield Measurement("prediction_confidence_baseline_mean", base.mean, baseline_samples=base.rows)
