"""Quantiles of the number that the model answers with."""

import numpy as np

from fairlead.core.comparison import Comparison
from fairlead.core.edges import NumericalBins
from fairlead.core.measurement import Measurement, NotComputed, Outcomes
from fairlead.core.summary import Numerical

PERCENT = {"0.05": 5, "0.25": 25, "0.5": 50, "0.75": 75, "0.95": 95}


def measure(c: Comparison) -> Outcomes:
    """Quantiles of the current window's score, regression prediction or confidence, in its unit.

    No output: nothing; no value in it: one reason. An infinite value lies in an outer bin like a finite one, on a side
    that is not known any more: not computed.
    """
    column = c.current.output
    if column is None:
        return
    if column.counted == 0 or column.infinite:
        reason = "infinite values" if column.infinite else "no values in the window"
        yield NotComputed("prediction_score_quantile", reason)
        return
    for name, percent in PERCENT.items():
        value = quantile(column, c.baseline.output_bins, percent)
        yield Measurement("prediction_score_quantile", value, (("quantile", name),), samples=column.counted)


def quantile(column: Numerical, bins: NumericalBins, percent: int) -> float:
    """Smallest value that at least ``percent`` of the rows do not exceed; column holds finite values, at least one.

    The bin of that row is known, and between its ends (the smallest and largest value at the outside) the rows are
    taken as evenly spread around their mean, as wide as fits. So the error is at most the width of the bin, the result
    is never outside minimum to maximum, and exact where all rows of the bin are equal.
    """
    rank = max(-(-percent * column.counted // 100), 1)
    cumulative = np.cumsum(column.counts)
    place = int(np.searchsorted(cumulative, rank))
    rows, before = int(column.counts[place]), int(cumulative[place] - column.counts[place])
    low = max(float(bins.edges[place - 1]), column.minimum) if place > 0 else column.minimum
    high = min(float(bins.edges[place]), column.maximum) if place < len(bins.edges) else column.maximum
    mean = min(max(bins.centre + float(column.sums[place]) * bins.quantum / rows, low), high)
    half = min(mean - low, high - mean)
    return mean + half * ((2 * (rank - before) - 1) / rows - 1)
