"""A new baseline from summaries that were counted over the bins of the old one: no rows are needed.

The fine edges, the centre and the unit stay, as the counts and sums depend on them; the PSI bins, the scale and the
noise are made anew. Where the fine edges are too coarse for what the column has become, rows are needed.
"""

from dataclasses import replace

import numpy as np

from fairlead.core.baseline import Baseline, Bins, assemble
from fairlead.core.edges import PSI_BINS, NumericalBins, Scale
from fairlead.core.merging import fold
from fairlead.core.summary import MAX_CATEGORIES, Categorical, Floats, Integers, Numerical, Summary

COARSE = 0.2
"""Share of a column's values that one fine bin may hold, unless they are all the same."""
UNKNOWN = 0.05
"""Share of a column's values that may be none of those that have a bin of their own."""
QUANTILES = {"p1_p99": (0.01, 0.99), "min_max": (0.0, 1.0), "iqr": (0.25, 0.75)}


def rebaseline(old: Baseline, summary: Summary, scale: Scale) -> Baseline:
    """The baseline of what was counted over the old one's bins; `too_coarse` names none of its columns."""
    output = summary.output
    bins = Bins(
        {name: rebinned(column, old.bins[name], scale) for name, column in summary.numerical.items()},
        old.output_bins if output is None else rebinned(output, old.output_bins, "p1_p99"),
        {name: rebinned(part, old.attribution_bins[name], "p1_p99") for name, part in summary.attributions.items()},
        old.thinning,
    )
    categorical = {name: _commonest(column) for name, column in summary.categorical.items()}
    return assemble("", replace(summary, categorical=categorical), bins)


def too_coarse(old: Baseline, summary: Summary) -> dict[str, str]:
    """Why the old bins do not do, by column; empty if they do."""
    columns: dict[str, tuple[Numerical, NumericalBins]] = {
        f"feature {name!r}": (column, old.bins[name]) for name, column in summary.numerical.items()
    }
    if summary.output is not None:
        columns["output"] = (summary.output, old.output_bins)
    for name, column in summary.attributions.items():
        columns[f"attribution of {name!r}"] = (column, old.attribution_bins[name])
    found = {name: _coarse(column, bins) for name, (column, bins) in columns.items()}
    found |= {f"feature {name!r}": _folded(column) for name, column in summary.categorical.items()}
    return {name: reason for name, reason in found.items() if reason}


def rebinned(column: Numerical, bins: NumericalBins, scale: Scale) -> NumericalBins:
    """The bins with the PSI bins and the scale of these counts.

    PSI bins end at the fine edges nearest to the deciles of the counts; a fine bin that fills a decile by itself is a
    PSI bin of its own. One bin per value stays that. The scale is off by at most the widths of the fine bins that its
    two quantiles lie in (for std, of all bins that hold values). Without values nothing changes.
    """
    if column.counted - column.infinite <= 0:
        return bins
    psi_bins = bins.psi_bins if _one_per_value(bins) else _deciles(column.counts)
    return replace(bins, psi_bins=psi_bins, scale=_scale(column, bins, scale))


def _one_per_value(bins: NumericalBins) -> bool:
    """Only there the bin of everything else lies on both sides of others."""
    return bool((np.diff(bins.psi_bins) < 0).any())


def _deciles(counts: Integers) -> Integers:
    """PSI bin of each fine bin."""
    shares = counts / counts.sum()
    below = np.cumsum(shares)[:-1]
    wanted = np.arange(1, PSI_BINS) / PSI_BINS
    heavy = np.flatnonzero(shares >= 1 / PSI_BINS)
    nearest = np.abs(below - wanted[:, None]).argmin(axis=1) if len(below) else np.zeros(0, np.int64)
    ends = np.unique(np.concatenate((nearest, heavy - 1, heavy)))
    ends = ends[(ends >= 0) & (ends < len(below))]
    filled = counts > 0
    first, last = int(filled.argmax()), len(counts) - 1 - int(filled[::-1].argmax())
    ends = ends[(ends >= first) & (ends < last)]
    return np.searchsorted(ends, np.arange(len(counts)), side="left").astype(np.int64)


def _scale(column: Numerical, bins: NumericalBins, scale: Scale) -> float:
    """As for a sample of values (`core.edges`), from the counts."""
    ends = np.clip(np.concatenate(([-np.inf], bins.edges, [np.inf])), column.minimum, column.maximum)
    spread = _deviation(column, bins, ends) if scale == "std" else _between(column, ends, *QUANTILES[scale])
    if spread == 0 or not np.isfinite(spread):
        spread = column.maximum - column.minimum
    return float(spread) if np.isfinite(spread) else 0.0


def _between(column: Numerical, ends: Floats, low: float, high: float) -> float:
    """Distance of two quantiles, each interpolated in its fine bin."""
    below = np.concatenate(([0.0], np.cumsum(column.counts) / column.counted))
    return float(np.subtract(*np.interp((high, low), below, ends)))


def _deviation(column: Numerical, bins: NumericalBins, ends: Floats) -> float:
    """Standard deviation: exact between the bins; within one a third of the most that its mean allows, as if even."""
    filled = column.counts > 0
    counts, low, high = column.counts[filled], ends[:-1][filled], ends[1:][filled]
    means = np.clip(bins.centre + bins.sums(column)[filled] / counts, low, high)
    within = (means - low) * (high - means) / 3
    middle = np.average(means, weights=counts)
    return float(np.sqrt(np.average((means - middle) ** 2 + within, weights=counts)))


def _coarse(column: Numerical, bins: NumericalBins) -> str | None:
    if column.counted == 0:
        return None
    shares = column.counts / column.counted
    if _one_per_value(bins):
        unknown = float(shares[bins.psi_bins == bins.psi_bins.max()].sum())
        return f"{unknown:.0%} of its values are none of those in the old baseline" if unknown > UNKNOWN else None
    for place in np.flatnonzero(shares > COARSE).tolist():
        if not _is_one_value(column, bins, place):
            return f"one of the old bins holds {shares[place]:.0%} of its values"
    return None


def _is_one_value(column: Numerical, bins: NumericalBins, place: int) -> bool:
    """Whether all values of a fine bin are its upper edge, or the smallest or the largest value of the column.

    No value is beyond these; when the mean is there, within a quantum, so are all values.
    """
    outer = place in {0, len(column.counts) - 1}
    if outer and column.infinite:
        return False
    low = -np.inf if place == 0 else bins.edges[place - 1]
    high = np.inf if place == len(bins.edges) else bins.edges[place]
    ends = [end for end in (high, column.minimum, column.maximum) if low < end <= high and np.isfinite(end)]
    total, count = column.sums[place], int(column.counts[place])
    return any(abs(total - count * round((end - bins.centre) / bins.quantum)) <= count for end in ends)


def _folded(column: Categorical) -> str | None:
    share = column.folded / column.counted if column.counted else 0.0
    return f"{share:.0%} of its values are names beyond those that were kept apart" if share > UNKNOWN else None


def _commonest(column: Categorical) -> Categorical:
    """Bounded as a baseline from rows is, else the names would become more with each new baseline."""
    ordered = sorted(column.counts, key=lambda name: (-column.counts[name], name))
    return fold(column, frozenset(ordered[:MAX_CATEGORIES]))
