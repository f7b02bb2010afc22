"""Mean predictive entropy per row, and its relative change."""

import math

from fairlead.core import noise
from fairlead.core.comparison import Comparison
from fairlead.core.measurement import Measurement, NotComputed, Outcomes

MAX_INVALID = 0.01


def measure(c: Comparison) -> Outcomes:
    """Entropy −Σ p·ln p in nats, in [0, ln classes]; change current ÷ baseline − 1, signed, in [−1, ∞).

    A certain model (entropy 0) in the baseline has no relative change. Rows whose probabilities are no probabilities
    are left out; more than 1 % of them and nothing is said. A regression has no entropy.
    """
    if c.regression:
        return
    current, base = c.current.entropy, c.baseline.summary.entropy
    if current.rows:
        yield Measurement("prediction_entropy", current.mean, samples=current.rows)
    if base.rows:
        yield Measurement("prediction_entropy_baseline", base.mean, baseline_samples=base.rows)
    reason = "no scores" if current.rows + current.invalid == 0 else c.too_few(current.rows, base.rows)
    if current.invalid > MAX_INVALID * (current.rows + current.invalid):
        reason = "scores outside 0 to 1"
    elif reason is None and base.mean == 0:
        reason = "no entropy in the baseline"
    if reason:
        yield NotComputed("prediction_entropy_change_ratio", reason)
        return
    pooled = (current.variance * current.rows + base.variance * base.rows) / (current.rows + base.rows)
    error = math.sqrt(pooled * (1 / current.rows + 1 / base.rows)) / base.mean
    yield Measurement(
        "prediction_entropy_change_ratio",
        current.mean / base.mean - 1,
        (),
        noise.two_sided_z(noise.ALPHA) * error,
        current.rows,
        base.rows,
    )
