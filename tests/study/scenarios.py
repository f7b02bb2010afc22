"""What is looked at: every measurement with a noise, and for each a real change that should be found.

One more measurement is one more line. A change is the part of the drifted world that it makes; all changes are made at
once, each on a subject of its own, and each is looked for on that subject.
"""

from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np

from fairlead.core.measurement import Labels
from tests.study.worlds import CATEGORIES, Rates, World


@dataclass(frozen=True, slots=True)
class Scenario:
    """A metric and a real change of it, in words, on one subject, and as fields of the drifted world."""

    family: str
    metric: str
    change: str
    subject: Labels = ()
    world: dict[str, Any] = field(default_factory=dict)


def _feature(name: str) -> Labels:
    return (("feature", name),)


def _attribute(name: str) -> Labels:
    return (("attribute", name),)


_SHIFTED = np.array([0.25, 0.45, 0.3])
_SURGED = np.append(CATEGORIES["halving"][:-1], CATEGORIES["halving"].sum() * 0.08)
_NEW = np.append(CATEGORIES["ten"], 10 / 9)
_APART = {"sex": (Rates(0.5, 0.56, 0.91, 0.86), Rates(0.5, 0.44, 0.79, 0.74))}
_UNEQUAL = {"region": (Rates(0.34), Rates(0.33), Rates(0.33, 0.3))}

SCENARIOS = (
    Scenario("data", "feature_psi", "0.25", _feature("normal 0"), {"moved": {"normal 0": 0.513}}),
    Scenario("data", "feature_kl_divergence", "0.25", _feature("lognormal 0"), {"moved": {"lognormal 0": 0.73}}),
    Scenario("data", "feature_wasserstein_distance", "0.3", _feature("normal 1"), {"moved": {"normal 1": 0.3 * 4.653}}),
    Scenario("data", "feature_missing_increase_ratio", "0.15", _feature("counts 0"), {"missing": {"counts 0": 0.45}}),
    Scenario("data", "feature_new_category_ratio", "0.10", _feature("ten 0"), {"shares": {"ten 0": _NEW}}),
    Scenario("data", "feature_category_shift_ratio", "0.25", _feature("three 0"), {"shares": {"three 0": _SHIFTED}}),
    Scenario(
        "data", "feature_rare_category_surges", "0 to 7 %", _feature("halving 0"), {"shares": {"halving 0": _SURGED}}
    ),
    Scenario(
        "quality",
        "feature_correlation_change",
        "0.5 to 0.95",
        (("feature", "normal 2"), ("other", "uniform 2")),
        {"together": {"normal 2": 0.97, "uniform 2": 0.97}},
    ),
    Scenario(
        "quality", "new_high_correlations", "0.5 to 0.95", (), {"together": {"normal 2": 0.97, "uniform 2": 0.97}}
    ),
    Scenario("model", "prediction_shift_ratio", "0.4", (), {"classes": (0.2, 0.5, 0.3)}),
    Scenario("model", "prediction_class_spike", "3 times", (("class", "2"),), {"classes": (0.2, 0.5, 0.3)}),
    Scenario("model", "prediction_kl_divergence", "0.36", (), {"scores": (0.5, 0.5)}),
    Scenario("model", "prediction_entropy_change_ratio", "-0.34", (), {"scores": (0.5, 0.5)}),
    Scenario("model", "performance_accuracy_drop", "0.10", (), {"confusion": (0.40, 0.10, 0.10, 0.40)}),
    Scenario("model", "performance_precision_drop", "0.10", (), {"confusion": (0.40, 0.10, 0.10, 0.40)}),
    Scenario("model", "performance_recall_drop", "0.10", (), {"confusion": (0.40, 0.10, 0.10, 0.40)}),
    Scenario("model", "performance_false_positive_increase", "0.10", (), {"confusion": (0.40, 0.10, 0.10, 0.40)}),
    Scenario("model", "performance_f1_drop", "0.10", (("class", "yes"),), {"confusion": (0.40, 0.10, 0.10, 0.40)}),
    Scenario("fairness", "fairness_demographic_parity_drift", "0.12", _attribute("sex"), {"groups": _APART}),
    Scenario("fairness", "fairness_equal_opportunity_drift", "0.12", _attribute("sex"), {"groups": _APART}),
    Scenario("fairness", "fairness_accuracy_gap_increase", "0.12", _attribute("sex"), {"groups": _APART}),
    Scenario("fairness", "fairness_disparate_impact_ratio", "0.6", _attribute("region"), {"groups": _UNEQUAL}),
    Scenario(
        "explanation",
        "attribution_kl_divergence",
        "scale 1 to 2",
        _feature("attributed 0"),
        {"attributions": {"attributed 0": 2.0}},
    ),
)

FAMILIES = tuple(dict.fromkeys(scenario.family for scenario in SCENARIOS))


def drifted() -> World:
    """The world in which every change has happened."""
    calm = World()
    found: dict[str, Any] = {}
    for scenario in SCENARIOS:
        for name, change in scenario.world.items():
            before = found.get(name, getattr(calm, name))
            found[name] = {**before, **change} if isinstance(change, dict) else change
    assert found.keys() <= {one.name for one in fields(World)}
    return World(**found)
