"""KL divergence of attributions against scipy, its noise and its reasons."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import entropy

from fairlead.core.baseline import Bins
from fairlead.core.comparison import Comparison
from fairlead.core.explanation import divergence
from fairlead.core.measurement import Measurement
from tests.support.comparisons import Outcomes, Rows, baseline_of, count, outcomes

METRIC = "attribution_kl_divergence"


def drawn(seed: int, rows: int, scale: float = 1.0, features: str = "abc") -> Rows:
    random = np.random.default_rng(seed)
    return Rows(attributions={name: random.normal(0, scale, rows) for name in features})


def explained(base: Rows, current: Rows) -> Outcomes:
    return outcomes("explanation", baseline_of(base), current)


@pytest.mark.parametrize("seed", range(3))
def test_agrees_with_scipy(seed: int) -> None:
    base, current = drawn(seed, 2000), drawn(seed + 50, 700, 1.6)
    found = explained(base, current)
    for name in "abc":
        before, now = (np.asarray(side.attributions[name]) for side in (base, current))
        deciles = np.quantile(before, np.arange(1, 10) / 10, method="inverted_cdf")
        p, q = (np.bincount(np.searchsorted(deciles, side), minlength=10) + 0.5 for side in (now, before))
        assert found.value(METRIC, feature=name) == pytest.approx(entropy(p, q), rel=1e-9)
        assert found.measured(METRIC, feature=name).samples == 700
        assert found.measured(METRIC, feature=name).baseline_samples == 2000


@pytest.mark.parametrize("rows", [40, 700])
def test_noise_is_that_of_as_many_features_with_the_same_values(rows: int) -> None:
    base, current = drawn(1, 2000), drawn(2, rows)
    found = explained(base, current)
    same = outcomes("data", baseline_of(Rows(numbers=base.attributions)), Rows(numbers=current.attributions))
    for name in "abc":
        for one in (Outcomes.value, Outcomes.noise):
            assert one(found, METRIC, feature=name) == one(same, "feature_kl_divergence", feature=name)


def test_change_of_sign_is_seen_where_the_mean_absolute_attribution_is_blind() -> None:
    random = np.random.default_rng(1)
    base = Rows(attributions={"a": random.uniform(0.5, 1, 1000)})
    current = Rows(attributions={"a": -random.uniform(0.5, 1, 1000)})
    found = explained(base, current)
    assert found.value("attribution_mean_abs", feature="a") == pytest.approx(0.75, abs=0.02)
    assert found.value(METRIC, feature="a") > 2


@pytest.mark.parametrize(
    ("base", "current", "reason"),
    [(40, 29, "too few values"), (40, 0, "no values in the window"), (0, 40, "no values in the baseline")],
)
def test_reasons(base: int, current: int, reason: str) -> None:
    def known(rows: int) -> Rows:
        return Rows(attributions={"a": [0.1 * i if i < rows else np.nan for i in range(60)]})

    assert explained(known(base), known(current)).reason(METRIC, feature="a") == reason


def test_model_without_attributions_says_nothing() -> None:
    rows = Rows(predictions=["yes"] * 40)
    assert [one for one in explained(rows, rows).all if one.metric != "attribution_rank_correlation"] == []


@settings(max_examples=25)
@given(st.integers(0, 10_000))
def test_identical_windows_have_not_drifted(seed: int) -> None:
    rows = drawn(seed, 200)
    for name in "abc":
        assert explained(rows, rows).value(METRIC, feature=name) == pytest.approx(0, abs=1e-12)


def test_chance_alone_passes_the_noise_in_one_model_in_twenty() -> None:
    baselines, windows, past = 20, 20, 0
    for seed in range(baselines * windows):
        if seed % windows == 0:
            baseline = baseline_of(drawn(seed, 2000))
        current = count(drawn(seed + 10_000, 300), Bins(attributions=baseline.attribution_bins))
        ones = divergence.measure(Comparison(baseline, current, current))
        past += any(isinstance(one, Measurement) and one.value > (one.noise or 0) for one in ones)
    assert 0.02 <= past / (baselines * windows) <= 0.09


def test_doubled_spread_is_critical_in_a_thousand_rows() -> None:
    for seed in range(10):
        one = explained(drawn(seed, 3000), drawn(seed + 10_000, 1000, 3)).measured(METRIC, feature="a")
        assert one.value > max(0.30, one.noise or 0)
