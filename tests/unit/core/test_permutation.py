"""Laws of sums against enumeration and scipy: what chance does when rows are dealt anew."""

from itertools import product

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import binom, chi2, multivariate_hypergeom

from fairlead.core.drift.divergence import kl_divergence, kl_noise, psi, psi_noise
from fairlead.core.permutation import in_window, law_of_sum, passed

Integers = NDArray[np.int64]


def test_law_of_a_sum_of_dice() -> None:
    die = np.zeros(32)
    die[1:7] = 1 / 6
    expected = np.convolve(np.convolve(die[:7], die[:7]), die[:7])
    assert law_of_sum(np.array([die, die, die]), np.ones(3, np.int64))[:19] == pytest.approx(expected, abs=1e-12)
    assert law_of_sum(die[None, :], np.array([3]))[:19] == pytest.approx(expected, abs=1e-12)


def test_law_of_pairs_keeps_both_sums() -> None:
    """A coin that adds (1, 2) or (0, 0), thrown five times: the second sum is twice the first."""
    coin = np.zeros((8, 16))
    coin[0, 0], coin[1, 2] = 0.7, 0.3
    law = law_of_sum(coin[None, :, :], np.array([5]))
    for heads in range(6):
        assert law[heads, 2 * heads] == pytest.approx(binom.pmf(heads, 5, 0.3), abs=1e-12)


def test_numbers_in_the_window_are_binomial() -> None:
    pooled = np.array([40, 3, 1, 0, 5000])
    numbers, chances = in_window(pooled, 500)
    share = 500 / pooled.sum()
    assert chances.sum(axis=1) == pytest.approx(1, abs=1e-9)
    for rows, some, chance in zip(pooled.tolist(), numbers, chances, strict=True):
        possible = chance > 0
        assert chance[possible] == pytest.approx(binom.pmf(some[possible], rows, share), rel=1e-8, abs=1e-12)


@pytest.mark.parametrize("alpha", [0.5, 0.1, 0.01])
def test_passed_is_the_smallest_size_that_chance_passes_rarely_enough(alpha: float) -> None:
    sizes = np.arange(100.0)
    law = binom.pmf(sizes, 99, 0.2)
    assert passed(sizes, law, alpha) == binom.isf(alpha, 99, 0.2)


def exact(pooled: Integers, n: int, statistic: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Every deal of n of the pooled rows: value and probability."""
    value = {"psi": psi, "kl": kl_divergence}[statistic]
    deals = [deal for deal in product(*(range(min(rows, n) + 1) for rows in pooled)) if sum(deal) == n]
    values = np.array([value(np.array(deal), pooled - np.array(deal)) for deal in deals])
    return values, np.asarray(multivariate_hypergeom.pmf(np.array(deals), pooled, n), np.float64)


@pytest.mark.parametrize("statistic", ["psi", "kl"])
@pytest.mark.parametrize(
    ("pooled", "n"), [((515, 309, 206), 30), ((32, 18, 10), 30), ((1020, 10), 30), ((90, 6, 4), 50), ((297, 3), 100)]
)
def test_no_more_deals_than_five_percent_are_past_the_noise(pooled: tuple[int, ...], n: int, statistic: str) -> None:
    """Of all that can be dealt, enumerated; for one of fifty features."""
    whole, level = np.array(pooled), 1 - 0.95 ** (1 / 50)
    values, chances = exact(whole, n, statistic)
    limit = {"psi": psi_noise, "kl": kl_noise}[statistic]
    likely = chances > level * 1e-3
    past = 0.0
    deals = [deal for deal in product(*(range(min(rows, n) + 1) for rows in whole)) if sum(deal) == n]
    for place in np.flatnonzero(likely).tolist():
        current = np.array(deals[place])
        past += float(chances[place]) * (values[place] > limit(current, whole - current, 50))
    assert past <= 1.05 * level


def test_many_rows_keep_the_closed_form() -> None:
    current, base = np.array([2600, 2400, 2400, 2600]), np.array([25_000] * 4)
    closed = (1 / 10_000 + 1 / 100_000) * chi2.isf(0.05, 3)
    assert psi(current, base) > closed
    assert psi_noise(current, base, 1) == pytest.approx(closed, rel=0.02)
    assert kl_noise(current, base, 1) == pytest.approx(closed / 2, rel=0.02)


def test_divergence_far_past_its_closed_form_is_not_looked_at_again() -> None:
    current, base = np.array([30, 0, 0]), np.array([300, 300, 300])
    closed = (1 / 30 + 1 / 900) * chi2.isf(1 - 0.95 ** (1 / 50), 2)
    assert psi_noise(current, base, 50) == pytest.approx(closed, rel=1e-12)
