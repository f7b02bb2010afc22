"""Distances between baselines, against PSI and Wasserstein-1 of the rows themselves."""

import numpy as np
import pytest
from scipy.stats import wasserstein_distance

from fairlead.core.baseline import Baseline, Bins, assemble
from fairlead.core.difference import report
from fairlead.core.distance import distance, features_apart
from tests.support.comparisons import FAVOURABLE, Rows, baseline_of, count

CHANCE = np.random.default_rng(5)
SIZE = 20_000
SHAPES = {
    "normal": CHANCE.normal(100, 15, SIZE),
    "heavy": CHANCE.lognormal(10, 1, SIZE),
    "zeros": np.where(CHANCE.random(SIZE) < 0.4, 0.0, CHANCE.exponential(50, SIZE)),
    "whole": CHANCE.integers(0, 60, SIZE).astype(float),
    "few": CHANCE.integers(0, 4, SIZE).astype(float),
    "far": CHANCE.normal(1e9, 1.0, SIZE),
}
CHANGES = {
    "none": lambda x: x.copy(),
    "shift": lambda x: x + x.std() * 0.3,
    "scale": lambda x: np.median(x) + (x - np.median(x)) * 1.2,
    "half": lambda x: np.where(np.arange(len(x)) % 4 == 0, x.min(), x),
}


def of(values: np.ndarray) -> Baseline:
    return baseline_of(Rows(numbers={"x": values}))


def over(values: np.ndarray, before: Baseline) -> Baseline:
    """The same bins, as after a reset."""
    bins = Bins(before.bins)
    return assemble("later", count(Rows(numbers={"x": values}), bins), bins)


def true_psi(before: np.ndarray, after: np.ndarray, base: Baseline) -> float:
    """From the rows: every value looked up in the fine edges, ½ row more in each PSI bin."""
    bins = base.bins["x"]
    shares = []
    for values in (before, after):
        places = bins.psi_bins[np.searchsorted(bins.edges, values)]
        shares.append(np.array([(places == place).sum() for place in range(bins.bins)]))
    q, p = ((side[shares[0] + shares[1] > 0] + 0.5) for side in shares)
    p, q = p / p.sum(), q / q.sum()
    return float(((p - q) * np.log(p / q)).sum())


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("shape", SHAPES)
def test_over_other_bins(shape: str, change: str) -> None:
    before, after = SHAPES[shape], CHANGES[change](np.roll(SHAPES[shape], 7))
    base, later = of(before), of(after)
    (found,) = features_apart(base, later)
    psi = true_psi(before, after, base)
    w1 = wasserstein_distance(before, after) / base.bins["x"].scale
    assert found.psi == pytest.approx(psi, rel=0.08, abs=0.003)
    assert found.wasserstein == pytest.approx(w1, rel=0.05, abs=0.005)


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("shape", SHAPES)
def test_over_the_same_bins_it_is_exact(shape: str, change: str) -> None:
    before, after = SHAPES[shape], CHANGES[change](SHAPES[shape])
    base = of(before)
    (found,) = features_apart(base, over(after, base))
    assert found.psi == pytest.approx(true_psi(before, after, base), rel=1e-9, abs=1e-12)
    w1 = wasserstein_distance(before, after) / base.bins["x"].scale
    assert found.wasserstein == pytest.approx(w1, rel=0.02, abs=1e-6)


def rows(selected: int, boats: int = 50) -> Rows:
    """Of a hundred women so many are selected, of a hundred men fifty."""
    decisions = [FAVOURABLE] * selected + ["denied"] * (100 - selected) + [FAVOURABLE, "denied"] * 50
    return Rows(
        names={"purpose": ["boat"] * boats + ["car"] * (200 - boats)},
        predictions=decisions,
        labels=decisions,
        groups={"sex": ["f"] * 100 + ["m"] * 100, "town": ["x"] * 190 + ["y"] * 10},
    )


def test_groups_predictions_and_categories() -> None:
    found = distance(baseline_of(rows(50)), baseline_of(rows(30, boats=100)), 30)
    assert found.previous == "2026-01-01-v1"
    assert found.parity == {"sex": pytest.approx(0.2)}  # of town one group is too small
    assert found.shift == pytest.approx(0.1)
    p, q = np.array([100.5, 100.5, 0.5]), np.array([50.5, 150.5, 0.5])
    p, q = p[:2] / p[:2].sum(), q[:2] / q[:2].sum()
    assert found.psi_max == found.psi_mean == pytest.approx(float(((p - q) * np.log(p / q)).sum()))
    assert (found.wasserstein_max, found.wasserstein_mean) == (None, None)


def test_what_cannot_be_said() -> None:
    empty, constant = np.full(50, np.nan), np.ones(50)
    (found,) = features_apart(of(constant), of(empty))
    assert (found.psi, found.wasserstein) == (None, None)
    (found,) = features_apart(of(constant), of(constant + 1))
    assert found.wasserstein is None
    assert found.psi is not None
    assert found.psi > 1
    (found,) = features_apart(of(np.arange(50.0)), of(np.append(np.arange(49.0), np.inf)))
    assert found.wasserstein is None
    (found,) = features_apart(of(empty), of(empty))
    assert found.psi is None
    nothing = distance(of(constant), baseline_of(Rows(numbers={"y": constant})), 30)
    assert (nothing.psi_max, nothing.psi_mean, nothing.shift, nothing.parity) == (None, None, None, {})


def test_report() -> None:
    before, after = baseline_of(rows(50)), baseline_of(rows(30))
    found = report(before, after, 30)
    moved = {(one.subject, one.statistic): one.value for one in found.moved}
    assert moved["predictions", "total variation"] == pytest.approx(0.1)
    assert moved["sex", "demographic parity growth"] == pytest.approx(0.2)
    assert moved["feature purpose", "PSI"] == 0
    quantities = {(one.subject, one.quantity): (one.before, one.after) for one in found.differences}
    assert quantities["sex f", "selection rate"] == (0.5, 0.3)
    assert ("sex m", "selection rate") not in quantities
