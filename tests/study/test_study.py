"""The simulation study, small: unchanged windows are quiet, real changes are found, and the text says it."""

import re
from pathlib import Path

import pytest
from scipy.stats import binom

from fairlead.core.thresholds import COMPARISONS
from fairlead.exposition.catalogue import METRICS as CATALOGUE
from tests.study.__main__ import main
from tests.study.rates import METRICS, Rates, Size, study
from tests.study.scenarios import SCENARIOS, drifted
from tests.study.worlds import World

BASELINES, WINDOWS = 8, 5
RUNS = BASELINES * WINDOWS
MOST = int(binom.isf(1e-5, RUNS, 0.05))
"""Alarms in RUNS windows that a true rate of 5 % passes once in a hundred thousand times."""
FEWEST = int(binom.ppf(1e-5, RUNS, 0.8))
"""Changes found in RUNS windows that a power of 0.8 falls short of as rarely."""
SIZES: tuple[Size, ...] = ((100, 100), (1000, 10_000))

JUDGED_BY_ATTRIBUTE = {"group_disparate_impact_ratio"}
"""Shown per group; the rule judges the smallest of an attribute."""
HARDER = {"fairness_equal_opportunity_drift", "fairness_demographic_parity_drift"}
"""Of a gap of 0.12 between two groups a thousand rows show too little: 0.8 is not promised."""


@pytest.fixture(scope="module", params=SIZES, ids=str)
def rates(request: pytest.FixtureRequest) -> tuple[Size, Rates]:
    """A few baselines and windows of one size."""
    total = Rates()
    for seed in range(BASELINES):
        total.add(study(request.param, WINDOWS, seed))
    return request.param, total


def test_alarms_are_rare_when_nothing_has_changed(rates: tuple[Size, Rates]) -> None:
    for kind in (rates[1].both, rates[1].noise):
        assert {metric: sum(kind[metric].hits) for metric in METRICS if sum(kind[metric].hits) > MOST} == {}


def test_change_is_found_in_a_thousand_rows(rates: tuple[Size, Rates]) -> None:
    size, found = rates[0], rates[1].found
    if size[0] < 1000:
        assert sum(found["feature_wasserstein_distance"].hits) >= FEWEST
        return
    assert {m: sum(found[m].hits) for m in METRICS if m not in HARDER and sum(found[m].hits) < FEWEST} == {}


def test_threshold_alone_would_raise_alarms(rates: tuple[Size, Rates]) -> None:
    """Else the study could not tell what the noise is for."""
    assert sum(rates[1].threshold["feature_psi"].hits) == RUNS
    assert sum(rates[1].threshold["fairness_disparate_impact_ratio"].hits) > MOST


def test_every_measurement_with_a_noise_has_a_scenario() -> None:
    noisy = {name.removeprefix("fairlead_") for name, metric in CATALOGUE.items() if metric.noise}
    assert noisy - JUDGED_BY_ATTRIBUTE <= set(METRICS)
    assert set(METRICS) - noisy <= set(COMPARISONS)
    assert len(set(METRICS)) == len(SCENARIOS)


def test_drifted_world_differs_by_every_change() -> None:
    calm, changed = World(), drifted()
    for scenario in SCENARIOS:
        assert scenario.world
        for name in scenario.world:
            assert getattr(changed, name) != getattr(calm, name)


def test_same_seed_gives_the_same_rates() -> None:
    first, again = (study((30, 60), 2, 7) for _ in range(2))
    assert first == again
    assert first != study((30, 60), 2, 8)


def test_document_has_a_row_per_metric_in_every_table(tmp_path: Path) -> None:
    path = tmp_path / "study.md"
    main(["--sizes", "30", "40", "--baselines", "2", "--windows", "1", "--jobs", "1", "--output", str(path)])
    text = path.read_text()
    assert text.startswith("# Simulation study")
    assert len(re.findall(r"^\| n \| 30 \| 40 \|$", text, re.MULTILINE)) == 8
    for metric in METRICS:
        tables = 4 if metric in COMPARISONS and CATALOGUE[f"fairlead_{metric}"].noise else 2
        tables += metric in COMPARISONS and not CATALOGUE[f"fairlead_{metric}"].noise
        assert len(re.findall(rf"^\| {metric}[:| ]", text, re.MULTILINE)) == 2 * tables, metric
