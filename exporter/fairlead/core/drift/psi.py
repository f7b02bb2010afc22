"""Population stability index per feature: numerical by deciles, categorical by category."""

from fairlead.core.baseline import own_bins, psi_counts
from fairlead.core.comparison import Comparison
from fairlead.core.drift.categories import binned
from fairlead.core.drift.divergence import psi, psi_noise
from fairlead.core.measurement import Measurement, NotComputed, Outcomes
from fairlead.core.summary import Integers


def measure(c: Comparison) -> Outcomes:
    """PSI in [0, ∞); 0 when the shares are equal. Missing values are left to the missing-value metrics."""
    series = len(c.current.numerical) + len(c.current.categorical)
    for feature in (*c.current.numerical, *c.current.categorical):
        labels = (("feature", feature),)
        current, base = _counts(c, feature)
        reason = c.too_few(int(current.sum()), int(base.sum()))
        if reason is None and len(base) == 1:
            reason = "every category is rare in the baseline"
        if reason:
            yield NotComputed("feature_psi", reason, labels)
            continue
        yield Measurement(
            "feature_psi",
            psi(current, base),
            labels,
            psi_noise(current, base, series),
            int(current.sum()),
            int(base.sum()),
        )


def _counts(c: Comparison, feature: str) -> tuple[Integers, Integers]:
    if feature in c.current.numerical:
        counts = psi_counts(c.baseline.bins[feature], c.current.numerical[feature].counts)
        return counts, c.baseline.psi_counts(feature)
    base = c.baseline.summary.categorical[feature]
    names = own_bins(base)
    return binned(c.current.categorical[feature], names), binned(base, names)
