"""Who must be told what: policy as a literal table, held against amtool and against a running Alertmanager."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One kind of alert and its receivers in the order of the routes."""

    event: str
    labels: Mapping[str, str]
    receivers: tuple[str, ...]


def _row(event: str, labels: str, receivers: str) -> Row:
    pairs = dict(pair.split("=", 1) for pair in labels.split())
    return Row(event, pairs, tuple(receivers.split()))


ROWS: tuple[Row, ...] = (
    # severity
    _row("INFO", "alertname=ModelFeatureDrift severity=info family=data model=m01", "null"),
    _row(
        "WARNING: Slack without mention, digest",
        "alertname=ModelFeatureDrift severity=warning family=data metric=feature_psi model=m02 team=lending",
        "fairlead slack-warning",
    ),
    _row(
        "WARNING fairness is a WARNING",
        "alertname=ModelFairnessDrift severity=warning family=fairness metric=x model=m03",
        "fairlead slack-warning",
    ),
    # CRITICAL, first responder by family
    _row(
        "CRITICAL data: ML lead",
        "alertname=ModelFeatureDrift severity=critical family=data metric=feature_psi model=m04 environment=production",
        "fairlead slack-critical on-call ml-lead",
    ),
    _row(
        "CRITICAL model: ML lead",
        "alertname=ModelPerformanceDrop severity=critical family=model metric=x model=m05",
        "fairlead slack-critical on-call ml-lead",
    ),
    _row(
        "CRITICAL explanation: ML lead",
        "alertname=ModelExplanationDrift severity=critical family=explanation metric=x model=m06",
        "fairlead slack-critical on-call ml-lead",
    ),
    _row(
        "CRITICAL quality: ML lead",
        "alertname=ModelDataQuality severity=critical family=quality metric=x model=m07",
        "fairlead slack-critical on-call ml-lead",
    ),
    _row(
        "CRITICAL of a family that is new: ML lead",
        "alertname=ModelCalibration severity=critical family=calibration metric=x model=m08",
        "fairlead slack-critical on-call ml-lead",
    ),
    _row(
        "CRITICAL fairness: compliance officer, CTO and CEO at once",
        "alertname=ModelDisparateImpact severity=critical family=fairness metric=x model=m09 attribute=sex",
        "fairlead slack-critical on-call compliance-officer cto ceo",
    ),
    _row(
        "CRITICAL without a family is not lost",
        "alertname=Odd severity=critical model=m10",
        "fairlead slack-critical on-call ml-lead",
    ),
    # nobody answered
    _row(
        "CRITICAL unacknowledged for 15 min: secondary",
        "alertname=IncidentUnacknowledged severity=critical family=data model=m11 escalation=secondary",
        "secondary",
    ),
    _row(
        "WARNING without an answer for 1 h: ML lead",
        "alertname=IncidentUnacknowledged severity=warning family=data model=m12 escalation=ml-lead",
        "ml-lead",
    ),
    _row(
        "an accepted risk ends soon: ML lead",
        "alertname=ExceptionExpiring severity=warning family=data model=m23 escalation=ml-lead",
        "ml-lead",
    ),
    _row(
        "an accepted fairness risk ends soon: compliance officer, by mail alone",
        "alertname=ExceptionExpiring severity=warning family=fairness model=m24 escalation=compliance-officer",
        "compliance-review",
    ),
    _row(
        "silences behind fairlead's back: SRE",
        "alertname=AlertmanagerSilenceForeign severity=warning family=platform team=sre",
        "fairlead sre",
    ),
    _row(
        "CRITICAL without an answer for 1 h: CTO",
        "alertname=IncidentUnacknowledged severity=critical family=model model=m13 escalation=cto",
        "cto",
    ),
    _row(
        "CRITICAL unresolved after 4 h: CEO",
        "alertname=IncidentUnresolved severity=critical family=data model=m14 escalation=ceo",
        "ceo",
    ),
    _row(
        "an unknown rung is read by SRE",
        "alertname=IncidentUnresolved severity=critical family=data model=m15 escalation=nobody",
        "sre",
    ),
    _row(
        "several CRITICAL families on one model: CTO",
        "alertname=ModelMultipleCritical severity=critical family=model metric=x model=m16",
        "cto",
    ),
    _row(
        "the same, labelled as an escalation",
        "alertname=ModelMultipleCritical severity=critical model=m17 escalation=cto",
        "cto",
    ),
    # not production
    *(
        _row(
            f"{environment}: recorded, not told",
            f"alertname=ModelFairnessDrift severity=critical family=fairness model=m18 environment={environment}",
            "null",
        )
        for environment in ("staging", "dev", "development", "test", "testing")
    ),
    _row(
        "staging escalates nothing",
        "alertname=IncidentUnresolved severity=critical model=m19 escalation=ceo environment=staging",
        "null",
    ),
    _row(
        "an unknown environment is told",
        "alertname=ModelFeatureDrift severity=warning family=data metric=x model=m20 environment=stagingish",
        "fairlead slack-warning",
    ),
    # the other teams
    _row(
        "API availability: SRE",
        "alertname=FairleadDown severity=critical family=platform team=sre",
        "fairlead slack-critical on-call sre",
    ),
    _row(
        "a platform WARNING goes to its team only",
        "alertname=FairleadConfigReloadFailed severity=warning family=platform team=sre",
        "fairlead sre",
    ),
    _row(
        "no completed analysis: #engineering",
        "alertname=FairleadAnalysisStale severity=warning family=platform team=engineering model=m21",
        "fairlead slack-engineering engineering",
    ),
    _row(
        "nobody, or two people, on call: #engineering",
        "alertname=OncallMissing severity=warning family=platform team=engineering rotation=primary",
        "fairlead slack-engineering engineering",
    ),
    _row(
        "load and performance: infrastructure",
        "alertname=LoadHigh severity=warning family=platform team=infrastructure",
        "fairlead infrastructure",
    ),
    _row(
        "public data-feed integrity: data engineering",
        "alertname=CheckinMissing severity=warning family=platform team=data-engineering",
        "fairlead data-engineering",
    ),
    _row(
        "agent health: agent maintenance",
        "alertname=AgentSilent severity=warning family=platform team=agent-maintenance",
        "fairlead agent-maintenance",
    ),
    _row(
        "bias drift: bias monitoring council",
        "alertname=BiasDrift severity=warning family=indicator team=bias-council",
        "fairlead bias-council",
    ),
    _row(
        "ethical violations, false positives, vetoes: ethical governance board",
        "alertname=IndicatorBreach severity=critical family=indicator team=governance-board",
        "fairlead slack-critical on-call governance-board",
    ),
    _row(
        "public concerns: community feedback council",
        "alertname=PublicConcern severity=warning family=indicator team=community-council",
        "fairlead community-council",
    ),
    _row(
        "an unknown team is read by SRE",
        "alertname=TeamTypo severity=warning family=platform team=enginering",
        "fairlead sre",
    ),
    # the rest
    _row("dead-man's switch", "alertname=FairleadWatchdog severity=none", "watchdog"),
    _row("an alert of somebody else is read by SRE", "alertname=Foreign", "sre"),
    _row("an unknown severity is read by SRE", "alertname=Foreign2 severity=Critical model=m22", "sre"),
)

