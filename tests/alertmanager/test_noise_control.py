"""Inhibition, environments that are not told, and what is said when an alert ends."""

from tests.support.alertmanager import Alert, Running


def drift(model: str, severity: str, **labels: str) -> Alert:
    base = {"alertname": "ModelFeatureDrift", "family": "data", "metric": "feature_psi", "feature": "income"}
    return Alert({**base, "environment": "production", "model": model, "severity": severity, **labels})


def features_told(running: Running, path: str, model: str) -> set[str]:
    """Features whose WARNING reached ``path``."""
    return {
        alert["labels"]["feature"]
        for request in running.sink.requests_to(path)
        for alert in request.json["alerts"]
        if alert["labels"].get("model") == model and alert["labels"]["severity"] == "warning"
    }


def test_critical_silences_its_warning_and_no_other(running: Running) -> None:
    model = "inhibit-credit"
    running.post(
        drift(model, "critical"),
        drift(model, "warning"),
        drift(model, "warning", feature="age"),
        drift(model, "warning", feature="metric", metric="feature_kl_divergence"),
        drift(model, "warning", feature="attribute", attribute="sex"),
        drift("inhibit-other", "warning"),
    )
    running.call("/sms/on-call", model)
    running.slack("slack-warning", model)
    running.slack("slack-warning", "inhibit-other")
    running.settle()
    assert features_told(running, "/hook/fairlead", model) == {"age", "metric", "attribute"}
    assert features_told(running, "/hook/fairlead", "inhibit-other") == {"income"}
    (text,) = (
        request.json["attachments"][0]["text"]
        for request in running.sink.requests_to("/slack/slack-warning")
        if model in request.body.decode()
    )
    assert "feature `age`" in text
    assert "feature `income`" not in text


def test_critical_platform_alert_silences_no_other_platform_alert(running: Running) -> None:
    labels = {"family": "platform", "team": "infrastructure"}
    running.post(
        Alert({**labels, "alertname": "DownOne", "severity": "critical"}),
        Alert({**labels, "alertname": "SlowOne", "severity": "warning"}),
    )
    assert running.mail("infrastructure@example.com", "SlowOne").subject == "[WARNING] SlowOne (1 firing)"


def test_rise_in_severity_is_told_at_once(running: Running) -> None:
    running.post(drift("rise-credit", "warning"))
    running.slack("slack-warning", "rise-credit")
    running.post(drift("rise-credit", "critical"))
    assert running.slack("slack-critical", "rise-credit")["title"].startswith("[CRITICAL]")
    running.call("/sms/on-call", "rise-credit")


def test_staging_is_silent(running: Running) -> None:
    running.post(drift("staging-credit", "critical", environment="staging"), drift("live-credit", "critical"))
    running.mail("ml-lead@example.com", "live-credit")
    running.settle()
    assert not [request for request in running.sink.requests if b"staging-credit" in request.body]
    assert not [mail for mail in running.sink.mails if "staging-credit" in mail.text]


def test_end_of_an_alert_is_mailed_and_reported_but_not_posted(running: Running) -> None:
    alert = drift("ended-credit", "critical")
    running.post(alert)
    running.mail("ml-lead@example.com", "ended-credit")
    running.call("/slack/slack-critical", "ended-credit")
    running.call("/sms/on-call", "ended-credit")
    running.post(Alert(alert.labels, ended=True))
    mail = running.sink.wait_for(
        lambda sink: next(
            (m for m in sink.mails if m.to == "ml-lead@example.com" and m.subject.startswith("[RESOLVED] ended")),
            None,
        )
    )
    assert mail.subject == "[RESOLVED] ended-credit: ModelFeatureDrift (1 resolved)"
    assert mail.text.startswith("Measured as recovered. An open incident stays open until a person closes it.")
    assert "resolved: ModelFeatureDrift" in mail.text
    running.settle()
    statuses = [
        request.json["status"]
        for request in running.sink.requests_to("/hook/fairlead")
        if b"ended-credit" in request.body
    ]
    assert statuses == ["firing", "resolved"]
    for path in ("/slack/slack-critical", "/sms/on-call"):
        assert len([r for r in running.sink.requests_to(path) if b"ended-credit" in r.body]) == 1
