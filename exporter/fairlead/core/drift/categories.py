"""New, shifted and surging categories per categorical feature."""

import math
from collections import Counter

import numpy as np
from scipy.special import gammaln

from fairlead.core import noise
from fairlead.core.comparison import Comparison
from fairlead.core.measurement import Measurement, NotComputed, Outcomes
from fairlead.core.summary import Categorical, Integers

RARE, SURGE = 0.01, 0.05
"""Policy: a category below 1 % in the baseline now above 5 %."""


def binned(column: Categorical, names: tuple[str, ...]) -> Integers:
    """Counts (len(names) + 1,): one bin per name, then one for everything else, unseen or rare."""
    own = [column.counts.get(name, 0) for name in names]
    return np.array([*own, column.counted - sum(own)], dtype=np.int64)


def measure(c: Comparison) -> Outcomes:
    """Share of rows in new categories and the largest change of a category's share, in [0, 1]; how many surge, from 0.

    New are categories that the baseline never saw.
    """
    series = len(c.current.categorical)
    for feature, current in c.current.categorical.items():
        labels = (("feature", feature),)
        base = c.baseline.summary.categorical[feature]
        reason = c.too_few(current.counted, base.counted)
        if reason:
            yield NotComputed("feature_new_category_ratio", reason, labels)
            yield NotComputed("feature_category_shift_ratio", reason, labels)
            yield NotComputed("feature_rare_category_surges", reason, labels)
            continue
        if base.folded:
            yield NotComputed("feature_new_category_ratio", "too many categories in the baseline", labels)
        else:
            yield _new(current, base, series, feature)
        yield _shift(current, base, series, feature)
        yield _surges(current, base, series, feature)


def _new(current: Categorical, base: Categorical, series: int, feature: str) -> Measurement:
    """Noise is that of dealing all rows anew: which categories would then be met in the window alone.

    A category of k rows is with a chance that shrinks with k, and then brings all of them. Half of the level goes to
    large ones that would practically never be; of the others the sum has mean, variance and skewness (Cornish and
    Fisher 1938). Folded rows count as categories of one row.
    """
    n, m = current.counted, base.counted
    new = n - sum(count for name, count in current.counts.items() if name in base.counts)
    names = {**base.counts, **current.counts}
    found = Counter(base.counts.get(name, 0) + current.counts.get(name, 0) for name in names)
    found[1] += current.folded
    sizes = np.array(sorted(size for size in found if 0 < size <= n))
    times = np.array([found[size] for size in sizes.tolist()])
    chance = np.exp(gammaln(n + 1) - gammaln(n - sizes + 1) - gammaln(n + m + 1) + gammaln(n + m - sizes + 1))
    level = noise.sidak(series) / 2
    possible = np.cumsum((times * chance)[::-1])[::-1] > level
    sizes, times, chance = sizes[possible], times[possible], chance[possible]
    spread = times * chance * (1 - chance)
    mean, variance = float((times * sizes * chance).sum()), float((spread * sizes**2).sum())
    third = float((spread * (1 - 2 * chance) * sizes**3).sum())
    z = noise.one_sided_z(level)
    skewness = (z * z - 1) / 6 * third / variance if variance else 0.0
    limit = max(mean + z * math.sqrt(variance) + skewness, 0.0) / n
    return Measurement("feature_new_category_ratio", new / n, (("feature", feature),), limit, n, m)


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


def _surges(current: Categorical, base: Categorical, series: int, feature: str) -> Measurement:
    """How many categories below RARE in the baseline are now above SURGE, each past its own noise; folded ones are not.

    The count has no noise, so each category owes one: `noise.rate_increase` at Šidák's level over the categories of all
    features. Two rows of thirty are no surge. A category that the baseline never saw may have been folded there.
    """
    n, m = current.counted, base.counted
    z = noise.one_sided_z(noise.sidak(series * len({**base.counts, **current.counts})))
    surges = 0
    for name, count in current.counts.items():
        before = base.counts.get(name, 0)
        if count > SURGE * n and before < RARE * m and (before or not base.folded):
            surges += count / n - before / m > noise.rate_increase((count, n), (before, m), z)
    return Measurement("feature_rare_category_surges", float(surges), (("feature", feature),), None, n, m)
