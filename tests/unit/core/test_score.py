"""The composite drift score against hand calculations and against the weights of the rules."""

import pytest

from fairlead.core.families import FAMILIES
from fairlead.core.measurement import Labels, Measurement
from fairlead.core.score import PARTS, WEIGHTS, Score, drift_score
from fairlead.core.thresholds import COMPARISONS
from tests.support.rules import FOLDER, load

SEX: Labels = (("attribute", "sex"),)


def test_weighted_sum_by_hand() -> None:
    score = drift_score(
        [
            Measurement("fairness_demographic_parity_drift", 0.12, SEX, 0.05),
            Measurement("fairness_equal_opportunity_drift", 0.30, SEX, 0.40),
            Measurement("feature_psi", 0.35, (("feature", "income"),), 0.02),
            Measurement("feature_psi", 0.60, (("feature", "age"),), 0.02),
            Measurement("feature_kl_divergence", 0.50, (("feature", "age"),), 0.02),
            Measurement("performance_accuracy_drop", 0.06, (), 0.02),
            Measurement("prediction_entropy_change_ratio", -0.45, (), 0.1),
            Measurement("attribution_kl_divergence", 0.20, (("feature", "age"),), 0.1),
        ]
    )
    assert score == Score(0.40 * 0.12 + 0.30 * 0.60 + 0.20 * 0.45 + 0.10 * 0.20, 1.0)


def test_families_that_could_not_be_computed_leave_the_sum() -> None:
    score = drift_score([Measurement("feature_psi", 0.35), Measurement("prediction_shift_ratio", 0.1)])
    assert score == Score(round((0.30 * 0.35 + 0.20 * 0.1) / 0.5, 6), 0.5)


def test_nothing_measured_has_no_score() -> None:
    assert drift_score([]) is None
    assert drift_score([Measurement("feature_missing_ratio", 0.9)]) is None


def test_nothing_past_its_noise_scores_zero() -> None:
    assert drift_score([Measurement("feature_psi", 0.2, (), 0.2)]) == Score(0.0, 0.3)


def test_negative_drift_scores_zero() -> None:
    assert drift_score([Measurement("fairness_demographic_parity_drift", -0.3, SEX, 0.1)]) == Score(0.0, 0.4)


def test_part_is_clamped_to_one() -> None:
    assert drift_score([Measurement("feature_psi", 7.0)]) == Score(1.0, 0.3)


@pytest.mark.parametrize(("ratio", "noise", "expected"), [(0.7, 0.9, 0.25), (0.7, 0.7, 0.0), (0.7, 0.6, 0.0)])
def test_fall_of_disparate_impact_counts_while_the_ratio_is_past_its_noise(
    ratio: float, noise: float, expected: float
) -> None:
    found = drift_score(
        [
            Measurement("fairness_disparate_impact_drift", 0.25, SEX),
            Measurement("fairness_disparate_impact_ratio", ratio, SEX, noise),
            Measurement("fairness_disparate_impact_ratio", 0.1, (("attribute", "age"),), 0.9),
        ]
    )
    assert found == Score(expected, 0.4)


def test_measurements_may_be_read_once_only() -> None:
    measurements = (one for one in [Measurement("feature_psi", 0.5), Measurement("performance_accuracy_drop", 0.1)])
    assert drift_score(measurements) == Score(round((0.3 * 0.5 + 0.2 * 0.1) / 0.5, 6), 0.5)


@pytest.mark.parametrize("value", [0.15, 0.30])
def test_score_at_a_threshold_is_the_threshold_exactly(value: float) -> None:
    """Equal parts make a score equal to them, in spite of the rounding of a weighted sum."""
    parts = [Measurement(metrics[0], value, SEX) for metrics in PARTS.values()]
    for count in range(1, 5):
        found = drift_score(parts[:count])
        assert found is not None
        assert found.value == value


def test_weights_are_those_of_the_rules() -> None:
    rules = [rule for group in load(FOLDER / "recording.yml")["groups"] for rule in group["rules"]]
    weights = {
        rule["labels"]["family"]: float(rule["expr"].removeprefix("vector(").removesuffix(")"))
        for rule in rules
        if rule["record"] == "fairlead:drift_score:weight"
    }
    assert weights == WEIGHTS
    assert sum(WEIGHTS.values()) == pytest.approx(1)


@pytest.mark.parametrize("family", PARTS)
def test_parts_are_those_of_the_rules(family: str) -> None:
    assert family in FAMILIES
    rules = [rule for group in load(FOLDER / "recording.yml")["groups"] for rule in group["rules"]]
    expressions = [
        rule["expr"]
        for rule in rules
        if rule["record"] == "model_family:fairlead_drift_score:max" and rule["labels"]["family"] == family
    ]
    known = {*COMPARISONS, "fairness_disparate_impact_drift"}
    named = {metric for metric in known for expression in expressions if f"fairlead_{metric})" in expression}
    assert named == set(PARTS[family])
