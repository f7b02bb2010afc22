"""Chance alone passes the noise in about 5 % of runs, whatever the size of the window."""

import numpy as np
import pytest

from fairlead.core.drift import categories, distance, kl, missing, psi
from fairlead.core.fairness import demographic_parity, disparate_impact, equal_opportunity
from fairlead.core.families import Statistic
from fairlead.core.performance import accuracy
from fairlead.core.prediction import classes, entropy
from tests.support import chance
from tests.support.chance import Floats, World, past

RUNS = 500
MOST = 0.085
"""5 % and three and a half standard errors of a share of RUNS."""

PSI, KL, W1 = "feature_psi", "feature_kl_divergence", "feature_wasserstein_distance"
NEW, SHIFT = "feature_new_category_ratio", "feature_category_shift_ratio"
CLASSES, MISSING = "prediction_shift_ratio", "feature_missing_increase_ratio"
ACCURACY, ENTROPY = "performance_accuracy_drop", "prediction_entropy_change_ratio"
PARITY, OPPORTUNITY = "fairness_demographic_parity_drift", "fairness_equal_opportunity_drift"
IMPACT = "fairness_disparate_impact_ratio"

STATISTICS: dict[str, Statistic] = {
    PSI: psi.measure,
    KL: kl.measure,
    W1: distance.measure,
    NEW: categories.measure,
    SHIFT: categories.measure,
    CLASSES: classes.measure,
    MISSING: missing.measure,
    ACCURACY: accuracy.measure,
    ENTROPY: entropy.measure,
    PARITY: demographic_parity.measure,
    OPPORTUNITY: equal_opportunity.measure,
    IMPACT: disparate_impact.measure,
}
NUMBERS, NAMES, GROUPS = (PSI, KL, W1), (PSI, NEW, SHIFT, CLASSES), (PARITY, OPPORTUNITY, IMPACT)


def sharp(random: chance.Random, rows: int) -> Floats:
    """Scores of a model that is mostly sure."""
    return np.clip(random.beta(0.2, 0.4, rows), 1e-9, 1 - 1e-9)


WORLDS: dict[str, tuple[World, tuple[str, ...]]] = {
    "normal": (chance.numbers(lambda random, n: random.normal(size=n)), NUMBERS),
    "lognormal": (chance.numbers(lambda random, n: random.lognormal(size=n)), NUMBERS),
    "gamma": (chance.numbers(lambda random, n: random.gamma(2, size=n)), NUMBERS),
    "uniform": (chance.numbers(lambda random, n: random.random(n)), NUMBERS),
    "Student's t": (chance.numbers(lambda random, n: random.standard_t(3, n)), NUMBERS),
    "Pareto": (chance.numbers(lambda random, n: random.pareto(2.5, n)), NUMBERS),
    "two modes": (chance.numbers(lambda random, n: random.normal(size=n) + 10 * (random.random(n) < 0.5)), NUMBERS),
    "flag": (chance.numbers(lambda random, n: (random.random(n) < 0.3).astype(np.float64)), NUMBERS),
    "five values": (chance.numbers(lambda random, n: np.minimum(random.geometric(0.5, n), 5.0)), NUMBERS),
    "three names": (chance.names(np.array([0.5, 0.3, 0.2])), NAMES),
    "ten equal names": (chance.names(np.ones(10)), NAMES),
    "fifty names": (chance.names(1 / np.arange(1.0, 51)), NAMES),
    "hundred equal names": (chance.names(np.ones(100)), (PSI, NEW, SHIFT)),
    "long tail of names": (chance.names(1 / np.arange(1.0, 2001) ** 1.2), (PSI, NEW, SHIFT)),
    "two names": (chance.names(np.array([0.9, 0.1])), NAMES),
    "rarely missing": (chance.missing(0.02, 0.02), (MISSING,)),
    "often missing": (chance.missing(0.3, 0.3), (MISSING,)),
    "often right": (chance.accuracy(0.8, 0.8), (ACCURACY,)),
    "mostly right": (chance.accuracy(0.95, 0.95), (ACCURACY,)),
    "sharp scores": (chance.entropies(sharp), (ENTROPY,)),
    "two groups": (chance.groups((0.5, 0.5)), GROUPS),
    "five groups": (chance.groups((0.3,) * 5), GROUPS),
    "rare outcome": (chance.groups((0.1, 0.1)), GROUPS),
    "against a reference": (chance.groups((0.6, 0.6, 0.6), reference="0"), GROUPS),
    "unequal groups": (chance.groups((0.9, 0.7, 0.6)), (PARITY, OPPORTUNITY)),
}


def shares(name: str, rows: int, base: int) -> dict[str, float]:
    """How often each metric of a world passes its noise; one that is not measured (all names are rare) never does."""
    world, metrics = WORLDS[name]
    found = past(world, dict.fromkeys(STATISTICS[metric] for metric in metrics), rows, base, RUNS)
    return {metric: found.get(metric, 0.0) for metric in metrics}


@pytest.mark.parametrize(("rows", "base"), [(50, 3000), (300, 3000), (2000, 2000), (300, 300)])
@pytest.mark.parametrize("name", WORLDS)
def test_unchanged_data(name: str, rows: int, base: int) -> None:
    for metric, share in shares(name, rows, base).items():
        assert share <= MOST, metric


@pytest.mark.parametrize(
    ("name", "metric"),
    [
        ("normal", W1),
        ("normal", PSI),
        ("three names", PSI),
        ("ten equal names", CLASSES),
        ("often right", ACCURACY),
        ("sharp scores", ENTROPY),
        ("two groups", IMPACT),
    ],
)
def test_noise_is_not_so_large_that_it_hides_change(name: str, metric: str) -> None:
    found = past(WORLDS[name][0], [STATISTICS[metric]], 300, 3000, RUNS)
    assert found[metric] >= 0.02
