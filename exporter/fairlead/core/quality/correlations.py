"""Pearson's correlation of every pair of numerical features: how far it moved, and which pairs became alike."""

from dataclasses import dataclass

import numpy as np

from fairlead.core import noise
from fairlead.core.comparison import Comparison
from fairlead.core.edges import CLIP, CORRELATION_STEPS
from fairlead.core.measurement import Measurement, NotComputed, Outcomes
from fairlead.core.summary import Floats, Integers, Products

CHANGE, NEW_HIGH = "feature_correlation_change", "new_high_correlations"
SHOWN = 0.15
"""Half of the warning threshold, 0.3: smaller changes of a pair are of no use to anyone and there are thousands."""
HIGH = 0.9
"""Policy: a new pair above 0.9."""
LIMIT = 1 - 1e-12
"""Largest correlation that has an inverse hyperbolic tangent."""


def measure(c: Comparison) -> Outcomes:
    """Change |r − r_base| in [0, 2] of each pair that moved by more than SHOWN; pairs newly above HIGH, from 0.

    r over the rows where both features have a finite value, values beyond 8 units from the centre taken as 8. New are
    pairs of |r| > HIGH whose baseline is not, past their noise. A feature without variation has no correlation; reasons
    are given once and not per pair. Fewer than two numerical features: nothing.
    """
    current, base = c.current.products, c.baseline.summary.products
    if current is None:
        return
    if base is None:
        yield from (NotComputed(metric, "no correlations in the baseline") for metric in (CHANGE, NEW_HIGH))
        return
    features = tuple(name for name in current.features if name in base.features)
    now, before = _correlations(current, features), _correlations(base, features)
    yield from _left_out(c, features, now, before)
    usable = np.isfinite(now.r) & np.isfinite(before.r) & (np.minimum(now.rows, before.rows) >= c.minimums.samples)
    first, second = np.nonzero(np.triu(usable, 1))
    if len(first) == 0:
        yield NotComputed(NEW_HIGH, "no pair of features to compare")
        return
    limits = _limits(c, features, now, before)[first, second] * noise.two_sided_z(noise.sidak(len(first)))
    r, reference = now.r[first, second], before.r[first, second]
    change, up = np.abs(r - reference), np.where(r > reference, 1.0, -1.0)
    noises = np.abs(np.tanh(np.arctanh(reference) + up * limits) - reference)
    for pair in np.flatnonzero(change > SHOWN).tolist():
        i, j = int(first[pair]), int(second[pair])
        labels = (("feature", features[i]), ("other", features[j]))
        sizes = int(now.rows[i, j]), int(before.rows[i, j])
        yield Measurement(CHANGE, float(change[pair]), labels, float(noises[pair]), *sizes)
    new = (np.abs(r) > HIGH) & (np.abs(reference) <= HIGH) & (change > noises)
    yield Measurement(NEW_HIGH, float(new.sum()), (), None, c.current.rows, c.baseline.summary.rows)


@dataclass(frozen=True, slots=True)
class _Correlations:
    """r (d, d), NaN where one of both does not vary, and the rows behind each."""

    r: Floats
    rows: Integers


def _correlations(products: Products, features: tuple[str, ...]) -> _Correlations:
    places = [products.features.index(name) for name in features]
    rows, sums, squares, both = (
        matrix[np.ix_(places, places)] for matrix in (products.rows, products.sums, products.squares, products.products)
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = sums / rows
        variance = squares / rows - mean * mean
        covariance = both / rows - mean * mean.T
        r = np.where((variance > 0) & (variance.T > 0), covariance / np.sqrt(variance * variance.T), np.nan)
    return _Correlations(np.clip(r, -LIMIT, LIMIT), rows)


def _limits(c: Comparison, features: tuple[str, ...], now: _Correlations, before: _Correlations) -> Floats:
    """Standard error of atanh r − atanh r_base: Fisher (1921), (n − 3)^−½ each, times √(1 + κ) for heavy tails.

    1 + κ is the pair's kurtosis ÷ 3, the factor of elliptical distributions (Muirhead 1982); of two features the
    geometric mean, never below 1. Too large for heavy tails that are independent of each other.
    """
    kurtosis = np.array([_kurtosis(c, name) for name in features])
    inflation = np.maximum(np.sqrt(np.outer(kurtosis, kurtosis)) / 3, 1)
    errors: Floats = np.sqrt(inflation * sum(1 / np.maximum(side.rows - 3, 1) for side in (now, before)))
    return errors


def _kurtosis(c: Comparison, feature: str) -> float:
    """E(x − μ)⁴ ÷ σ⁴ of the values of both sides, from the means of their bins; 3 when normal, 0 when constant."""
    current, base = c.numerical(feature)
    bins = c.baseline.bins[feature]
    counts = current.counts + base.counts
    sums, furthest = bins.sums(current) + bins.sums(base), CLIP / CORRELATION_STEPS * bins.unit
    filled = counts > 0
    if not filled.any():
        return 0.0
    weights = counts[filled] / counts.sum()
    values = np.clip(sums[filled] / counts[filled], -furthest, furthest) / furthest
    values -= weights @ values
    variance = float(weights @ values**2)
    return float(weights @ values**4) / variance**2 if variance > 0 else 0.0


def _left_out(c: Comparison, features: tuple[str, ...], now: _Correlations, before: _Correlations) -> Outcomes:
    """One reason for each kind of obstacle, with the features it is about."""
    others = [name for name in c.current.numerical if name not in features]
    if others:
        yield NotComputed(CHANGE, f"only {len(features)} features take part, not {', '.join(others)}")
    constant = ~(np.isfinite(np.diag(now.r)) & np.isfinite(np.diag(before.r)))
    if constant.any():
        names = ", ".join(name for name, still in zip(features, constant.tolist(), strict=True) if still)
        yield NotComputed(CHANGE, f"without values or constant in window or baseline: {names}")
    few = np.triu(np.minimum(now.rows, before.rows) < c.minimums.samples, 1) & ~(constant | constant[:, None])
    if few.any():
        yield NotComputed(CHANGE, f"too few rows with both values: {int(few.sum())} of the pairs")
