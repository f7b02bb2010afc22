"""New and shifted categories per categorical feature."""

import math

import numpy as np

from fairlead.core import noise
from fairlead.core.comparison import Comparison
from fairlead.core.measurement import Measurement, NotComputed, Outcomes
from fairlead.core.summary import Categorical, Integers


def binned(column: Categorical, names: tuple[str, ...]) -> Integers:
    """Counts (len(names) + 1,): one bin per name, then one for everything else, unseen or rare."""
    own = [column.counts.get(name, 0) for name in names]
    return np.array([*own, column.counted - sum(own)], dtype=np.int64)


def measure(c: Comparison) -> Outcomes:
    """Share of rows in categories the baseline never saw, and the largest change of any category's share; in [0, 1]."""
    series = len(c.current.categorical)
    for feature, current in c.current.categorical.items():
        labels = (("feature", feature),)
        base = c.baseline.summary.categorical[feature]
        reason = c.too_few(current.counted, base.counted)
        if reason:
            yield NotComputed("feature_new_category_ratio", reason, labels)
            yield NotComputed("feature_category_shift_ratio", reason, labels)
            continue
        if base.folded:
            yield NotComputed("feature_new_category_ratio", "too many categories in the baseline", labels)
        else:
            yield _new(current, base, series, feature)
        yield _shift(current, base, series, feature)


def _new(current: Categorical, base: Categorical, series: int, feature: str) -> Measurement:
    """Noise adds Good and Turing's estimate of the mass a baseline of this size has not met: singletons ÷ rows.

    The variance of that estimate is (singletons + 2·doubletons) ÷ rows² (Esty 1983); a baseline without singletons
    keeps Wilson's limit of 0.
    """
    seen = sum(count for name, count in current.counts.items() if name in base.counts)
    new = current.counted - seen
    singletons, doubletons = (sum(1 for count in base.counts.values() if count == times) for times in (1, 2))
    z = noise.one_sided_z(noise.sidak(series))
    met = noise.newcombe((new, current.counted), (0, base.counted), z)
    unmet = z * math.sqrt(singletons + 2 * doubletons) / base.counted
    return Measurement(
        "feature_new_category_ratio",
        new / current.counted,
        (("feature", feature),),
        singletons / base.counted + math.hypot(met, unmet),
        current.counted,
        base.counted,
    )


def _shift(current: Categorical, base: Categorical, series: int, feature: str) -> Measurement:
    """Noise is the normal deviate of the category, corrected for the skewness of small shares (Cornish and Fisher)."""
    n, m = current.counted, base.counted
    names = list(dict.fromkeys((*base.counts, *current.counts)))
    ours = np.array([current.counts.get(name, 0) for name in names])
    theirs = np.array([base.counts.get(name, 0) for name in names])
    z = noise.two_sided_z(noise.sidak(series * len(names)))
    change = np.abs(ours / n - theirs / m)
    largest = int(np.lexsort((ours + theirs, change))[-1])
    pooled = (ours[largest] + theirs[largest] + 1) / (n + m + 2)
    skewness = (z * z - 1) / 6 * abs(1 - 2 * pooled) * abs(1 / n - 1 / m)
    return Measurement(
        "feature_category_shift_ratio",
        float(change[largest]),
        (("feature", feature),),
        float(z * np.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m)) + skewness),
        n,
        m,
    )
