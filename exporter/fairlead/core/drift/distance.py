"""Wasserstein-1 distance per numerical feature, in units of the baseline range."""

import math

from fairlead.core.comparison import Comparison
from fairlead.core.drift.wasserstein import pooled_noise, wasserstein, wasserstein_noise
from fairlead.core.measurement import Measurement, NotComputed, Outcomes


def measure(c: Comparison) -> Outcomes:
    """W1 ÷ baseline range, in [0, ∞); 0 for equal samples, 1 for a shift by the whole range.

    A constant baseline has no range and an infinite value no finite distance: both are not computed.
    """
    for feature in c.current.numerical:
        labels = (("feature", feature),)
        current, base = c.numerical(feature)
        bins = c.baseline.bins[feature]
        reason = c.too_few(current.counted, base.counted)
        if reason is None and bins.scale == 0:
            reason = "constant in the baseline"
        if reason is None and (current.infinite or base.infinite):
            reason = "infinite values"
        if reason:
            yield NotComputed("feature_wasserstein_distance", reason, labels)
            continue
        distance, _ = wasserstein(current, base, bins)
        series = len(c.current.numerical)
        noise = wasserstein_noise(c.baseline.nulls[feature], current.counted, base.counted, series)
        if noise < distance < math.inf:
            noise = max(noise, pooled_noise(current, base, bins, series))
        yield Measurement(
            "feature_wasserstein_distance",
            distance / bins.scale,
            labels,
            noise / bins.scale,
            current.counted,
            base.counted,
        )
