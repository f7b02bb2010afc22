"""The thresholds file holds exactly the metrics of the policy, in the one form that both its readers understand."""

import re

import pytest

from tests.support.policy_cases import BANDS
from tests.support.rules import FOLDER, load

(GROUP,) = load(FOLDER / "thresholds.yml")["groups"]
METRICS = {
    "attribution_consistency",
    "attribution_kl_divergence",
    "attribution_rank_correlation",
    "attribution_top3_changes",
    "drift_score",
    "fairness_accuracy_gap_increase",
    "fairness_demographic_parity_drift",
    "fairness_disparate_impact_ratio",
    "fairness_equal_opportunity_drift",
    "feature_category_shift_ratio",
    "feature_correlation_change",
    "feature_kl_divergence",
    "feature_missing_increase_ratio",
    "feature_new_category_ratio",
    "feature_psi",
    "feature_range_violation_ratio",
    "feature_rare_category_surges",
    "feature_required_missing",
    "feature_type_mismatch_ratio",
    "feature_wasserstein_distance",
    "new_high_correlations",
    "performance_accuracy_drop",
    "performance_f1_drop",
    "performance_false_positive_increase",
    "performance_labelled_ratio",
    "prediction_class_spike",
    "prediction_entropy_change_ratio",
    "prediction_kl_divergence",
    "prediction_shift_ratio",
    "prediction_volatility_increase_ratio",
}


def values() -> dict[tuple[str, str], float]:
    """Threshold by metric and severity."""
    return {
        (rule["labels"]["metric"], rule["labels"]["severity"]): float(rule["expr"][len("vector(") : -1])
        for rule in GROUP["rules"]
    }


def test_metrics_are_exactly_those_of_the_policy() -> None:
    assert {metric for metric, _ in values()} == METRICS
    assert {band.metric for band in BANDS} == METRICS


def test_every_line_is_a_plain_default_threshold() -> None:
    assert GROUP["name"] == "fairlead-thresholds"
    for rule in GROUP["rules"]:
        assert rule.keys() == {"record", "expr", "labels"}
        assert rule["record"] == "fairlead:threshold"
        assert re.fullmatch(r"vector\(\d+(\.\d+)?\)", rule["expr"])
        assert rule["labels"].keys() == {"metric", "severity"}


def test_no_threshold_is_given_twice() -> None:
    assert len(values()) == len(GROUP["rules"])


@pytest.mark.parametrize("band", BANDS, ids=lambda band: band.metric)
def test_threshold_stands_at_the_edge_of_its_band(band: tuple[str, str, list[float], list[float], list[float]]) -> None:
    """The table of the policy has the edge itself in one of the two bands that meet there."""
    metric, _, info, warning, critical = band
    assert values()[metric, "warning"] in {*info, *warning}
    if critical:
        assert values()[metric, "critical"] in {*warning, *critical}
    else:
        assert (metric, "critical") not in values()
