"""W1 from bins against scipy's on the raw values: exact where bins are, within its own bound elsewhere."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import wasserstein_distance

from fairlead.core.drift.wasserstein import _difference_of_means, wasserstein, wasserstein_noise
from fairlead.core.edges import numerical_bins
from tests.support.comparisons import Rows, baseline_of, count_numbers, outcomes

Floats = NDArray[np.float64]
Draw = Callable[[np.random.Generator, int], Floats]


def both(base: Floats, current: Floats) -> tuple[float, float, float]:
    """W1 of the raw values, the one from the bins, and the bound on its error."""
    bins = numerical_bins(base, "p1_p99")
    returned, bound = wasserstein(count_numbers(current, bins), count_numbers(base, bins), bins)
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


SPREADS = st.sampled_from([1e-6, 1e-3, 1.0, 50.0, 1e4, 1e9])
PIECES = st.lists(
    st.tuples(
        st.floats(-1e3, 1e3), SPREADS, st.integers(1, 400), st.sampled_from(["point", "normal", "cauchy", "comb"])
    ),
    min_size=1,
    max_size=4,
)
"""Mixtures of points, bells, heavy tails and combs (equal steps): place, spread, rows."""


def mixture(pieces: list[tuple[float, float, int, str]], random: np.random.Generator) -> Floats:
    shapes: dict[str, Draw] = {
        "point": lambda _, n: np.zeros(n),
        "normal": lambda random, n: random.normal(size=n),
        "cauchy": lambda random, n: random.standard_cauchy(n),
        "comb": lambda _, n: (np.arange(n) % 7).astype(np.float64),
    }
    parts = [place + spread * shapes[shape](random, n) for place, spread, n, shape in pieces]
    return np.concatenate(parts)


@settings(max_examples=300, deadline=None)
@given(PIECES, PIECES, st.integers(0, 1000))
def test_error_stays_within_the_stated_bound_for_any_mixture(
    base_pieces: list[tuple[float, float, int, str]], pieces: list[tuple[float, float, int, str]], seed: int
) -> None:
    random = np.random.default_rng(seed)
    base, current = mixture(base_pieces, random), mixture(pieces, random)
    true, returned, bound = both(base, current)
    slack = 1e-9 * (true + np.abs(base).max() + np.abs(current).max())
    assert -slack <= true - returned <= bound + slack


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(-3, 3), min_size=30, max_size=120), st.lists(st.integers(-3, 3), min_size=1, max_size=120))
def test_few_values_are_within_the_bound_and_nearly_exact(base: list[int], current: list[int]) -> None:
    """One narrow bin per value: what crosses inside a gap between values holds no row."""
    true, returned, bound = both(np.array(base, float), np.array(current, float))
    assert -1e-9 <= true - returned <= bound + 1e-9
    assert returned == pytest.approx(true, abs=1e-4) or set(current) - set(base)


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


HEAVY: dict[str, Draw] = {
    "pareto": lambda random, n: random.pareto(2.5, n),
    "lognormal": lambda random, n: random.lognormal(size=n),
    "t3": lambda random, n: random.standard_t(3, n),
    "one value far out": lambda random, n: np.append(random.normal(size=n - 1), 1e4),
}


@pytest.mark.parametrize("name", HEAVY)
@pytest.mark.parametrize(("rows", "base"), [(60, 60), (60, 600)])
def test_difference_of_means_by_dealing_the_rows_anew(name: str, rows: int, base: int) -> None:
    """The exact law from pooled bins against 20,000 deals of the values themselves."""
    random = np.random.default_rng(6)
    values = HEAVY[name](random, rows + base)
    bins = numerical_bins(values[rows:], "p1_p99")
    found = _difference_of_means(count_numbers(values[:rows], bins), count_numbers(values[rows:], bins), bins, 0.01)
    deals = np.array([random.permutation(values)[:rows].mean() for _ in range(20_000)])
    differences = np.abs(deals - values.mean()) * (1 + rows / base)
    low, high = np.quantile(differences, (0.985, 0.995))
    # rows are dealt freely there, which shows where one value outweighs all others: too much noise, never too little
    assert 0.98 * low <= found <= (1.25 if name == "one value far out" else 1.02) * high


def test_noise_is_looked_at_again_only_past_the_baselines() -> None:
    """A calm window keeps the closed form of the baseline; one with a tail that the baseline has not met gets more."""
    random = np.random.default_rng(7)
    base = random.normal(size=300)
    baseline = baseline_of(Rows(numbers={"x": base}))
    null, scale = baseline.nulls["x"], baseline.bins["x"].scale
    calm = outcomes("data", baseline, Rows(numbers={"x": random.normal(size=300)}))
    far = outcomes("data", baseline, Rows(numbers={"x": np.append(random.normal(size=299), 200)}))
    metric, closed = "feature_wasserstein_distance", wasserstein_noise(null, 300, 300, 1) / scale
    assert calm.noise(metric, feature="x") == pytest.approx(closed, rel=1e-9)
    assert calm.value(metric, feature="x") < closed < far.value(metric, feature="x") < far.noise(metric, feature="x")


def test_real_shift_is_past_the_noise_of_the_pooled_values_too() -> None:
    random = np.random.default_rng(8)
    baseline = baseline_of(Rows(numbers={"x": random.lognormal(size=1000)}))
    found = outcomes("data", baseline, Rows(numbers={"x": random.lognormal(size=300) + 3}))
    assert found.value("feature_wasserstein_distance", feature="x") > 2 * found.noise(
        "feature_wasserstein_distance", feature="x"
    )
