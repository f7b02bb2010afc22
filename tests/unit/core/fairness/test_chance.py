"""What chance does to gaps and ratios, simulated: false alarms in at most 5 % of runs, and real unfairness is found."""

import numpy as np
import pytest
from numpy.typing import NDArray

from fairlead.core.baseline import Baseline
from fairlead.core.comparison import Comparison
from fairlead.core.fairness import accuracy_gap, demographic_parity, disparate_impact, equal_opportunity
from fairlead.core.measurement import Measurement
from fairlead.core.summary import Summary, Tally

RUNS = 1500
MOST = 0.07
"""5 % and three and a half standard errors of a share of RUNS."""

Sizes = tuple[int, ...]
Rates = tuple[float, ...]


def window(sizes: Sizes, successes: NDArray[np.int64]) -> Summary:
    """Groups whose selection rate, true-positive rate and accuracy are all these successes of these sizes."""
    made = {str(i): Tally(n, n, k, n, k, n, k) for i, (n, k) in enumerate(zip(sizes, successes.tolist(), strict=True))}
    return Summary(sum(sizes), labelled=sum(sizes), groups={"g": made})


def growth(sizes: Sizes, base_sizes: Sizes, rates: Rates) -> list[float]:
    """Share of unchanged runs in which each gap grew by more than its noise."""
    random = np.random.default_rng([*sizes, *base_sizes])
    draws = [random.binomial(side, rates, (RUNS, len(rates))) for side in (sizes, base_sizes)]
    past = np.zeros(3)
    for current, base in zip(*draws, strict=True):
        now, then = window(sizes, current), window(base_sizes, base)
        c = Comparison(Baseline("v", then, {}, {}), now, now)
        for i, gap in enumerate((demographic_parity.GAP, equal_opportunity.GAP, accuracy_gap.GAP)):
            statistic = (demographic_parity, equal_opportunity, accuracy_gap)[i]
            (found,) = (one for one in statistic.measure(c) if one.metric == gap.growth)
            assert isinstance(found, Measurement)
            assert found.noise is not None
            past[i] += found.value > found.noise
    shares: list[float] = (past / RUNS).tolist()
    return shares


@pytest.mark.parametrize(
    ("sizes", "base_sizes", "rates"),
    [
        ((60, 60), (60, 60), (0.5, 0.5)),
        ((60, 60), (60, 60), (0.8, 0.3)),
        ((300, 40), (300, 40), (0.7, 0.4)),
        ((300, 40), (6000, 800), (0.5, 0.5)),
        ((1000, 1000, 1000), (1000, 1000, 1000), (0.6, 0.6, 0.4)),
        ((60, 500, 2000, 90), (120, 1000, 4000, 180), (0.5, 0.5, 0.5, 0.5)),
        ((200,) * 6, (2000,) * 6, (0.3,) * 6),
        ((200,) * 6, (100,) * 6, (0.3, 0.3, 0.3, 0.3, 0.3, 0.6)),
        ((100_000,) * 3, (30_000,) * 3, (0.1, 0.12, 0.5)),
        ((100_000, 100_000), (100_000, 100_000), (0.2, 0.2)),
    ],
)
def test_gap_of_unchanged_rates_grows_past_its_noise_in_one_run_in_twenty(
    sizes: Sizes, base_sizes: Sizes, rates: Rates
) -> None:
    for share in growth(sizes, base_sizes, rates):
        assert share <= MOST


@pytest.mark.parametrize(
    ("sizes", "base_sizes", "rates"),
    [
        ((500, 500), (500, 500), (0.7, 0.4)),
        ((500, 500), (20_000, 20_000), (0.5, 0.5)),
        ((500,) * 3, (50_000,) * 3, (0.3,) * 3),
        ((500,) * 4, (200,) * 4, (0.2, 0.4, 0.6, 0.8)),
    ],
)
def test_noise_of_a_gap_is_not_so_large_that_it_hides_change(sizes: Sizes, base_sizes: Sizes, rates: Rates) -> None:
    """A gap that was real before, or groups that are alike against a large baseline: nearly the whole 5 % is used."""
    for share in growth(sizes, base_sizes, rates):
        assert share >= 0.03


def impacts(sizes: Sizes, rates: Rates) -> list[Measurement]:
    """The ratio in many windows."""
    random = np.random.default_rng(sizes)
    found = []
    for draw in random.binomial(sizes, rates, (RUNS, len(rates))):
        now = window(sizes, draw)
        for one in disparate_impact.measure(Comparison(Baseline("v", now, {}, {}), now, now)):
            if isinstance(one, Measurement) and one.metric == disparate_impact.METRIC:
                found.append(one)
    assert len(found) == RUNS
    return found


def critical(one: Measurement) -> bool:
    """Below 0.80 and below what chance gives."""
    assert one.noise is not None
    return one.value < 0.8 and one.value < one.noise


@pytest.mark.parametrize("sizes", [(500, 500), (800, 200), (400, 300, 300)])
def test_ratio_of_0_6_in_a_thousand_rows_is_critical(sizes: Sizes) -> None:
    rates = (0.5, *[0.5] * (len(sizes) - 2), 0.3)
    assert np.mean([critical(one) for one in impacts(sizes, rates)]) >= 0.8


@pytest.mark.parametrize(
    ("sizes", "rate"), [((30, 30), 0.5), ((30,) * 5, 0.5), ((500, 40), 0.2), ((60,) * 3, 0.1), ((1000,) * 6, 0.3)]
)
def test_equal_rates_are_seldom_below_what_chance_gives(sizes: Sizes, rate: float) -> None:
    found = impacts(sizes, (rate,) * len(sizes))
    assert np.mean([one.value < (one.noise or 0) for one in found]) <= MOST
