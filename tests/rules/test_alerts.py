"""What every alert must have: labels, annotations, durations, unit tests.

promtool compares labels and annotations exactly, so what the unit tests expect is what the rules give.
"""

from pathlib import Path
from typing import Any

import pytest

from tests.support.rules import alert_names, alerts, load

UNIT_TESTS = sorted(Path(__file__).parent.glob("*.test.yml"))
DURATIONS = {
    "critical": {"for": "1m", "keep_firing_for": "10m"},
    "warning": {"for": "1m", "keep_firing_for": "30m"},
}
OTHER_DURATIONS = {
    "AlertmanagerSilenceForeign": {"keep_firing_for": "10m"},
    "FairleadDown": {"for": "5m"},
    "ModelBaselineStale": {"for": "1h"},
    "ModelUnmonitored": {"for": "1h"},
}
AT_ONCE = {"AlertmanagerSilenceForeign", "IncidentUnacknowledged", "IncidentUnresolved"}
"""Alerts that have waited long enough when they fire, or must be known at once."""
SINGLE_SEVERITIES = {
    "AlertmanagerSilenceForeign": {"warning"},
    "ExceptionExpiring": {"warning"},
    "ContainmentUndelivered": {"critical"},
    "FairleadAnalysisFailing": {"warning"},
    "FairleadAnalysisStale": {"critical"},
    "FairleadConfigReloadFailed": {"warning"},
    "FairleadDigestMissing": {"warning"},
    "FairleadDown": {"critical"},
    "FairleadIncidentMissing": {"critical"},
    "FairleadWatchdog": {"none"},
    "ModelBaselineStale": {"warning"},
    "IncidentPostmortemOverdue": {"warning"},
    "IncidentUnresolved": {"critical"},
    "ModelDriftAnomaly": {"warning"},
    "ModelDriftForecast": {"warning"},
    "ModelMonitoringBlind": {"warning"},
    "ModelMultipleCritical": {"critical"},
    "ModelUnmonitored": {"critical"},
    "OncallMissing": {"warning"},
}
NAMES_NOBODY = {"FairleadDown", "FairleadWatchdog"}
"""Alerts that fire when nobody knows who is on call, or that no person reads."""
ONCALL = {"oncall_primary", "oncall_secondary", "oncall_compliance_officer"}
"""Annotations that name who is on call; tests/rules/oncall.test.yml has them with somebody."""
COMPLIANCE = {
    "ContainmentUndelivered",
    "FairleadAnalysisStale",
    "FairleadDown",
    "ModelBaselineStale",
    "IncidentPostmortemOverdue",
    "ModelDataQuality",
    "ModelDisparateImpact",
    "ModelFairnessDrift",
    "ModelMonitoringBlind",
    "ModelPerformanceDrop",
    "ModelUnmonitored",
}


def expectations(name: str) -> list[list[dict[str, Any]]]:
    """The alerts expected at each moment at which a unit test looks at this one."""
    return [
        moment["exp_alerts"]
        for path in UNIT_TESTS
        for test in load(path)["tests"]
        for moment in test.get("alert_rule_test", ())
        if moment["alertname"] == name
    ]


@pytest.mark.parametrize("name", alert_names())
def test_alert_is_unit_tested_firing_and_silent(name: str) -> None:
    expected = expectations(name)
    assert any(expected), "no unit test in which it fires"
    assert name == "FairleadWatchdog" or not all(expected), "no unit test in which it is silent"


@pytest.mark.parametrize("name", alert_names())
def test_alert_has_every_label_and_annotation(name: str) -> None:
    firing = [alert for moment in expectations(name) for alert in moment]
    for alert in firing:
        labels, annotations = alert["exp_labels"], alert["exp_annotations"]
        assert labels.keys() >= {"severity", "family", "metric"}
        assert labels["family"] != "platform" or labels["team"] in {"sre", "engineering"} or "checkin" in labels
        mandatory = {"summary", "description", "runbook_url", "dashboard_url"}
        assert annotations.keys() - {"compliance", *ONCALL} == mandatory
        assert ("oncall_primary" in annotations) == (name not in NAMES_NOBODY)
        assert ("compliance" in annotations) == (name in COMPLIANCE)
        assert annotations["runbook_url"].endswith(f"/runbooks/{name}")
        assert all(annotations.values())
    if name.startswith("Model"):
        assert any("environment" in alert["exp_labels"] and "team" in alert["exp_labels"] for alert in firing)


@pytest.mark.parametrize("name", alert_names())
def test_alert_has_both_severities_unless_one_is_all_there_is(name: str) -> None:
    severities = {rule["labels"]["severity"] for rule in alerts() if rule["alert"] == name}
    assert severities == SINGLE_SEVERITIES.get(name, {"warning", "critical"})


@pytest.mark.parametrize("rule", alerts(), ids=lambda rule: f"{rule['alert']}-{rule['labels']['severity']}")
def test_alert_waits_and_lingers_as_its_severity_says(rule: dict[str, Any]) -> None:
    durations = {key: rule[key] for key in ("for", "keep_firing_for") if key in rule}
    wanted = {} if rule["alert"] in AT_ONCE else DURATIONS.get(rule["labels"]["severity"], {})
    assert durations == wanted | OTHER_DURATIONS.get(rule["alert"], {})
