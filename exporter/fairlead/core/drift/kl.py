"""Kullback-Leibler divergence per numerical feature, over the same bins as PSI."""

from fairlead.core.baseline import psi_counts
from fairlead.core.comparison import Comparison
from fairlead.core.drift.divergence import kl_divergence, kl_noise
from fairlead.core.measurement import Measurement, NotComputed, Outcomes


def measure(c: Comparison) -> Outcomes:
    """KL(current‖baseline) in nats, in [0, ∞); 0 when the shares are equal."""
    for feature in c.current.numerical:
        labels = (("feature", feature),)
        counts = psi_counts(c.baseline.bins[feature], c.current.numerical[feature].counts)
        base = c.baseline.psi_counts(feature)
        n, m = int(counts.sum()), int(base.sum())
        reason = c.too_few(n, m)
        if reason:
            yield NotComputed("feature_kl_divergence", reason, labels)
            continue
        noise = kl_noise(counts, base, len(c.current.numerical))
        yield Measurement("feature_kl_divergence", kl_divergence(counts, base), labels, noise, n, m)
