"""Baselines without rows agree with those made from the rows, or say that they cannot be made."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import ArrayLike, NDArray

from fairlead.core.baseline import Baseline, Bins
from fairlead.core.edges import SCALES, NumericalBins, Scale, numerical_bins
from fairlead.core.rebaseline import rebaseline, rebinned, too_coarse
from fairlead.core.summary import Categorical, Summary
from tests.support.comparisons import Rows, baseline_of, count, count_numbers, outcomes

Sample = Callable[[np.random.Generator, int], NDArray[np.float64]]

ROWS = 20_000
DRIFTS: dict[str, tuple[Sample, Sample, Sample]] = {
    "nothing": tuple(3 * [lambda chance, n: chance.normal(0, 1, n)]),  # type: ignore[dict-item]
    "shift": (
        lambda chance, n: chance.normal(0, 1, n),
        lambda chance, n: chance.normal(0.7, 1, n),
        lambda chance, n: chance.normal(1.2, 1.1, n),
    ),
    "narrower": (
        lambda chance, n: chance.normal(0, 1, n),
        lambda chance, n: chance.normal(0.2, 0.5, n),
        lambda chance, n: chance.normal(0, 0.7, n),
    ),
    "beyond the old range": (
        lambda chance, n: chance.uniform(0, 1, n),
        lambda chance, n: chance.uniform(0.5, 2.5, n),
        lambda chance, n: chance.uniform(0.5, 3, n),
    ),
    "long tail": (
        lambda chance, n: chance.lognormal(3, 1, n),
        lambda chance, n: chance.lognormal(3.5, 1, n),
        lambda chance, n: chance.lognormal(3.7, 1.2, n),
    ),
    "many zeros": (
        lambda chance, n: np.where(chance.random(n) < 0.3, 0, chance.gamma(2, 10, n)),
        lambda chance, n: np.where(chance.random(n) < 0.5, 0, chance.gamma(2, 12, n)),
        lambda chance, n: np.where(chance.random(n) < 0.2, 0, chance.gamma(2, 12, n)),
    ),
    "whole numbers": (
        lambda chance, n: chance.poisson(30, n).astype(float),
        lambda chance, n: chance.poisson(33, n).astype(float),
        lambda chance, n: chance.poisson(36, n).astype(float),
    ),
    "few values": (
        lambda chance, n: chance.binomial(4, 0.3, n).astype(float),
        lambda chance, n: chance.binomial(4, 0.5, n).astype(float),
        lambda chance, n: chance.binomial(4, 0.6, n).astype(float),
    ),
}


def made(drift: str) -> tuple[Baseline, Baseline, Baseline, Rows]:
    """The old baseline, the one from what was counted over it, the one from the rows, and a later window."""
    chance = np.random.default_rng(5)
    before, now, later = (Rows(numbers={"x": sample(chance, ROWS)}) for sample in DRIFTS[drift])
    old = baseline_of(before)
    summary = count(now, Bins(old.bins))
    assert too_coarse(old, summary) == {}
    return old, rebaseline(old, summary, "p1_p99"), baseline_of(now), later


@pytest.mark.parametrize("drift", DRIFTS)
def test_later_windows_look_the_same_from_both(drift: str) -> None:
    """PSI and KL to 10 % or 0.01, W1 to 3 % or 0.005."""
    _, without, raw, later = made(drift)
    one, other = outcomes("data", without, later), outcomes("data", raw, later)
    for metric in ("feature_psi", "feature_kl_divergence"):
        assert one.value(metric, feature="x") == pytest.approx(other.value(metric, feature="x"), rel=0.1, abs=0.01)
    metric = "feature_wasserstein_distance"
    assert one.value(metric, feature="x") == pytest.approx(other.value(metric, feature="x"), rel=0.03, abs=0.005)
    assert one.noise(metric, feature="x") == pytest.approx(other.noise(metric, feature="x"), rel=0.1)


@pytest.mark.parametrize("drift", DRIFTS)
def test_bins_are_those_of_the_new_counts(drift: str) -> None:
    old, without, raw, _ = made(drift)
    bins = without.bins["x"]
    assert bins.edges.tolist() == old.bins["x"].edges.tolist()
    assert (bins.centre, bins.unit) == (old.bins["x"].centre, old.bins["x"].unit)
    counts, wanted = without.psi_counts("x"), raw.psi_counts("x")
    if drift == "few values":
        assert counts.tolist() == wanted.tolist()
    else:
        filled = wanted[wanted > 0]
        assert abs(len(counts) - len(filled)) <= 1
        assert counts.min() > min(0.03 * ROWS, 0.5 * filled.min())
        assert counts.max() < filled.max() + 0.05 * ROWS


def test_repeated_value_keeps_a_bin_of_its_own() -> None:
    _, without, _, _ = made("many zeros")
    counts = without.psi_counts("x")
    assert counts[0] == without.summary.numerical["x"].counts[np.searchsorted(without.bins["x"].edges, 0.0)]


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("drift", DRIFTS)
def test_scale_is_off_by_a_bin_at_most(drift: str, scale: Scale) -> None:
    chance = np.random.default_rng(6)
    before, now = (sample(chance, ROWS) for sample in DRIFTS[drift][:2])
    bins = numerical_bins(before, scale)
    found = rebinned(count_numbers(now, bins), bins, scale).scale
    exact = numerical_bins(now, scale).scale
    inside = bins.edges[(bins.edges > now.min()) & (bins.edges < now.max())]
    width = np.diff(np.concatenate(([now.min()], inside, [now.max()]))).max()
    assert abs(found - exact) <= 2 * width
    if drift not in {"few values", "whole numbers", "many zeros"}:
        assert found == pytest.approx(exact, rel=0.06)


def test_same_rows_give_nearly_the_same_bins() -> None:
    values = np.random.default_rng(1).normal(50, 9, ROWS)
    old = baseline_of(Rows(numbers={"x": values}))
    again = rebaseline(old, old.summary, "p1_p99")
    assert again.bins["x"].psi_bins.tolist() == old.bins["x"].psi_bins.tolist()
    assert again.bins["x"].scale == pytest.approx(old.bins["x"].scale, rel=0.01)
    assert again.nulls == old.nulls


def reason(before: ArrayLike, now: ArrayLike) -> str | None:
    old = baseline_of(Rows(numbers={"x": before}))
    return too_coarse(old, count(Rows(numbers={"x": now}), Bins(old.bins))).get("feature 'x'")


NORMAL = np.random.default_rng(2).normal(0, 1, 5_000)


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        (NORMAL, NORMAL / 1000, "one of the old bins holds "),
        (NORMAL, NORMAL + 1000, "one of the old bins holds 100% of its values"),
        (NORMAL, np.where(np.arange(5_000) % 4, NORMAL, 0.123), "one of the old bins holds 2"),
        (np.arange(5_000) % 3, np.arange(5_000) % 4, "25% of its values are none of those in the old baseline"),
        (np.full(5_000, 7.0), NORMAL, "100% of its values are none of those in the old baseline"),
        (np.full(5_000, np.nan), NORMAL, "one of the old bins holds "),
        (NORMAL, np.where(np.arange(5_000) % 3, NORMAL, np.inf), "one of the old bins holds 33% of its values"),
    ],
)
def test_bins_that_do_not_do(before: NDArray[np.float64], now: NDArray[np.float64], expected: str) -> None:
    found = reason(before, now)
    assert found is not None
    assert found.startswith(expected)


@pytest.mark.parametrize(
    "now",
    [
        np.full(5_000, 3.0),
        np.full(5_000, 1e9),
        np.where(np.arange(5_000) % 2, NORMAL, 99.0),
        np.where(np.arange(5_000) % 2, NORMAL, -99.0),
        np.full(5_000, np.nan),
        NORMAL[:1],
    ],
    ids=["constant", "far constant", "new largest value", "new smallest value", "nothing", "one row"],
)
def test_single_values_need_no_finer_bins(now: NDArray[np.float64]) -> None:
    assert reason(NORMAL, now) is None


def test_few_values_may_have_a_few_others() -> None:
    before = np.arange(5_000) % 3
    assert reason(before, np.where(np.arange(5_000) % 25, before, 9)) is None


def test_output_and_attributions_are_binned_anew() -> None:
    chance = np.random.default_rng(3)
    old = baseline_of(Rows(numbers={}, scores=chance.beta(2, 5, 5_000).tolist(), attributions={"x": NORMAL}))
    rows = Rows(scores=chance.beta(3, 4, 5_000).tolist(), attributions={"x": NORMAL / 2})
    summary = count(rows, Bins({}, old.output_bins, old.attribution_bins))
    again, raw = rebaseline(old, summary, "std"), baseline_of(rows)
    assert again.output_bins.scale == pytest.approx(raw.output_bins.scale, rel=0.03)
    assert again.attribution_bins["x"].scale == pytest.approx(raw.attribution_bins["x"].scale, rel=0.03)
    assert 0.0 in again.attribution_bins["x"].edges
    narrow = Rows(scores=[0.4, 0.40001] * 50, attributions={"x": [1e-4, 2e-4] * 50})
    found = too_coarse(old, count(narrow, Bins({}, old.output_bins, old.attribution_bins)))
    assert set(found) == {"output", "attribution of 'x'"}


def test_categories_are_bounded_and_folded_ones_refused() -> None:
    names = {f"n{place:05}": 40_000 - place for place in range(30_000)}
    rows = sum(names.values())
    old = Baseline("v", Summary(), {}, {})
    again = rebaseline(old, Summary(rows, categorical={"m": Categorical(names, rows)}), "p1_p99")
    column = again.summary.categorical["m"]
    assert len(column.counts) == 20_000
    assert set(list(names)[:10_000]) <= set(column.counts)
    assert column.counted == rows
    assert column.folded == rows - sum(column.counts.values())
    few, many = (Summary(100, categorical={"m": Categorical({"a": 100 - n}, 100, folded=n)}) for n in (5, 6))
    assert too_coarse(old, few) == {}
    expected = "6% of its values are names beyond those that were kept apart"
    assert too_coarse(old, many) == {"feature 'm'": expected}


@given(st.lists(st.integers(0, 1000), min_size=2, max_size=40).filter(any))
def test_psi_bins_are_runs_of_fine_bins(counts: list[int]) -> None:
    """Every PSI bin holds values; a fine bin with a tenth of them is one alone."""
    size = len(counts)
    bins = NumericalBins(np.arange(size - 1, dtype=float), np.zeros(size, np.int64), 1.0)
    column = replace(count_numbers(np.repeat(np.arange(size) - 0.5, counts), bins), minimum=-0.5, maximum=float(size))
    psi_bins = rebinned(column, bins, "p1_p99").psi_bins
    assert psi_bins[0] == 0
    assert set(np.diff(psi_bins).tolist()) <= {0, 1}
    totals = np.bincount(psi_bins, weights=counts)
    assert (totals > 0).all()
    assert len(totals) <= 2 * 10 + 1
    for place in np.flatnonzero(np.array(counts) >= sum(counts) / 10):
        assert totals[psi_bins[place]] == counts[place]
