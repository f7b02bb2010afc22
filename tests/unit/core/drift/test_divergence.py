"""PSI and KL against independent implementations on the same bins."""

from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import rel_entr
from scipy.stats import chi2, entropy

from fairlead.core.drift.divergence import kl_divergence, psi
from tests.support.comparisons import Rows, baseline_of, outcomes

Floats = NDArray[np.float64]


def independent_psi(current: Floats, base: Floats, cuts: Floats) -> float:
    """Population stability index over (−∞, c₁], (c₁, c₂], …, (c₉, ∞), half a row added to each bin."""
    edges = np.concatenate(([-np.inf], cuts, [np.inf]))
    p = np.array([((current > low) & (current <= high)).sum() for low, high in pairwise(edges)])
    q = np.array([((base > low) & (base <= high)).sum() for low, high in pairwise(edges)])
    p, q = (p + 0.5) / (p + 0.5).sum(), (q + 0.5) / (q + 0.5).sum()
    return float(np.sum((p - q) * np.log(p / q)))


@pytest.mark.parametrize("change", [0.0, 0.2, 1.0, 30.0])
@pytest.mark.parametrize("size", [40, 1000])
def test_psi_of_a_continuous_feature_uses_baseline_deciles(change: float, size: int) -> None:
    random = np.random.default_rng(1)
    base, current = random.lognormal(0, 1, 5000), random.lognormal(change, 1, size)
    cuts = np.quantile(base, np.arange(1, 10) / 10, method="inverted_cdf")
    found = outcomes("data", baseline_of(Rows(numbers={"income": base})), Rows(numbers={"income": current}))
    expected = independent_psi(current, base, cuts)
    assert found.value("feature_psi", feature="income") == pytest.approx(expected, rel=1e-9, abs=1e-9)


def test_kl_agrees_with_scipy_given_the_same_bins() -> None:
    random = np.random.default_rng(2)
    base, current = random.normal(0, 1, 5000), random.normal(0.4, 1.2, 800)
    cuts = np.quantile(base, np.arange(1, 10) / 10, method="inverted_cdf")
    p = (np.bincount(np.searchsorted(cuts, current), minlength=10) + 0.5) / (800 + 5)
    q = (np.bincount(np.searchsorted(cuts, base), minlength=10) + 0.5) / (5000 + 5)
    found = outcomes("data", baseline_of(Rows(numbers={"age": base})), Rows(numbers={"age": current}))
    assert found.value("feature_kl_divergence", feature="age") == pytest.approx(rel_entr(p, q).sum(), abs=1e-9)
    assert found.value("feature_kl_divergence", feature="age") == pytest.approx(entropy(p, q), abs=1e-9)


def test_psi_of_a_categorical_feature_by_category() -> None:
    base = ["car"] * 600 + ["house"] * 300 + ["boat"] * 100
    current = ["car"] * 60 + ["house"] * 60 + ["boat"] * 20 + ["rocket"] * 10
    p = np.array([60.5, 60.5, 20.5, 10.5]) / 152
    q = np.array([600.5, 300.5, 100.5, 0.5]) / 1002
    found = outcomes("data", baseline_of(Rows(names={"purpose": base})), Rows(names={"purpose": current}))
    assert found.value("feature_psi", feature="purpose") == pytest.approx(np.sum((p - q) * np.log(p / q)), abs=1e-9)


def test_psi_is_the_symmetric_sum_of_both_kl_divergences() -> None:
    random = np.random.default_rng(3)
    a, b = random.integers(0, 200, 12), random.integers(0, 200, 12)
    assert psi(a, b) == pytest.approx(kl_divergence(a, b) + kl_divergence(b, a), rel=1e-12)
    assert psi(a, b) == pytest.approx(psi(b, a), rel=1e-12)


def test_bins_empty_on_both_sides_say_nothing() -> None:
    assert psi(np.array([30, 0, 20]), np.array([3000, 0, 2000])) == psi(np.array([30, 20]), np.array([3000, 2000]))
    assert psi(np.array([25, 25, 0]), np.array([2500, 2500, 0])) == pytest.approx(0, abs=1e-12)


def test_noise_is_the_two_sample_chi_square_quantile() -> None:
    random = np.random.default_rng(4)
    base, current = random.normal(size=5000), random.normal(size=700)
    found = outcomes("data", baseline_of(Rows(numbers={"age": base})), Rows(numbers={"age": current}))
    expected = (1 / 700 + 1 / 5000) * chi2.isf(0.05, 9)
    assert found.measured("feature_psi", feature="age").noise == pytest.approx(expected, rel=1e-9)
    assert found.measured("feature_kl_divergence", feature="age").noise == pytest.approx(expected / 2, rel=1e-9)


def test_several_features_share_the_five_percent() -> None:
    random = np.random.default_rng(5)
    names = [f"f{i}" for i in range(8)]
    base = Rows(numbers={name: random.normal(size=1000) for name in names})
    found = outcomes("data", baseline_of(base), Rows(numbers={name: random.normal(size=200) for name in names}))
    level = 1 - 0.95 ** (1 / 8)
    assert found.measured("feature_psi", feature="f3").noise == pytest.approx(
        (1 / 200 + 1 / 1000) * chi2.isf(level, 9), rel=1e-9
    )
