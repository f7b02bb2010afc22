"""Bins frozen at baseline time."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import wasserstein_distance

from fairlead.core.baseline import psi_counts
from fairlead.core.drift.wasserstein import null, wasserstein
from fairlead.core.edges import BEYOND, FINE_BINS, PSI_BINS, NumericalBins, numerical_bins
from tests.support.comparisons import Rows, baseline_of, count_numbers, outcomes

Floats = NDArray[np.float64]

random = np.random.default_rng(1)
SAMPLES: dict[str, Floats] = {
    "normal": random.normal(size=3000),
    "lognormal": random.lognormal(0, 2, 3000),
    "one value": np.full(100, 7.0),
    "zero only": np.zeros(100),
    "two values": np.array([0.0, 1.0] * 100),
    "two far values": np.array([-1e300, 1e300] * 10),
    "two near values": np.array([1.0, 1.0 + 1e-9] * 50),
    "ten values": np.arange(10.0).repeat(7),
    "eleven values": np.arange(11.0).repeat(7),
    "epoch seconds": 1.7e9 + random.integers(0, 7, 500).astype(np.float64),
    "mass at the largest value": np.append(np.linspace(0, 9, 50), np.full(950, 10.0)),
    "mass at the smallest value": np.append(np.linspace(1, 9, 50), np.zeros(950)),
    "mass in the middle": np.concatenate((np.linspace(-9, -1, 40), np.zeros(920), np.linspace(1, 9, 40))),
    "one row": np.array([3.0]),
    "eleven rows": np.arange(11.0),
}


@pytest.mark.parametrize("name", SAMPLES)
def test_edges_ascend_and_psi_bins_are_consecutive(name: str) -> None:
    bins = numerical_bins(SAMPLES[name], "p1_p99")
    assert (np.diff(bins.edges) > 0).all()
    assert np.isfinite(bins.edges).all()
    assert len(bins.psi_bins) == len(bins.edges) + 1
    assert set(bins.psi_bins.tolist()) == set(range(bins.bins))
    assert len(bins.edges) < FINE_BINS + 3 * PSI_BINS + 2 * len(BEYOND)


@pytest.mark.parametrize("name", SAMPLES)
def test_counts_of_the_sample_add_up(name: str) -> None:
    sample = SAMPLES[name]
    bins = numerical_bins(sample, "p1_p99")
    assert psi_counts(bins, count_numbers(sample, bins).counts).sum() == len(sample)


def test_continuous_sample_is_cut_at_its_deciles() -> None:
    sample = SAMPLES["normal"]
    bins = numerical_bins(sample, "p1_p99")
    counts = psi_counts(bins, count_numbers(sample, bins).counts)
    assert counts.tolist() == [300] * 10
    cuts = bins.edges[np.diff(bins.psi_bins) > 0]
    assert cuts.tolist() == np.quantile(sample, np.arange(1, 10) / 10, method="inverted_cdf").tolist()


def test_few_values_get_a_bin_each_and_one_for_everything_else() -> None:
    bins = numerical_bins(np.array([0.0, 1.0, 5.0] * 40), "p1_p99")
    assert bins.bins == 4
    current = np.array([0.0, 0.0, 1.0, 5.0, 5.0, 5.0, 0.5, -3.0, 99.0, np.inf, -np.inf])
    assert psi_counts(bins, count_numbers(current, bins).counts).tolist() == [2, 1, 3, 5]


def test_single_precision_copies_of_few_values_are_the_same_values() -> None:
    values = np.array([0.1, 0.7, 1234.56])
    bins = numerical_bins(values.repeat(50), "p1_p99")
    copies = values.astype(np.float32).astype(np.float64)
    assert psi_counts(bins, count_numbers(copies, bins).counts).tolist() == [1, 1, 1, 0]


@pytest.mark.parametrize("column", [[0.0, 1.0], [1.0, 0.0]])
def test_rare_flag_does_not_vanish_in_a_decile(column: list[float]) -> None:
    usual, rare = column
    base = np.array([usual] * 990 + [rare] * 10)
    current = np.array([usual] * 300 + [rare] * 100)
    found = outcomes("data", baseline_of(Rows(numbers={"flag": base})), Rows(numbers={"flag": current}))
    assert found.value("feature_psi", feature="flag") > 0.25


@pytest.mark.parametrize(
    ("name", "moved"),
    [
        ("mass at the largest value", np.append(np.full(500, 5.0), np.full(500, 10.0))),
        ("mass at the smallest value", np.append(np.full(500, 5.0), np.zeros(500))),
        ("mass in the middle", np.append(np.full(500, -5.0), np.zeros(500))),
        ("mass in the middle", np.append(np.full(500, 5.0), np.zeros(500))),
    ],
)
def test_leaving_a_value_that_most_rows_have_is_seen(name: str, moved: Floats) -> None:
    found = outcomes("data", baseline_of(Rows(numbers={"debt": SAMPLES[name]})), Rows(numbers={"debt": moved}))
    assert found.value("feature_psi", feature="debt") > 0.25
    assert found.value("feature_kl_divergence", feature="debt") > 0.25


@pytest.mark.parametrize("scale", ["p1_p99", "min_max", "iqr", "std"])
def test_constant_column_has_no_range(scale: str) -> None:
    assert numerical_bins(np.full(50, 3.0), scale).scale == 0  # type: ignore[arg-type]  # one of the four


def inside(bins: NumericalBins, sample: Floats) -> NumericalBins:
    """The same bins without the edges outside the sample."""
    kept = (bins.edges >= sample.min()) & (bins.edges < sample.max())
    return replace(bins, edges=bins.edges[kept], psi_bins=bins.psi_bins[np.append(kept, True)])


@pytest.mark.parametrize(
    "name", ["normal", "lognormal", "mass at the largest value", "mass in the middle", "eleven values"]
)
def test_edges_outside_the_sample_change_neither_psi_nor_the_noise_of_w1(name: str) -> None:
    sample = SAMPLES[name]
    bins = numerical_bins(sample, "p1_p99")
    few = inside(bins, sample)
    assert len(few.edges) < len(bins.edges)
    drifted = np.concatenate((sample * 1.3, sample[:50] + 2 * np.ptp(sample), sample[:50] - 300 * np.ptp(sample)))
    for column in (sample, drifted):
        with_them, without = (psi_counts(one, count_numbers(column, one).counts) for one in (bins, few))
        assert with_them.tolist() == without.tolist()
    found, expected = (null(count_numbers(sample, one), one) for one in (bins, few))
    assert (found.rms, found.signed) == pytest.approx((expected.rms, expected.signed), rel=0.02)


def test_edges_outside_the_sample_bring_w1_nearer_to_the_truth() -> None:
    sample = SAMPLES["normal"]
    bins = numerical_bins(sample, "p1_p99")
    current = np.append(sample[:1500] * 3, sample[:300] + 40)
    base = np.append(sample, np.linspace(20, 60, 20))
    found, bound = wasserstein(count_numbers(current, bins), count_numbers(base, bins), bins)
    few = inside(bins, sample)
    coarse, wide = wasserstein(count_numbers(current, few), count_numbers(base, few), few)
    true = wasserstein_distance(current, base)
    assert abs(true - found) < abs(true - coarse) or coarse == pytest.approx(true, rel=1e-6)
    assert bound <= wide
