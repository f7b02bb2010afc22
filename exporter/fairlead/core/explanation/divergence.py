"""Kullback-Leibler divergence of each feature's attributions, over bins frozen in the baseline."""

from fairlead.core.baseline import psi_counts
from fairlead.core.comparison import Comparison
from fairlead.core.drift.divergence import kl_divergence, kl_noise
from fairlead.core.measurement import Measurement, NotComputed, Outcomes

METRIC = "attribution_kl_divergence"


def measure(c: Comparison) -> Outcomes:
    """KL(current‖baseline) in nats, in [0, ∞); 0 when the shares are equal, also of constant attributions."""
    current, base = c.current.attributions, c.baseline.summary.attributions
    for feature in current:
        labels = (("feature", feature),)
        n, m = current[feature].counted, base[feature].counted if feature in base else 0
        reason = c.too_few(n, m)
        if reason:
            yield NotComputed(METRIC, reason, labels)
            continue
        bins = c.baseline.attribution_bins[feature]
        counts, reference = (psi_counts(bins, side[feature].counts) for side in (current, base))
        limit = kl_noise(counts, reference, len(current))
        yield Measurement(METRIC, kl_divergence(counts, reference), labels, limit, n, m)
