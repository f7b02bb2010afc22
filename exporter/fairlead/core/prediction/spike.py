"""How many times as often as in the baseline each class is predicted."""

from fairlead.core import noise
from fairlead.core.comparison import Comparison
from fairlead.core.measurement import Measurement, NotComputed, Outcomes
from fairlead.core.prediction.classes import compared


def measure(c: Comparison) -> Outcomes:
    """Share ÷ baseline share per class, in [0, ∞), 1 when nothing changed; its noise is a ratio above 1.

    A class that the baseline never predicted has no ratio: it is named, and the shift sees it. How far a share rises
    by chance, over the baseline's share, is large where that is small. A regression has no classes: nothing is said.
    """
    if c.regression:
        return
    current, base = c.current.classes, c.baseline.summary.classes
    names, reason = compared(c)
    if reason:
        yield NotComputed("prediction_class_spike", reason)
        return
    n, m = current.counted, base.counted
    z = noise.one_sided_z(noise.sidak(len(base.counts)))
    for name in names:
        labels = (("class", name),)
        count, before = current.counts.get(name, 0), base.counts.get(name, 0)
        if before == 0:
            yield NotComputed("prediction_class_spike", "not in the baseline", labels)
            continue
        share = before / m
        limit = 1 + noise.rate_increase((count, n), (before, m), z) / share
        yield Measurement("prediction_class_spike", count / n / share, labels, limit, n, m)
