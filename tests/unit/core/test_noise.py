"""The closed forms behind the noise against scipy and against draws from the distribution they describe."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import chi2, norm

from fairlead.core import noise
from fairlead.core.drift.wasserstein import null
from tests.support.comparisons import count_numbers
from tests.support.intervals import wilson


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


@pytest.mark.parametrize(("successes", "rows"), [(0, 10), (10, 10), (1, 3), (17, 400), (399, 400), (0, 1)])
def test_wilson_agrees_with_scipy(successes: int, rows: int) -> None:
    assert noise.wilson(successes, rows, norm.isf(0.025)) == pytest.approx(wilson(successes, rows, 0.95), abs=1e-9)


def test_wilson_of_nothing_is_everything() -> None:
    assert noise.wilson(0, 0, 1.96) == (0, 1)


@pytest.mark.parametrize(
    ("current", "base", "published"),
    [
        ((56, 70), (48, 80), (0.0524, 0.3339)),
        ((9, 10), (3, 10), (0.1705, 0.8090)),
        ((6, 7), (2, 7), (0.0582, 0.8062)),
        ((5, 56), (0, 29), (-0.0381, 0.1926)),
        ((0, 10), (0, 20), (-0.1611, 0.2775)),
        ((10, 10), (0, 10), (0.6075, 1.0)),
    ],
)
def test_newcombe_gives_the_published_limits(
    current: tuple[int, int], base: tuple[int, int], published: tuple[float, float]
) -> None:
    """Method 10 in table II of Newcombe (1998), Statistics in Medicine 17, 873-890."""
    z = norm.isf(0.025)
    difference = current[0] / current[1] - base[0] / base[1]
    assert difference - noise.newcombe(current, base, z) == pytest.approx(published[0], abs=6e-5)
    assert difference + noise.newcombe(base, current, z) == pytest.approx(published[1], abs=6e-5)


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
    edges = np.linspace(0, 1, 401)[1:-1]
    found = null(count_numbers(np.linspace(0, 1, 100_001), edges), edges)
    assert found.rms == pytest.approx(math.sqrt(7 / 60), rel=1e-3)
    assert found.signed == pytest.approx(math.sqrt(1 / 12), rel=1e-3)


def test_constant_values_have_no_w1_by_chance() -> None:
    edges = np.array([1.0, 2.0])
    assert null(count_numbers([1.5] * 40, edges), edges).rms == 0


def test_noise_of_a_gap_grows_with_the_number_of_groups() -> None:
    pair = ((30, 100, 300, 1000), (20, 100, 250, 1000))
    found = [noise.gap_change(pair, groups, 0.05) for groups in (2, 3, 10)]
    assert found == sorted(found)
    assert found[0] < found[-1] < 2 * found[0]
