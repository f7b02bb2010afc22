"""W1 from bins against scipy's on the raw values: exact where bins are, within its own bound elsewhere."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import wasserstein_distance

from fairlead.core.drift.wasserstein import wasserstein
from fairlead.core.edges import numerical_bins
from tests.support.comparisons import Rows, baseline_of, count_numbers, outcomes

Floats = NDArray[np.float64]
Draw = Callable[[np.random.Generator, int], Floats]


def both(base: Floats, current: Floats) -> tuple[float, float, float]:
    """W1 of the raw values, the one from the bins, and the bound on its error."""
    edges = numerical_bins(base, "p1_p99").edges
    returned, bound = wasserstein(count_numbers(current, edges), count_numbers(base, edges), edges)
    return float(wasserstein_distance(current, base)), returned, bound


@pytest.mark.parametrize("shift", [0.0, 1e-6, 0.3, -2.0, 1e3, -1e6])
def test_shift_of_all_values_is_exact(shift: float) -> None:
    base = np.random.default_rng(1).normal(5, 2, 4000)
    true, returned, _ = both(base, base + shift)
    assert returned == pytest.approx(true, rel=1e-9, abs=1e-9)
    assert returned == pytest.approx(abs(shift), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("shares", [(0.5, 0.5), (0.98, 0.02), (0.0, 1.0), (1.0, 0.0)])
def test_two_valued_column_is_exact(shares: tuple[float, float]) -> None:
    random = np.random.default_rng(2)
    base = np.array([0.0, 1.0]).repeat([700, 300])
    current = random.choice([0.0, 1.0], 500, p=shares)
    true, returned, _ = both(base, current)
    assert returned == pytest.approx(true, rel=1e-9, abs=1e-9)


def test_discrete_column_that_moves_one_way_is_exact() -> None:
    base = np.arange(7.0).repeat([70, 60, 50, 40, 30, 20, 10])
    current = np.arange(7.0).repeat([10, 20, 30, 40, 50, 60, 70])
    true, returned, _ = both(base, current)
    assert returned == pytest.approx(true, rel=1e-9)


DISTRIBUTIONS: dict[str, Draw] = {
    "normal": lambda random, n: random.normal(size=n),
    "lognormal": lambda random, n: random.lognormal(0, 1.5, n),
    "exponential": lambda random, n: random.exponential(3, n),
    "uniform": lambda random, n: random.uniform(-1, 1, n),
    "beta with two modes": lambda random, n: random.beta(0.2, 0.2, n),
    "mixture": lambda random, n: np.where(random.random(n) < 0.3, random.normal(-8, 0.1, n), random.normal(4, 3, n)),
    "pareto": lambda random, n: random.pareto(1.5, n),
    "cauchy": lambda random, n: random.standard_cauchy(n),
    "far from zero": lambda random, n: random.normal(1e6, 1, n),
    "counts": lambda random, n: random.poisson(20, n).astype(np.float64),
    "half zeros": lambda random, n: np.where(random.random(n) < 0.5, 0.0, random.lognormal(0, 1, n)),
    "five values": lambda random, n: random.choice([1.0, 2.0, 3.0, 5.0, 8.0], n),
    "constant": lambda random, n: np.full(n, 4.2),
    "tiny values": lambda random, n: random.normal(0, 1e-9, n),
}

CHANGES: dict[str, Callable[[Floats], Floats]] = {
    "same": lambda values: values,
    "scaled": lambda values: values * 1.3,
    "shifted": lambda values: values + values.std() / 3 + 1e-3,
    "far": lambda values: values + 1e4 * (np.abs(values).max() + 1),
    "halved": lambda values: values / 2,
    "mirrored": lambda values: -values,
    "clipped": lambda values: np.minimum(values, np.quantile(values, 0.9)),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_error_stays_within_the_stated_bound(name: str, change: str) -> None:
    random = np.random.default_rng(3)
    base, current = DISTRIBUTIONS[name](random, 5000), CHANGES[change](DISTRIBUTIONS[name](random, 2000))
    true, returned, bound = both(base, current)
    slack = 1e-9 * (true + np.abs(base).max() + np.abs(current).max())
    assert -slack <= true - returned <= bound + slack
    assert returned >= 0


@pytest.mark.parametrize("name", ["normal", "lognormal", "mixture", "beta with two modes"])
def test_bound_is_small_where_something_changed(name: str) -> None:
    random = np.random.default_rng(4)
    base, current = DISTRIBUTIONS[name](random, 5000), CHANGES["scaled"](DISTRIBUTIONS[name](random, 5000))
    true, returned, _ = both(base, current)
    assert true - returned <= 0.01 * true


@pytest.mark.parametrize(
    ("scale", "spread"),
    [
        ("p1_p99", lambda x: float(np.quantile(x, 0.99) - np.quantile(x, 0.01))),
        ("min_max", lambda x: float(x.max() - x.min())),
        ("iqr", lambda x: float(np.quantile(x, 0.75) - np.quantile(x, 0.25))),
        ("std", lambda x: float(x.std())),
    ],
)
def test_metric_is_w1_over_the_configured_baseline_range(scale: str, spread: Callable[[Floats], float]) -> None:
    base = np.random.default_rng(5).gamma(2, 3, 3000)
    baseline = baseline_of(Rows(numbers={"income": base}), scale)  # type: ignore[arg-type]  # one of the four
    found = outcomes("data", baseline, Rows(numbers={"income": base + 0.5}))
    assert found.value("feature_wasserstein_distance", feature="income") == pytest.approx(0.5 / spread(base), rel=1e-9)


def test_iqr_of_a_mostly_equal_column_falls_back_to_its_whole_range() -> None:
    base = np.concatenate((np.zeros(900), np.linspace(1, 4, 100)))
    baseline = baseline_of(Rows(numbers={"debt": base}), "iqr")
    found = outcomes("data", baseline, Rows(numbers={"debt": base + 1}))
    assert found.value("feature_wasserstein_distance", feature="debt") == pytest.approx(1 / 4, rel=1e-9)
