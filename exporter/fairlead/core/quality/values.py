"""Values that are not what the configuration promised: wrong type, out of range, required but never there."""

from collections.abc import Mapping

from fairlead.core.comparison import Comparison
from fairlead.core.measurement import Measurement, NotComputed, Outcomes
from fairlead.core.summary import Categorical, Numerical


def measure(c: Comparison) -> Outcomes:
    """Mismatched ÷ all rows and out-of-range ÷ rows with a value, in [0, 1]; required_missing is 1 or 0.

    A mismatch is a value of a numerical feature that cannot be read as a number. ±inf is outside every range. A
    required feature is missing when no row of the window has a value.
    """
    for feature, current in c.current.numerical.items():
        labels, rows = (("feature", feature),), current.rows
        yield Measurement("feature_type_mismatch_ratio", current.mismatched / rows, labels, samples=rows)
        if feature in c.ranged:
            if current.counted:
                share = current.outside / current.counted
                yield Measurement("feature_range_violation_ratio", share, labels, samples=current.counted)
            else:
                yield NotComputed("feature_range_violation_ratio", "no values in the window", labels)
    features: Mapping[str, Numerical | Categorical] = {**c.current.numerical, **c.current.categorical}
    for feature, column in features.items():
        if feature in c.required:
            missing = float(column.counted == 0)
            yield Measurement("feature_required_missing", missing, (("feature", feature),), samples=column.rows)
