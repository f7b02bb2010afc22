"""Missing values (null or NaN; an absent column is missing in every row) per feature."""

from fairlead.core import noise
from fairlead.core.comparison import Comparison
from fairlead.core.measurement import Measurement, NotComputed, Outcomes
from fairlead.core.summary import Categorical, Numerical


def measure(c: Comparison) -> Outcomes:
    """Shares in [0, 1] and their increase in [−1, 1]; 0 increase when nothing changed."""
    features: dict[str, Numerical | Categorical] = {**c.current.numerical, **c.current.categorical}
    base_features: dict[str, Numerical | Categorical] = {
        **c.baseline.summary.numerical,
        **c.baseline.summary.categorical,
    }
    z = noise.one_sided_z(noise.sidak(len(features)))
    for feature, current in features.items():
        labels, base = (("feature", feature),), base_features[feature]
        if base.rows == 0:
            yield NotComputed("feature_missing_increase_ratio", "no rows in the baseline", labels)
            continue
        rate, reference = current.missing / current.rows, base.missing / base.rows
        yield Measurement("feature_missing_ratio", rate, labels, samples=current.rows)
        yield Measurement("feature_missing_baseline_ratio", reference, labels, baseline_samples=base.rows)
        yield Measurement(
            "feature_missing_increase_ratio",
            rate - reference,
            labels,
            noise.rate_increase((current.missing, current.rows), (base.missing, base.rows), z),
            current.rows,
            base.rows,
        )
