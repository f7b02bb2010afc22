"""Population stability index per feature: numerical by deciles, categorical by category."""

import math

from fairlead.core.baseline import own_bins, psi_counts
from fairlead.core.comparison import Comparison
from fairlead.core.drift.categories import binned
from fairlead.core.drift.divergence import psi, psi_noise
from fairlead.core.measurement import Measurement, NotComputed, Outcomes
from fairlead.core.summary import Categorical, Integers

CHANCE = 5
"""Standard deviations that chance does not pass, whatever the number of categories."""


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
    current, base = c.current.categorical[feature], c.baseline.summary.categorical[feature]
    names = own_bins(_expected(current, base))
    return binned(current, names), binned(base, names)


def _expected(current: Categorical, base: Categorical) -> Categorical:
    """Baseline rows that each of its categories would have if nothing had changed: its share of both windows.

    Choosing the bins by the baseline alone takes those that chance made common there, which then seem to have shrunk.
    A category that shrank by more than chance can is taken as the baseline has it.
    """
    share = base.counted / max(current.counted + base.counted, 1)
    counts = {}
    for name, before in base.counts.items():
        expected = (before + current.counts.get(name, 0)) * share
        shrunk = before - expected > CHANCE * math.sqrt(expected * (1 - share))
        counts[name] = before if shrunk else int(expected)
    return Categorical(counts, base.counted)
