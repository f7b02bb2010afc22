"""The closed forms behind the noise against scipy and against draws from the distribution they describe."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import chi2, norm

from fairlead.core import noise
from fairlead.core.drift.wasserstein import null
from fairlead.core.edges import NumericalBins
from tests.support.comparisons import count_numbers


@pytest.mark.parametrize("series", [1, 2, 50, 10_000])
def test_sidak_levels_err_together_with_five_percent(series: int) -> None:
    assert 1 - (1 - noise.sidak(series)) ** series == pytest.approx(0.05, rel=1e-9)


def test_no_series_is_as_one() -> None:
    assert noise.sidak(0) == noise.sidak(1) == pytest.approx(0.05)


@pytest.mark.parametrize("alpha", [0.05, 0.001, 1e-6])
def test_deviates(alpha: float) -> None:
    assert noise.one_sided_z(alpha) == pytest.approx(norm.isf(alpha), rel=1e-12)
    assert noise.two_sided_z(alpha) == pytest.approx(norm.isf(alpha / 2), rel=1e-12)


@pytest.mark.parametrize("bins", [2, 3, 10, 101])
def test_chi_square(bins: int) -> None:
    expected = (1 / 70 + 1 / 900) * chi2.isf(0.01, bins - 1)
    assert noise.chi_square(70, 900, bins, 0.01) == pytest.approx(expected, rel=1e-9)


def test_one_bin_never_differs() -> None:
    assert noise.chi_square(70, 900, 1, 0.05) == 0


def test_katz_without_the_half_row_is_the_textbook_formula() -> None:
    log_ratio, error = noise.katz((30_000, 60_000), (80_000, 100_000))
    assert log_ratio == pytest.approx(math.log(0.5 / 0.8), abs=1e-4)
    assert error == pytest.approx(math.sqrt(1 / 30_000 - 1 / 60_000 + 1 / 80_000 - 1 / 100_000), rel=1e-4)


def test_one_deviation_is_exact() -> None:
    expected = norm.isf(0.005) * 0.3 * math.sqrt(1 / 50 + 1 / 400)
    assert noise.half_normal(0.3, 0.3, 50, 400, 0.01) == pytest.approx(expected, rel=1e-12)


def test_mean_square_of_an_absolute_sum_against_draws() -> None:
    random = np.random.default_rng(1)
    root = random.normal(size=(5, 5))
    covariance, weights = root @ root.T, random.uniform(0.1, 2, 5)
    draws = random.multivariate_normal(np.zeros(5), covariance, 200_000)
    expected = ((np.abs(draws) @ weights) ** 2).mean()
    assert noise.absolute_sum_mean_square(covariance, weights) == pytest.approx(expected, rel=0.02)


@pytest.mark.parametrize("share", [0.5, 0.1, 0.003])
def test_total_variation_of_two_classes_is_one_deviation(share: float) -> None:
    expected = norm.isf(0.025) * math.sqrt(share * (1 - share) * (1 / 60 + 1 / 800))
    assert noise.total_variation(np.array([share, 1 - share]), 60, 800, 0.05) == pytest.approx(expected, rel=0.003)


@pytest.mark.parametrize(("alpha", "error"), [(0.05, 0.03), (0.001, 0.07)])
@pytest.mark.parametrize(
    "shares", [np.ones(3) / 3, np.ones(10) / 10, np.ones(60) / 60, np.array([0.7, 0.2, 0.05, 0.05])]
)
def test_total_variation_against_draws(shares: NDArray[np.float64], alpha: float, error: float) -> None:
    random = np.random.default_rng(2)
    covariance = np.diag(shares) - np.outer(shares, shares)
    draws = np.abs(random.multivariate_normal(np.zeros(len(shares)), covariance, 100_000)).sum(axis=1) / 2
    expected = np.quantile(draws, 1 - alpha) * math.sqrt(1 / 60 + 1 / 800)
    assert noise.total_variation(shares, 60, 800, alpha) == pytest.approx(expected, rel=error)


def test_one_class_never_differs() -> None:
    assert noise.total_variation(np.array([1.0]), 60, 800, 0.05) == 0


def test_w1_of_uniform_values_is_the_area_under_a_brownian_bridge() -> None:
    """Shepp (1982): the integral of |B| over a Brownian bridge has mean square 7/60; that of B has variance 1/12."""
    bins = NumericalBins(np.linspace(0, 1, 401)[1:-1], np.arange(400), 1.0)
    found = null(count_numbers(np.linspace(0, 1, 100_001), bins), bins)
    assert found.rms == pytest.approx(math.sqrt(7 / 60), rel=1e-3)
    assert found.signed == pytest.approx(math.sqrt(1 / 12), rel=1e-3)


def test_constant_values_have_no_w1_by_chance() -> None:
    bins = NumericalBins(np.array([1.0, 2.0]), np.arange(3), 1.0)
    assert null(count_numbers([1.5] * 40, bins), bins).rms == 0


def test_noise_of_a_gap_grows_with_the_number_of_groups() -> None:
    pair = ((30, 100, 300, 1000), (20, 100, 250, 1000))
    found = [noise.gap_change(pair, groups, 0.05) for groups in (2, 3, 10)]
    assert found == sorted(found)
    assert found[0] < found[-1] < 2 * found[0]
