"""Exact laws of a sum when the rows of both windows are dealt anew, by Fourier transform.

When nothing has changed, any n of the N pooled rows could have been the window. A bin that holds k of the N rows then
has a binomial number of them in the window, of chance n/N each, and the numbers add up to n. Closed forms are limits
for many rows and light tails; a value past its closed form is looked at again with what was pooled. Nothing is drawn.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from fairlead.core.summary import Floats, Integers

DEVIATIONS = 12
"""Standard deviations from the mean after which a binomial number is taken to be impossible: below 1e-30."""


def law_of_sum(shares: Floats, times: Integers) -> Floats:
    """Law (…) of a sum of independent numbers, from their own laws (J, …) over a grid that wraps round.

    Each number is there ``times`` (J,) times, at least once.
    """
    axes = tuple(range(1, shares.ndim))
    transformed = np.fft.rfftn(shares, axes=axes)
    with np.errstate(divide="ignore"):
        sizes, turns = np.log(np.abs(transformed)), np.angle(transformed)
    whole = np.exp(np.tensordot(times, sizes, 1)) * np.exp(1j * np.tensordot(times, turns, 1))
    law: Floats = np.maximum(np.fft.irfftn(whole, s=shares.shape[1:], axes=tuple(range(len(axes)))), 0.0)
    return law


def passed(sizes: Floats, law: Floats, alpha: float) -> float:
    """Smallest size that is passed with probability alpha at most, given the probability of each size."""
    order = np.argsort(-sizes, kind="stable")
    at = int(np.searchsorted(np.cumsum(law[order]), alpha, side="right"))
    return float(sizes[order[min(at, len(order) - 1)]])


def in_window(pooled: Integers, n: int) -> tuple[Integers, Floats]:
    """Numbers of each bin's rows that may be in the window, and their probabilities: (J, S) each, for counts (J,)."""
    share = n / int(pooled.sum())
    mean, widest = pooled * share, np.sqrt(pooled.max() * share * (1 - share))
    half = int(DEVIATIONS * widest) + DEVIATIONS
    numbers: Integers = np.floor(mean).astype(np.int64)[:, None] + np.arange(-half, half + 1)
    possible: NDArray[np.bool_] = (numbers >= 0) & (numbers <= pooled[:, None])
    inside, rows = np.where(possible, numbers, 0), pooled[:, None]
    ways = gammaln(rows + 1) - gammaln(inside + 1) - gammaln(rows - inside + 1)
    found = np.exp(ways + inside * np.log(share) + (rows - inside) * np.log1p(-share))
    return inside, np.where(possible, found, 0.0)
