"""Severities by the shipped thresholds, held to the policy's own table."""

from math import isfinite

import pytest

from fairlead.config.thresholds import load_thresholds
from fairlead.core.measurement import Measurement
from fairlead.core.thresholds import COMPARISONS, LT, Severity, Thresholds, past_noise
from tests.support.policy_cases import CASES, Case
from tests.support.rules import FOLDER

SHIPPED = load_thresholds(FOLDER / "thresholds.yml")


def judged(metric: str, value: float, noise: float | None = None, thresholds: Thresholds = SHIPPED) -> Severity:
    return thresholds.judge("credit", Measurement(metric, value, (("feature", "income"),), noise))


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.metric}={case.value:g}")
def test_policy(case: Case) -> None:
    assert judged(case.metric, case.value) is Severity[case.severity.upper()]


def test_policy_covers_every_metric_with_thresholds() -> None:
    assert {case.metric for case in CASES} == set(COMPARISONS)
    assert {metric for metric, *_ in SHIPPED.values} == set(COMPARISONS)


@pytest.mark.parametrize(
    "case", [case for case in CASES if case.severity != "info" and isfinite(case.value)], ids=lambda case: case.metric
)
def test_value_inside_its_noise_is_inconclusive(case: Case) -> None:
    size = abs(case.value)
    below = COMPARISONS[case.metric][0] is LT
    inside = case.value - 1e-6 if below else size + 1e-6
    outside = case.value + 1e-6 if below else size - 1e-6
    assert judged(case.metric, case.value, inside) is Severity.INCONCLUSIVE
    assert judged(case.metric, case.value, case.value if below else size) is Severity.INCONCLUSIVE
    assert judged(case.metric, case.value, outside) is Severity[case.severity.upper()]


@pytest.mark.parametrize("case", [case for case in CASES if case.severity == "info"], ids=lambda case: case.metric)
def test_info_stays_info_inside_the_noise(case: Case) -> None:
    assert judged(case.metric, case.value, 0.0) is Severity.INFO
    assert judged(case.metric, case.value, 1e9) is Severity.INFO


def test_metric_without_thresholds_is_info() -> None:
    assert judged("group_selection_ratio", 0.0) is Severity.INFO


def override(*more: tuple[tuple[str, str, str, str], float]) -> Thresholds:
    return Thresholds({**SHIPPED.values, **dict(more)})


def test_feature_beats_model_beats_default() -> None:
    model = (("feature_psi", "critical", "credit", ""), 0.4)
    feature = (("feature_psi", "critical", "credit", "income"), 0.6)
    other = (("feature_psi", "critical", "credit", "age"), 0.01)
    assert judged("feature_psi", 0.3, thresholds=override()) is Severity.CRITICAL
    assert judged("feature_psi", 0.3, thresholds=override(model, other)) is Severity.WARNING
    assert judged("feature_psi", 0.45, thresholds=override(model, other)) is Severity.CRITICAL
    assert judged("feature_psi", 0.45, thresholds=override(model, feature)) is Severity.WARNING
    assert judged("feature_psi", 0.6, thresholds=override(model, feature)) is Severity.CRITICAL


def test_override_of_one_severity_or_model_leaves_the_others() -> None:
    thresholds = override(
        (("feature_psi", "critical", "credit", ""), 0.4), (("feature_psi", "warning", "hiring", ""), 9)
    )
    assert judged("feature_psi", 0.1, thresholds=thresholds) is Severity.WARNING
    assert thresholds.judge("hiring", Measurement("feature_psi", 0.3)) is Severity.CRITICAL
    assert thresholds.judge("hiring", Measurement("feature_psi", 0.2)) is Severity.INFO
    assert thresholds.judge("other", Measurement("feature_psi", 0.3)) is Severity.CRITICAL


def test_severities_are_ordered() -> None:
    assert max(Severity.INFO, Severity.INCONCLUSIVE, Severity.WARNING, Severity.CRITICAL) is Severity.CRITICAL
    assert Severity.INFO < Severity.INCONCLUSIVE < Severity.WARNING < Severity.CRITICAL


@pytest.mark.parametrize(
    ("metric", "value", "noise", "past"),
    [
        ("feature_psi", 0.2, 0.1, True),
        ("feature_psi", 0.1, 0.1, False),
        ("fairness_disparate_impact_ratio", 0.7, 0.8, True),
        ("fairness_disparate_impact_ratio", 0.8, 0.8, False),
        ("fairness_disparate_impact_ratio", 0.9, 0.8, False),
        ("attribution_rank_correlation", 0.2, None, True),
    ],
)
def test_past_noise(metric: str, value: float, noise: float | None, past: bool) -> None:
    assert past_noise(metric, value, noise) is past
