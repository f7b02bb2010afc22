"""What the demo's exit code depends on."""

import json
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import cast

from fairlead.demo.expectations import (
    EXPECTED_ALERTS,
    EXPECTED_CALLS,
    EXPECTED_MAILS,
    Alert,
    broken_silence,
    missing_alerts,
    missing_notifications,
)
from fairlead.demo.sink import Mail, Request, Sink
from fairlead.demo.workspace import CONTROL, DRIFTING


@dataclass
class Received:
    """The two lists of a sink."""

    requests: tuple[Request, ...] = ()
    mails: tuple[Mail, ...] = field(default=())

    def as_sink(self) -> Sink:
        return cast(Sink, self)


def alert(name: str, metric: str, model: str, severity: str = "critical", family: str = "data") -> Alert:
    labels = {"alertname": name, "metric": metric, "model": model, "severity": severity, "family": family}
    return Alert(labels, {}, "active", ("on-call",))


def call(path: str, model: str) -> Request:
    content = {"text": f"CRITICAL {model}"}
    return Request(path, {}, json.dumps(content).encode(), content, received=0)


def mail(recipient: str, model: str) -> Mail:
    return Mail(recipient, f"[CRITICAL] {model}", "", "", "", (recipient,), None, EmailMessage(), received=0)


ALL_ALERTS = [alert(name, metric, DRIFTING) for name, metric in EXPECTED_ALERTS]


def test_nothing_is_missing_when_every_expected_alert_is_critical() -> None:
    assert missing_alerts(ALL_ALERTS) == []


def test_an_absent_alert_a_mere_warning_and_another_model_are_missing() -> None:
    name, metric = EXPECTED_ALERTS[0]
    for instead in ([], [alert(name, metric, DRIFTING, severity="warning")], [alert(name, metric, CONTROL)]):
        assert missing_alerts([*ALL_ALERTS[1:], *instead]) == [
            f"alert {name} ({metric}, critical) does not fire for {DRIFTING}"
        ]


def test_each_expected_call_and_mail_is_asked_for() -> None:
    calls = tuple(call(path, DRIFTING) for path in EXPECTED_CALLS)
    mails = tuple(mail(f"{starts[-1]}example.com", DRIFTING) for starts in EXPECTED_MAILS)
    assert missing_notifications(Received(calls, mails).as_sink()) == []
    assert missing_notifications(Received(calls[1:], mails).as_sink()) == [
        f"no call to {EXPECTED_CALLS[0]} about {DRIFTING} arrived"
    ]
    assert missing_notifications(Received(calls, mails[1:]).as_sink()) == [
        f"no mail to ana@ or ben@ or cleo@… about {DRIFTING} arrived"
    ]


def test_a_message_about_the_other_model_does_not_count() -> None:
    calls = tuple(call(path, CONTROL) for path in EXPECTED_CALLS)
    assert len(missing_notifications(Received(calls).as_sink())) == len(EXPECTED_CALLS) + len(EXPECTED_MAILS)


def test_silence_is_broken_by_an_alert_a_call_or_a_mail_about_the_control() -> None:
    assert broken_silence(ALL_ALERTS, Received((call("/sms/on-call", DRIFTING),)).as_sink()) == []
    received = Received((call("/sms/on-call", CONTROL),), (mail("cto@example.com", CONTROL),))
    lines = broken_silence([alert("ModelFeatureDrift", "feature_psi", CONTROL, "warning")], received.as_sink())
    assert len(lines) == 3


def test_silence_is_broken_by_a_platform_alert_but_not_by_the_watchdog() -> None:
    watchdog = alert("FairleadWatchdog", "watchdog", "", severity="none", family="platform")
    stale = alert("FairleadAnalysisStale", "analysis_overdue", DRIFTING, family="platform")
    assert broken_silence([watchdog], Received().as_sink()) == []
    assert broken_silence([stale], Received().as_sink()) == ["alert FairleadAnalysisStale fires about the platform"]
