"""What the demo must show: which alerts fire, who is told, and what stays quiet."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fairlead.demo.sink import Mail, Request, Sink
from fairlead.demo.workspace import CONTROL, DRIFTING

EXPECTED_ALERTS = (
    ("ModelFeatureDrift", "feature_psi"),
    ("ModelFeatureDrift", "feature_missing_increase_ratio"),
    ("ModelFeatureDrift", "feature_new_category_ratio"),
    ("ModelFairnessDrift", "fairness_demographic_parity_drift"),
    ("ModelFairnessDrift", "fairness_equal_opportunity_drift"),
    ("ModelDisparateImpact", "fairness_disparate_impact_ratio"),
    ("ModelDriftScore", "drift_score"),
)
"""Alert and metric, each CRITICAL for the model with the scenario."""

EXPECTED_CALLS = ("/slack/slack-critical", "/sms/on-call", "/sms/compliance-officer")
EXPECTED_MAILS = (("ana@", "ben@", "cleo@"), ("eve@",), ("ml-lead@",), ("cto@",), ("ceo@",))
"""How addresses of the shipped address book begin: one of those who can be primary, then the others who are told."""


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert as Alertmanager's API returns it."""

    labels: dict[str, str]
    annotations: dict[str, str]
    state: str
    receivers: tuple[str, ...]

    @classmethod
    def from_api(cls, answer: dict[str, Any]) -> "Alert":
        """From one element of GET /api/v2/alerts."""
        receivers = tuple(receiver["name"] for receiver in answer["receivers"])
        return cls(answer["labels"], answer["annotations"], answer["status"]["state"], receivers)

    @property
    def severity(self) -> str:
        """Its severity label."""
        return self.labels.get("severity", "")


def missing_alerts(alerts: Sequence[Alert]) -> list[str]:
    """Expected alerts that do not fire, one line each."""
    firing = {
        (alert.labels["alertname"], alert.labels.get("metric", ""))
        for alert in alerts
        if alert.labels.get("model") == DRIFTING and alert.severity == "critical"
    }
    return [
        f"alert {name} ({metric}, critical) does not fire for {DRIFTING}"
        for name, metric in EXPECTED_ALERTS
        if (name, metric) not in firing
    ]


def missing_notifications(sink: Sink) -> list[str]:
    """Expected notifications about the model with the scenario that did not arrive, one line each."""
    calls = {request.path for request in sink.requests if is_about(request, DRIFTING)}
    mailed = [recipient for mail in sink.mails if is_about(mail, DRIFTING) for recipient in mail.recipients]
    lines = [f"no call to {path} about {DRIFTING} arrived" for path in EXPECTED_CALLS if path not in calls]
    for starts in EXPECTED_MAILS:
        if not any(recipient.startswith(starts) for recipient in mailed):
            lines.append(f"no mail to {' or '.join(starts)}… about {DRIFTING} arrived")
    return lines


def broken_silence(alerts: Sequence[Alert], sink: Sink) -> list[str]:
    """Alerts and notifications about the control, and about the platform itself; there must be none."""
    lines = [
        f"alert {alert.labels['alertname']} ({alert.labels.get('metric', '')}) fires for {CONTROL}"
        for alert in alerts
        if alert.labels.get("model") == CONTROL
    ]
    lines += [
        f"alert {alert.labels['alertname']} fires about the platform"
        for alert in alerts
        if alert.labels.get("family") == "platform" and alert.severity != "none"
    ]
    lines += [f"a call to {request.path} about {CONTROL}" for request in sink.requests if is_about(request, CONTROL)]
    return lines + [f"a mail to {mail.to} about {CONTROL}" for mail in sink.mails if is_about(mail, CONTROL)]


def is_about(message: Request | Mail, model: str) -> bool:
    """Whether a call or a mail names the model."""
    if isinstance(message, Mail):
        return model in message.subject + message.text
    return model in json.dumps(message.json, ensure_ascii=False)
