"""Shares of the predicted classes and their total variation distance from the baseline."""

import numpy as np

from fairlead.core import noise
from fairlead.core.comparison import Comparison
from fairlead.core.measurement import Measurement, NotComputed, Outcomes

MAX_CLASSES = 100


def measure(c: Comparison) -> Outcomes:
    """Class shares in [0, 1]; shift ½Σ|p − q| in [0, 1], 0 when the shares are equal, 1 when no class is shared.

    A regression has no classes: nothing is said.
    """
    if c.regression:
        return
    current, base = c.current.classes, c.baseline.summary.classes
    names, reason = compared(c)
    if reason:
        yield NotComputed("prediction_shift_ratio", reason)
        return
    p = np.array([current.counts.get(name, 0) for name in names]) / current.counted
    q = np.array([base.counts.get(name, 0) for name in names]) / base.counted
    for name, share, reference in zip(names, p, q, strict=True):
        labels = (("class", name),)
        yield Measurement("prediction_class_ratio", float(share), labels, samples=current.counted)
        yield Measurement("prediction_class_baseline_ratio", float(reference), labels, baseline_samples=base.counted)
    n, m = current.counted, base.counted
    pooled = (p * n + q * m) / (n + m)
    shift = float(np.abs(p - q).sum() / 2)
    limit = noise.total_variation(pooled, n, m, noise.ALPHA)
    yield Measurement("prediction_shift_ratio", shift, (), limit, n, m)


def compared(c: Comparison) -> tuple[list[str], str | None]:
    """Classes predicted on either side, in order, and the reason why they are not compared, if so."""
    current, base = c.current.classes, c.baseline.summary.classes
    names = sorted({*current.counts, *base.counts})
    reason = c.too_few(current.counted, base.counted)
    if reason is None and (len(names) > MAX_CLASSES or current.folded or base.folded):
        reason = "too many classes"
    return names, reason
