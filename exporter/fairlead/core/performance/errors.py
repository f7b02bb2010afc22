"""How far a regression is from its labels."""

from fairlead.core.comparison import Comparison
from fairlead.core.measurement import Measurement, Outcomes


def measure(c: Comparison) -> Outcomes:
    """Mean |prediction − label| in the unit of the label, in [0, ∞), 0 when every prediction is right.

    Equal to scikit-learn's mean_absolute_error on the rows where both are finite. A classification has none.
    """
    unit = c.baseline.output_bins.unit
    current, base = c.cohort.errors, c.baseline.summary.errors
    if current.rows:
        yield Measurement("performance_mean_absolute_error", current.mean * unit, samples=current.rows)
    if base.rows:
        yield Measurement("performance_mean_absolute_error_baseline", base.mean * unit, baseline_samples=base.rows)
