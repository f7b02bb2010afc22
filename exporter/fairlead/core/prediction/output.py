"""Drift of the number that the model answers with, over the baseline's deciles of it."""

import numpy as np

from fairlead.core import noise
from fairlead.core.baseline import psi_counts
from fairlead.core.comparison import Comparison
from fairlead.core.drift.divergence import kl_divergence, kl_noise, occupied
from fairlead.core.measurement import Measurement, NotComputed, Outcomes
from fairlead.core.summary import Integers


def measure(c: Comparison) -> Outcomes:
    """KL(current‖baseline) in nats, in [0, ∞), of the score, the regression's prediction or the confidence.

    For a regression also the shift ½Σ|p − q| over the same bins, in [0, 1]. Both are 0 when the shares are equal. A
    model that answers with classes only has no output: nothing is said.
    """
    current, base = c.current.output, c.baseline.summary.output
    if current is None:
        return
    bins = c.baseline.output_bins
    ours = psi_counts(bins, current.counts)
    theirs = psi_counts(bins, base.counts) if base else np.zeros_like(ours)
    n, m = int(ours.sum()), int(theirs.sum())
    reason = c.too_few(n, m)
    if reason:
        yield NotComputed("prediction_kl_divergence", reason)
        if c.regression:
            yield NotComputed("prediction_shift_ratio", reason)
        return
    limit = kl_noise(ours, theirs, 1)
    yield Measurement("prediction_kl_divergence", kl_divergence(ours, theirs), (), limit, n, m)
    if c.regression:
        yield _shift(*occupied(ours, theirs))


def _shift(ours: Integers, theirs: Integers) -> Measurement:
    n, m = int(ours.sum()), int(theirs.sum())
    shift = float(np.abs(ours / n - theirs / m).sum() / 2)
    limit = noise.total_variation((ours + theirs) / (n + m), n, m, noise.ALPHA)
    return Measurement("prediction_shift_ratio", shift, (), limit, n, m)
