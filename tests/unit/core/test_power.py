"""Real change at the policy's critical line is past the noise in windows of ordinary size."""

import numpy as np
import pytest

from fairlead.core.drift import categories, distance, kl, missing, psi
from fairlead.core.fairness import demographic_parity, disparate_impact, equal_opportunity
from fairlead.core.families import Statistic
from fairlead.core.performance import accuracy
from fairlead.core.prediction import classes, entropy
from tests.support import chance
from tests.support.chance import World, past

NORMAL = chance.numbers(lambda random, n: random.normal(size=n), lambda random, n: random.normal(0.5, 1, n))
"""A shift by half a standard deviation: PSI 0.25, KL 0.125."""

FAR = chance.numbers(lambda random, n: random.normal(size=n), lambda random, n: random.normal(1.5, 1, n))
THREE = chance.names(np.array([0.5, 0.3, 0.2]), np.array([0.25, 0.45, 0.3]))
NEW = chance.names(np.array([0.6, 0.4, 0.0]), np.array([0.57, 0.38, 0.05]))

CASES: list[tuple[str, Statistic, World]] = [
    ("feature_psi", psi.measure, NORMAL),
    ("feature_kl_divergence", kl.measure, NORMAL),
    ("feature_wasserstein_distance", distance.measure, FAR),
    ("feature_psi", psi.measure, THREE),
    ("feature_category_shift_ratio", categories.measure, THREE),
    ("feature_new_category_ratio", categories.measure, NEW),
    ("feature_missing_increase_ratio", missing.measure, chance.missing(0.02, 0.17)),
    ("prediction_shift_ratio", classes.measure, THREE),
    (
        "prediction_entropy_change_ratio",
        entropy.measure,
        chance.entropies(
            lambda random, n: random.uniform(0.3, 0.7, n), lambda random, n: random.uniform(0.01, 0.15, n)
        ),
    ),
    ("performance_accuracy_drop", accuracy.measure, chance.accuracy(0.92, 0.82)),
    ("fairness_demographic_parity_drift", demographic_parity.measure, chance.groups((0.6, 0.5), (0.6, 0.4))),
    ("fairness_equal_opportunity_drift", equal_opportunity.measure, chance.groups((0.8, 0.7), (0.8, 0.55))),
    ("fairness_disparate_impact_ratio", disparate_impact.measure, chance.groups((0.5, 0.5), (0.5, 0.3))),
]


@pytest.mark.parametrize(("metric", "statistic", "world"), CASES, ids=[case[0] for case in CASES])
def test_thousand_rows_are_enough(metric: str, statistic: Statistic, world: World) -> None:
    assert past(world, [statistic], 1000, 3000, 300)[metric] >= 0.8
