"""Mean absolute attribution per feature, and whether the features keep their order."""

import numpy as np

from fairlead.core.comparison import Comparison
from fairlead.core.measurement import Measurement, NotComputed, Outcomes
from fairlead.core.summary import Floats


def measure(c: Comparison) -> Outcomes:
    """mean |attribution| in [0, ∞); Spearman's correlation of the features ranked by it, in [−1, 1], 1 for one order.

    Ties get their mean rank. Fewer than three features, or all attributions equal on one side: not computed.
    """
    current, base = c.current.attributions, c.baseline.summary.attributions
    for feature, moments in current.items():
        labels = (("feature", feature),)
        if moments.rows:
            yield Measurement("attribution_mean_abs", moments.mean, labels, samples=moments.rows)
        if feature in base and base[feature].rows:
            reference = base[feature]
            yield Measurement("attribution_mean_abs_baseline", reference.mean, labels, baseline_samples=reference.rows)
    common = [name for name in current if current[name].rows and name in base and base[name].rows]
    reason = _reason(c, common)
    if reason:
        yield NotComputed("attribution_rank_correlation", reason)
        return
    ours = mean_ranks(np.array([current[name].mean for name in common]))
    theirs = mean_ranks(np.array([base[name].mean for name in common]))
    if np.ptp(ours) == 0 or np.ptp(theirs) == 0:
        yield NotComputed("attribution_rank_correlation", "all attributions equal")
        return
    rows = min(current[name].rows for name in common)
    base_rows = min(base[name].rows for name in common)
    correlation = float(np.corrcoef(ours, theirs)[0, 1])
    yield Measurement("attribution_rank_correlation", correlation, (), None, rows, base_rows)


def mean_ranks(values: Floats) -> Floats:
    """Ranks from 1, ties sharing their mean rank."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ranks: Floats = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    return ranks


def _reason(c: Comparison, common: list[str]) -> str | None:
    if not c.current.attributions:
        return "no attributions"
    if len(common) < 3:
        return "fewer than three features with attributions"
    rows = min(c.current.attributions[name].rows for name in common)
    return c.too_few(rows, min(c.baseline.summary.attributions[name].rows for name in common))
