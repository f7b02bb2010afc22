"""PSI and KL divergence of counts over the baseline's bins."""

import math
from collections.abc import Callable

import numpy as np

from fairlead.core import noise
from fairlead.core.permutation import in_window, law_of_sum, passed
from fairlead.core.summary import Floats, Integers

FAR = 4
"""Times the closed form from which on a value is past any chance."""
CELLS = 1024
"""Cells of the grid that a divergence's law is computed on: to 2·FAR times its closed form, single terms to FAR."""
HELD_DEVIATIONS = 16
"""Standard deviations, in all, of the rows dealt to a window beyond which they are taken to wrap round unseen."""
HELD_CELLS = 1024
"""Bins × rows up to which the law holds the size of the window: 8 MiB, some 50 ms."""


def smoothed(counts: Integers) -> Floats:
    """Shares with Jeffreys' +½ per bin, (B,) summing to 1; an empty bin keeps a small share."""
    shares: Floats = (counts + 0.5) / (counts.sum() + 0.5 * len(counts))
    return shares


def occupied(current: Integers, base: Integers) -> tuple[Integers, Integers]:
    """Both without the bins that neither has a row in: +½ there would be a difference where the sizes differ."""
    either = (current > 0) | (base > 0)
    return current[either], base[either]


def psi(current: Integers, base: Integers) -> float:
    """Population stability index Σ (p − q)·ln(p/q), from counts (B,) each; in [0, ∞), 0 for equal shares.

    Source: Siddiqi, Credit Risk Scorecards (2006); smoothing by Jeffreys' prior. Equal to the symmetric
    Kullback-Leibler (Jeffreys) divergence of the smoothed shares.
    """
    p, q = (smoothed(counts) for counts in occupied(current, base))
    return float(((p - q) * np.log(p / q)).sum())


def kl_divergence(current: Integers, base: Integers) -> float:
    """Kullback-Leibler divergence of current from base, Σ p·ln(p/q) in nats; in [0, ∞), 0 for equal shares."""
    p, q = (smoothed(counts) for counts in occupied(current, base))
    return max(float((p * np.log(p / q)).sum()), 0.0)


def psi_noise(current: Integers, base: Integers, series: int) -> float:
    """Value of `psi` that chance passes in 5 % of runs of a model with this many series."""
    closed = _chi_square(current, base, series)
    if not closed < psi(current, base) < FAR * closed:
        return closed
    return _dealt_anew(current, base, closed, series, lambda p, q: (p - q) * np.log(p / q))


def kl_noise(current: Integers, base: Integers, series: int) -> float:
    """Value of `kl_divergence` that chance passes in 5 % of runs of a model with this many series."""
    closed = _chi_square(current, base, series) / 2
    if not closed < kl_divergence(current, base) < FAR * closed:
        return closed
    # p and q sum to 1 each, so q − p changes nothing but the sign of single terms
    return _dealt_anew(current, base, closed, series, lambda p, q: p * np.log(p / q) + q - p)


def _chi_square(current: Integers, base: Integers, series: int) -> float:
    bins = len(occupied(current, base)[0])
    return noise.chi_square(int(current.sum()), int(base.sum()), bins, noise.sidak(series))


def _dealt_anew(
    current: Integers, base: Integers, closed: float, series: int, term: Callable[[Floats, Floats], Floats]
) -> float:
    """The closed form, or more where few rows make a divergence's chance coarse: see `core.permutation`.

    Each bin's term follows from its number of rows in the window. The numbers add up to n, which is held to while the
    grid stays small (few bins, few rows) and otherwise left out: bins then vary freely, as χ² with one more degree.
    """
    current, base = occupied(current, base)
    pooled, n, m, level = current + base, int(current.sum()), int(base.sum()), noise.sidak(series)
    bins = len(pooled)
    rows = 2 ** math.ceil(math.log2(HELD_DEVIATIONS * math.sqrt(n * m / (n + m)) + 1))
    if bins * rows > HELD_CELLS:
        rows = 1
    numbers, chances = in_window(pooled, n)
    p: Floats = (numbers + 0.5) / np.float64(n + 0.5 * bins)
    q: Floats = (pooled[:, None] - numbers + 0.5) / np.float64(m + 0.5 * bins)
    step = 2 * FAR * closed / CELLS
    cells = np.minimum(np.rint(term(p, q) / step).astype(np.int64), CELLS // 2 - 1)
    grid = np.zeros((bins, rows, CELLS))
    np.add.at(grid, (np.arange(bins)[:, None], numbers % rows, cells), chances)
    law = law_of_sum(grid, np.ones(bins, np.int64))[n % rows]
    found = passed(np.arange(1.0, CELLS + 1), law / float(law.sum()), level) * step
    if rows == 1:
        found *= noise.chi_square(n, m, bins, level) / noise.chi_square(n, m, bins + 1, level)
    return max(closed, found)
