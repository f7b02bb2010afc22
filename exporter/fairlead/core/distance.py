"""How far one baseline is from another: PSI and Wasserstein-1 of every column, and the gaps between groups.

Two baselines may have been counted over different bins. Where both have the same, the numbers are exact. Where not,
rows inside a fine bin that an edge of the other cuts are taken as spread evenly, unless they are all one value: a fine
bin holds about one row in 128, and that much of the rows at each edge is what the numbers may be wrong by.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import isfinite

import numpy as np
from scipy.stats import wasserstein_distance

from fairlead.core.baseline import Baseline, own_bins, psi_counts
from fairlead.core.drift import categories, divergence
from fairlead.core.drift.wasserstein import wasserstein
from fairlead.core.edges import NumericalBins
from fairlead.core.fairness.gaps import spread
from fairlead.core.fairness.groups import ACCURACY, SELECTION, TRUE_POSITIVE, Rate
from fairlead.core.summary import Categorical, Floats, Integers, Numerical, Tally


@dataclass(frozen=True, slots=True)
class Apart:
    """How far one column of the later baseline is from the earlier one; None where that cannot be said."""

    subject: str
    psi: float | None
    wasserstein: float | None = None


@dataclass(frozen=True, slots=True)
class Distance:
    """The later baseline from the ``previous`` version: the largest and the mean over features, and what changed.

    shift is the total variation distance of the predicted classes. parity holds, per protected attribute, by how much
    the demographic parity difference has grown, over the groups that both have.
    """

    previous: str
    psi_max: float | None = None
    psi_mean: float | None = None
    wasserstein_max: float | None = None
    wasserstein_mean: float | None = None
    shift: float | None = None
    parity: Mapping[str, float] = field(default_factory=dict)


def distance(before: Baseline, after: Baseline, group: int) -> Distance:
    """The distance in a few numbers; groups of fewer than ``group`` rows do not enter a gap."""
    features = list(features_apart(before, after))
    psis = [one.psi for one in features if one.psi is not None]
    distances = [one.wasserstein for one in features if one.wasserstein is not None]
    return Distance(
        before.version,
        max(psis, default=None),
        _mean(psis),
        max(distances, default=None),
        _mean(distances),
        class_shift(before.summary.classes, after.summary.classes),
        gap_changes(before, after, SELECTION, group),
    )


def _mean(values: list[float]) -> float | None:
    return float(np.mean(values)) if values else None


def features_apart(before: Baseline, after: Baseline) -> Iterator[Apart]:
    """Each feature that both have, as the same type."""
    old, new = before.summary, after.summary
    for name, column in new.numerical.items():
        if name in old.numerical:
            one = (old.numerical[name], before.bins[name])
            yield _numerical(name, one, (column, after.bins[name]))
    for name, names in new.categorical.items():
        if name in old.categorical:
            yield Apart(name, _categorical(old.categorical[name], names))


def outputs_apart(before: Baseline, after: Baseline) -> Apart | None:
    """The score, or the predicted number of a regression."""
    old, new = before.summary.output, after.summary.output
    if old is None or new is None:
        return None
    return _numerical("output", (old, before.output_bins), (new, after.output_bins))


def attributions_apart(before: Baseline, after: Baseline) -> Iterator[Apart]:
    """The attributions of each feature that both explain."""
    old, new = before.summary.attributions, after.summary.attributions
    for name, column in new.items():
        if name in old:
            pair = (old[name], before.attribution_bins[name]), (column, after.attribution_bins[name])
            yield _numerical(name, *pair)


def class_shift(before: Categorical, after: Categorical) -> float | None:
    """½Σ|p − q| over the predicted classes, in [0, 1]; None without predictions on a side, as in a regression."""
    if before.counted == 0 or after.counted == 0:
        return None
    names = {*before.counts, *after.counts}
    shares = [after.counts.get(n, 0) / after.counted - before.counts.get(n, 0) / before.counted for n in names]
    return float(np.abs(shares).sum() / 2)


def gap_changes(before: Baseline, after: Baseline, rate: Rate, least: int) -> dict[str, float]:
    """Growth of max − min of a rate per attribute, in [−1, 1], over the groups large enough in both."""
    found = {}
    for attribute, groups in after.summary.groups.items():
        old = before.summary.groups.get(attribute, {})
        both = [group for group in groups if group in old and _enough(rate, least, groups[group], old[group])]
        if len(both) >= 2:
            now, then = ({group: side[group] for group in both} for side in (groups, old))
            found[attribute] = spread(now, rate) - spread(then, rate)
    return found


def _enough(rate: Rate, least: int, *tallies: Tally) -> bool:
    rows = least if rate in {TRUE_POSITIVE, ACCURACY} else 1
    return all(tally.predicted >= least and rate.rows(tally) >= rows for tally in tallies)


Side = tuple[Numerical, NumericalBins]


def _numerical(name: str, before: Side, after: Side) -> Apart:
    (old, bins), (new, own) = before, after
    if old.counted == 0 or new.counted == 0:
        return Apart(name, None)
    psi = divergence.psi(_over(new, own, bins), _over(old, bins, bins))
    return Apart(name, psi, _wasserstein(before, after))


def _categorical(before: Categorical, after: Categorical) -> float | None:
    names = own_bins(before)
    if not names or before.counted == 0 or after.counted == 0:
        return None
    return divergence.psi(categories.binned(after, names), categories.binned(before, names))


def _wasserstein(before: Side, after: Side) -> float | None:
    """W1 in ranges of the earlier one; None for a constant column or one with infinite values."""
    (old, bins), (new, own) = before, after
    if bins.scale == 0 or old.infinite or new.infinite:
        return None
    if _alike(bins, own):
        apart = wasserstein(new, old, bins)[0]
    else:
        (x, p), (y, q) = _atoms(old, bins), _atoms(new, own)
        apart = float(wasserstein_distance(x, y, p, q))
    return apart / bins.scale if isfinite(apart / bins.scale) else None


def _alike(bins: NumericalBins, own: NumericalBins) -> bool:
    same = (bins.centre, bins.unit) == (own.centre, own.unit)
    return same and np.array_equal(bins.edges, own.edges)


def _atoms(column: Numerical, bins: NumericalBins) -> tuple[Floats, Floats]:
    """Means of the fine bins and their rows."""
    filled = column.counts > 0
    counts = column.counts[filled].astype(np.float64)
    return bins.centre + bins.sums(column)[filled] / counts, counts


def _over(column: Numerical, own: NumericalBins, bins: NumericalBins) -> Integers:
    """Rows of a column per PSI bin of other bins than those it was counted in, rounded where an edge cuts a bin."""
    if np.array_equal(own.edges, bins.edges):
        return psi_counts(bins, column.counts)
    below = np.concatenate(([0.0], np.cumsum(column.counts)))
    place = np.searchsorted(own.edges, bins.edges, side="left")
    reached = below[place] + _share_below(column, own, bins.edges, place) * column.counts[place]
    fine = np.diff(np.concatenate(([0.0], np.maximum.accumulate(reached), [float(column.counted)])))
    return np.rint(np.bincount(bins.psi_bins, weights=fine, minlength=bins.bins)).astype(np.int64)


def _share_below(column: Numerical, own: NumericalBins, edges: Floats, place: Integers) -> Floats:
    """Share of a fine bin's rows that are at most an edge inside it."""
    ends = np.concatenate(([-np.inf], own.edges, [np.inf]))
    low = np.clip(ends[place], column.minimum, column.maximum)
    high = np.clip(ends[place + 1], column.minimum, column.maximum)
    counts = np.maximum(column.counts[place], 1)
    mean = np.clip(own.centre + own.sums(column)[place] / counts, low, high)
    near = 2 * own.quantum
    width = high - low
    single = (high - mean <= near) | (mean - low <= near) | (width <= 4e-6 * np.maximum(np.abs(low), np.abs(high)))
    with np.errstate(divide="ignore", invalid="ignore"):
        even = np.clip((edges - low) / width, 0.0, 1.0)
    found: Floats = np.where(single, (mean <= edges + near).astype(np.float64), even)
    return found
