"""Whether the features keep their order by mean absolute attribution."""

from collections.abc import Mapping

import numpy as np

from fairlead.core.comparison import Comparison
from fairlead.core.explanation.magnitude import Magnitude, magnitude
from fairlead.core.measurement import Measurement, NotComputed, Outcomes
from fairlead.core.summary import Floats

METRIC = "attribution_rank_correlation"
ALIKE = 1e-6
"""Relative difference below which means are tied: far above the quantum of the sums."""

Sides = Mapping[str, tuple[Magnitude, Magnitude]]


def measure(c: Comparison) -> Outcomes:
    """Spearman's correlation of the features ranked by mean |attribution|, in [−1, 1], 1 for one order.

    Ties get their mean rank. Fewer than three features, or all attributions equal on one side: not computed.
    """
    sides = common(c)
    reason = "no attributions" if not c.current.attributions else too_few_features(c, sides, 3)
    if reason:
        yield NotComputed(METRIC, reason)
        return
    ours, theirs = (mean_ranks(np.array([pair[side].mean for pair in sides.values()])) for side in (0, 1))
    if np.ptp(ours) == 0 or np.ptp(theirs) == 0:
        yield NotComputed(METRIC, "all attributions equal")
        return
    correlation = min(max(float(np.corrcoef(ours, theirs)[0, 1]), -1.0), 1.0)
    yield Measurement(METRIC, correlation, (), None, *fewest_rows(sides))


def common(c: Comparison) -> Sides:
    """Current and baseline magnitude of each feature that has enough attributions in the window and any before."""
    found = {}
    for feature, column in c.current.attributions.items():
        base = c.baseline.summary.attributions.get(feature)
        bins = c.baseline.attribution_bins[feature]
        current, reference = magnitude(column, bins), magnitude(base, bins) if base else None
        if current and reference and current.rows >= c.minimums.samples:
            found[feature] = (current, reference)
    return found


def too_few_features(c: Comparison, sides: Sides, least: int) -> str | None:
    """Reason why so few features cannot be put in order, if so."""
    if len(sides) >= least:
        return None
    rare = sum(0 < column.counted < c.minimums.samples for column in c.current.attributions.values())
    if len(sides) + rare >= least:
        return "too few values"
    return f"fewer than {({3: 'three', 4: 'four'})[least]} features with attributions"


def fewest_rows(sides: Sides) -> tuple[int, int]:
    """Rows behind the worst known feature, of the window and of the baseline."""
    current, base = (min(pair[side].rows for pair in sides.values()) for side in (0, 1))
    return current, base


def mean_ranks(values: Floats) -> Floats:
    """Ranks from 1; values within ALIKE of their neighbour share their mean rank."""
    order = np.argsort(values, kind="stable")
    ascending = values[order]
    tie = np.concatenate(([0], np.cumsum(np.diff(ascending) > ALIKE * ascending[1:])))
    counts = np.bincount(tie)
    ranks = np.empty(len(values))
    ranks[order] = (np.cumsum(counts) - (counts - 1) / 2)[tie]
    return ranks