ARRIVES: Mapping[str, frozenset[str]] = {
    "null": frozenset(),
    "watchdog": frozenset({"/hook/watchdog"}),
    "fairlead": frozenset({"/hook/fairlead"}),
    "slack-critical": frozenset({"/slack/slack-critical"}),
    "slack-warning": frozenset({"/slack/slack-warning"}),
    "slack-engineering": frozenset({"/slack/slack-engineering"}),
    "on-call": frozenset({"ml-oncall@example.com", "/sms/on-call"}),
    "secondary": frozenset({"ml-oncall-secondary@example.com", "/sms/secondary"}),
    "compliance-officer": frozenset({"compliance-officer@example.com", "/sms/compliance-officer"}),
    "compliance-review": frozenset({"compliance-officer@example.com"}),
    "ml-lead": frozenset({"ml-lead@example.com"}),
    "cto": frozenset({"cto@example.com"}),
    "ceo": frozenset({"ceo@example.com"}),
    "sre": frozenset({"sre@example.com"}),
    "engineering": frozenset({"engineering@example.com"}),
    "infrastructure": frozenset({"infrastructure@example.com"}),
    "data-engineering": frozenset({"data-engineering@example.com"}),
    "agent-maintenance": frozenset({"agent-maintenance@example.com"}),
    "bias-council": frozenset({"bias-council@example.com"}),
    "governance-board": frozenset({"governance-board@example.com"}),
    "community-council": frozenset({"community-council@example.com"}),
}
"""Receiver → where the sink sees it: the path of a call, the recipient of a mail."""
