"""F1 per class on labelled rows, and its drop since the baseline."""

from fairlead.core import noise
from fairlead.core.comparison import Comparison
from fairlead.core.measurement import Labels, Measurement, NotComputed, Outcomes
from fairlead.core.prediction.classes import MAX_CLASSES
from fairlead.core.summary import ClassTally


def measure(c: Comparison) -> Outcomes:
    """F1 = 2·both ÷ (predicted + actual) per class, in [0, 1] (scikit-learn's f1_score with average=None).

    Drop baseline − current in [−1, 1], positive when worse. A class that is neither predicted nor a label on one side
    has no F1 there. More than MAX_CLASSES classes: not computed. Without labels: nothing.
    """
    current, base = c.cohort, c.baseline.summary
    if c.regression or not (current.labelled or base.labelled):
        return
    names = sorted({*current.by_class, *base.by_class})
    reason = "no labels" if current.labelled == 0 else c.too_few(current.labelled, base.labelled)
    if len(names) > MAX_CLASSES:
        yield NotComputed("performance_f1_drop", reason or "too many classes")
        return
    z = noise.one_sided_z(noise.sidak(len(current.by_class.keys() & base.by_class.keys())))
    for name in names:
        labels, tally = (("class", name),), current.by_class.get(name)
        if tally:
            yield Measurement("performance_f1_ratio", f1(agreement(tally)), labels, samples=either(tally))
        if reason is None:
            yield _drop(tally, base.by_class.get(name), z, labels)
    if reason:
        yield NotComputed("performance_f1_drop", reason)


def either(tally: ClassTally) -> int:
    """Rows predicted or labelled as the class."""
    return tally.predicted + tally.actual - tally.both


def agreement(tally: ClassTally) -> float:
    """Share of those rows that are both (Jaccard), in [0, 1]."""
    return tally.both / either(tally)


def f1(share: float) -> float:
    """F1 of a class with this agreement J: 2J ÷ (1 + J), which grows with it."""
    return 2 * share / (1 + share)


def _drop(now: ClassTally | None, before: ClassTally | None, z: float, labels: Labels) -> Measurement | NotComputed:
    """Noise: what the agreement falls by chance, J − limit, as F1; both sides' rows are draws of the one share J."""
    if now is None or before is None:
        return NotComputed("performance_f1_drop", f"not in the {'baseline' if now else 'window'}", labels)
    rows, base_rows = either(now), either(before)
    limit = noise.rate_increase((rows - now.both, rows), (base_rows - before.both, base_rows), z)
    share = agreement(before)
    drop = f1(share) - f1(agreement(now))
    fall = f1(share) - f1(max(share - limit, 0.0))
    return Measurement("performance_f1_drop", drop, labels, fall, rows, base_rows)
