"""Mean absolute attribution from counts and sums, against numpy on the rows themselves."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray
from scipy.stats import sem

from fairlead.core.edges import numerical_bins
from fairlead.core.explanation.magnitude import error, magnitude
from tests.support.comparisons import Outcomes, Rows, baseline_of, count_numbers, outcomes

Floats = NDArray[np.float64]

attributions = st.one_of(
    arrays.arrays(np.float64, st.integers(1, 200), elements=st.floats(-1e6, 1e6, allow_subnormal=False)),
    arrays.arrays(np.float64, st.integers(1, 200), elements=st.sampled_from([-1.0, -0.25, 0.0, 0.5, 3.0])),
    arrays.arrays(np.float64, st.integers(1, 200), elements=st.floats(3, 4)),
)


@given(attributions, attributions)
def test_agrees_with_numpy_whatever_the_bins_are_made_of(base: Floats, current: Floats) -> None:
    bins = numerical_bins(base, "p1_p99", zero=True)
    found = magnitude(count_numbers(current, bins), bins)
    assert found is not None
    assert found.rows == len(current)
    assert found.mean == pytest.approx(np.abs(current).mean(), rel=1e-9, abs=bins.quantum + 1e-12 * abs(bins.centre))
    slack = 1e-9 * (np.abs(current).max() + bins.unit)
    bound = error(count_numbers(current, bins), bins, found)
    assert bound >= np.abs(current).std() / np.sqrt(len(current)) * (1 - 1e-6) - slack


@pytest.mark.parametrize("draw", ["normal", "lognormal", "laplace"])
def test_error_is_a_close_bound_of_scipys(draw: str) -> None:
    random = np.random.default_rng(1)
    base, current = getattr(random, draw)(size=5000), getattr(random, draw)(size=2000)
    bins = numerical_bins(base, "p1_p99", zero=True)
    column = count_numbers(current, bins)
    found = magnitude(column, bins)
    assert found is not None
    assert error(column, bins, found) == pytest.approx(sem(np.abs(current)), rel=0.05)


@pytest.mark.parametrize("infinite", [[np.inf], [-np.inf], [np.inf, -np.inf, -np.inf]])
@pytest.mark.parametrize("far", [[], [1e9], [-1e9]])
def test_infinite_attributions_do_not_enter(infinite: list[float], far: list[float]) -> None:
    random = np.random.default_rng(2)
    base, current = random.normal(size=500), np.concatenate((random.normal(size=300), far))
    bins = numerical_bins(base, "p1_p99", zero=True)
    found = magnitude(count_numbers(np.concatenate((current, infinite)), bins), bins)
    assert found is not None
    assert found.rows == len(current)
    assert found.mean == pytest.approx(np.abs(current).mean(), rel=1e-9)


def explained(base: Floats, current: Floats) -> Outcomes:
    return outcomes("explanation", baseline_of(Rows(attributions={"x": base})), Rows(attributions={"x": current}))


def test_infinite_attributions_that_cannot_be_told_apart_are_a_reason() -> None:
    values = np.random.default_rng(3).normal(size=500)
    odd = np.concatenate((values, [1e9, -1e9, np.inf]))
    assert explained(values, odd).reason("attribution_mean_abs", feature="x") == "infinite values"
    few = np.array([-1.0, 1.0] * 50)
    base = np.concatenate((few, [-np.inf]))
    assert explained(base, few).find("attribution_mean_abs_baseline", feature="x") is not None


def test_infinite_attributions_of_the_baseline_are_a_reason() -> None:
    base = baseline_of(Rows(attributions={"x": np.random.default_rng(3).normal(size=500)}))
    mixed = count_numbers([1e9, -1e9, np.inf], base.attribution_bins["x"])
    odd = type(base.summary)(3, attributions={"x": mixed})
    baseline = type(base)("v", odd, {}, {}, attribution_bins=base.attribution_bins)
    found = outcomes("explanation", baseline, Rows(attributions={"x": np.ones(40)}))
    assert found.reason("attribution_mean_abs_baseline", feature="x") == "infinite values"
    assert found.value("attribution_mean_abs", feature="x") == pytest.approx(1)


def test_nothing_but_infinite_or_missing_attributions_have_no_mean() -> None:
    values = np.random.default_rng(4).normal(size=100)
    assert explained(values, np.full(40, np.inf)).reason("attribution_mean_abs", feature="x") == "infinite values"
    found = explained(values, np.full(40, np.nan))
    assert found.find("attribution_mean_abs", feature="x") is None
    assert found.reason("attribution_kl_divergence", feature="x") == "no values in the window"


def test_both_means_stand_side_by_side() -> None:
    random = np.random.default_rng(5)
    base, current = random.normal(size=300), random.normal(1, 2, size=200)
    found = explained(base, current)
    one, other = (found.measured(f"attribution_mean_abs{side}", feature="x") for side in ("", "_baseline"))
    assert one.value == pytest.approx(np.abs(current).mean(), rel=1e-9)
    assert other.value == pytest.approx(np.abs(base).mean(), rel=1e-9)
    assert (one.samples, other.baseline_samples) == (200, 300)


@pytest.mark.parametrize("value", [0.0, 0.25, -3.0])
def test_constant_attributions(value: float) -> None:
    found = explained(np.full(40, value), np.full(40, value))
    assert found.value("attribution_mean_abs", feature="x") == pytest.approx(abs(value))
    assert found.value("attribution_kl_divergence", feature="x") == 0
