"""What each kind of message says, word for word."""

from datetime import UTC, datetime
from urllib.parse import urlencode

from fairlead.core.alert import fingerprint
from tests.support.alertmanager import Alert, Running

LABELS = {
    "alertname": "ModelDisparateImpact",
    "severity": "critical",
    "family": "fairness",
    "metric": "fairness_disparate_impact_ratio",
    "model": "said-credit",
    "attribute": "sex",
    "team": "lending",
    "environment": "production",
}
ANNOTATIONS = {
    "summary": "Disparate impact of sex is 0.75",
    "description": "0.75 is below 0.80; 412 samples in the smallest group",
    "compliance": "80 % rule: halt lending, tell compliance",
    "runbook_url": "http://localhost:10171/runbooks/ModelDisparateImpact",
    "dashboard_url": "http://localhost:3000/d/fairlead-fairness?var-model=said-credit&from=now-7d",
    "oncall_primary": "Ben Example",
    "oncall_secondary": "Dan Example",
    "oncall_compliance_officer": "Eve Example",
}
NOW = (
    "Acknowledge the incident, tell compliance, diagnose and contain within 1 hour, document within 24 hours, "
    "post-mortem within 7 days."
)
LATER = "Open an incident and acknowledge it, else the ML lead is told after 1 hour; follow the runbook."


def said(running: Running, **changes: str) -> Alert:
    """A CRITICAL fairness alert, posted; the labels in ``changes`` differ."""
    alert = Alert({**LABELS, **changes}, ANNOTATIONS)
    running.post(alert)
    return alert


def link(model: str) -> str:
    """To the incident in the console."""
    query = urlencode({"model": model, "family": "fairness"})
    return f"http://localhost:10171/alerts/{fingerprint({**LABELS, 'model': model})}?{query}"


def test_slack_critical(running: Running) -> None:
    said(running, model="slack-critical-credit")
    request = running.call("/slack/slack-critical", "slack-critical-credit")
    assert request.json == {
        "channel": "#ml-monitoring",
        "username": "fairlead",
        "icon_emoji": ":rotating_light:",
        "attachments": [
            {
                "title": "[CRITICAL] slack-critical-credit: ModelDisparateImpact (1 firing)",
                "title_link": "http://localhost:3000/d/fairlead-fairness?var-model=said-credit&from=now-7d",
                "text": "<!channel> <@U00BEN> Acknowledge within 15 minutes, answer within 1 hour."
                " ML engineer on call: Ben Example.\n"
                f"Required actions: {NOW}\n"
                "• *ModelDisparateImpact* attribute `sex`, environment `production`,"
                " metric `fairness_disparate_impact_ratio`, model `slack-critical-credit`,"
                " severity `critical`, team `lending`\n"
                "Disparate impact of sex is 0.75\n"
                "0.75 is below 0.80; 412 samples in the smallest group\n"
                "Compliance risk: 80 % rule: halt lending, tell compliance\n"
                f"<{link('slack-critical-credit').replace('&', '&amp;')}|Acknowledge>\n"
                "<http://localhost:10171/runbooks/ModelDisparateImpact|Runbook>\n"
                "<http://localhost:3000/d/fairlead-fairness?var-model=said-credit&amp;from=now-7d|Dashboard>",
                "fallback": "[CRITICAL] slack-critical-credit: ModelDisparateImpact (1 firing)",
                "callback_id": "fairlead",
                "footer": "",
                "color": "danger",
                "mrkdwn_in": ["text"],
                "actions": [
                    {"type": "button", "text": "Incidents", "url": "http://localhost:10171/incidents"},
                    {"type": "button", "text": "Dashboard", "url": ANNOTATIONS["dashboard_url"]},
                    {"type": "button", "text": "Runbook", "url": ANNOTATIONS["runbook_url"]},
                ],
            }
        ],
    }


def test_slack_warning_mentions_nobody(running: Running) -> None:
    said(running, model="slack-warning-credit", severity="warning")
    request = running.call("/slack/slack-warning", "slack-warning-credit")
    (attachment,) = request.json["attachments"]
    assert (request.json["channel"], request.json["icon_emoji"]) == ("#ml-monitoring", ":warning:")
    assert attachment["color"] == "warning"
    assert attachment["title"] == "[WARNING] slack-warning-credit: ModelDisparateImpact (1 firing)"
    assert attachment["text"].startswith(
        "Answer within 24 hours. ML engineer on call: Ben Example.\n"
        f"Required actions: {LATER}\n• *ModelDisparateImpact* attribute `sex`"
    )
    assert "<!" not in attachment["text"]
    assert "<@" not in attachment["text"]


def test_slack_engineering(running: Running) -> None:
    labels = {"alertname": "FairleadAnalysisStale", "severity": "warning", "family": "platform"}
    running.post(Alert({**labels, "team": "engineering", "model": "stale-credit"}))
    request = running.call("/slack/slack-engineering", "stale-credit")
    (attachment,) = request.json["attachments"]
    assert request.json["channel"] == "#engineering"
    assert "• *FairleadAnalysisStale* model `stale-credit`, severity `warning`" in attachment["text"]


def test_mail(running: Running) -> None:
    said(running, model="mail-credit")
    mail = running.mail("eve@example.com", "mail-credit")
    since = datetime.now(UTC)
    assert mail.recipients == ("eve@example.com",)
    assert mail.subject == "[CRITICAL] mail-credit: ModelDisparateImpact (1 firing)"
    lines = mail.text.replace("\r\n", "\n").split("\n")
    (since_line,) = (line for line in lines if line.startswith("  since: "))
    assert 0 < (since - _time(since_line)).total_seconds() < 600
    lines.remove(since_line)
    assert "\n".join(lines).strip() == (
        "Acknowledge within 15 minutes, answer within 1 hour.\n"
        f"Required actions: {NOW}\n"
        "\n"
        "firing: ModelDisparateImpact\n"
        "  Disparate impact of sex is 0.75\n"
        "  0.75 is below 0.80; 412 samples in the smallest group\n"
        "  attribute: sex\n"
        "  environment: production\n"
        "  metric: fairness_disparate_impact_ratio\n"
        "  model: mail-credit\n"
        "  severity: critical\n"
        "  team: lending\n"
        "  compliance risk: 80 % rule: halt lending, tell compliance\n"
        f"  incident: {link('mail-credit')}\n"
        "  runbook: http://localhost:10171/runbooks/ModelDisparateImpact\n"
        "  dashboard: http://localhost:3000/d/fairlead-fairness?var-model=said-credit&from=now-7d\n"
        "\n"
        "ML engineer on call: Ben Example\n"
        "Incidents: http://localhost:10171/incidents"
    )


def _time(line: str) -> datetime:
    return datetime.strptime(line, "  since: %Y-%m-%d %H:%M UTC").replace(tzinfo=UTC)


def test_mail_as_html(running: Running) -> None:
    said(running, model="html-credit")
    html = running.mail("ceo@example.com", "html-credit").html
    assert "<h1 " in html
    assert ">[CRITICAL] html-credit: ModelDisparateImpact (1 firing)</h1>" in html
    assert "<p>Acknowledge within 15 minutes, answer within 1 hour.</p>" in html
    for name in ("attribute", "environment", "metric", "severity", "team"):
        assert f">{name}</td><td>{LABELS[name]}</td>" in html
    assert ">80 % rule: halt lending, tell compliance</td>" in html
    assert f'<a href="{link("html-credit").replace("&", "&amp;")}">Acknowledge</a>' in html
    assert f"<p>Required actions: {NOW}</p>" in html
    assert '<a href="http://localhost:10171/incidents">Incidents</a>' in html
    assert '<a href="http://localhost:10171/runbooks/ModelDisparateImpact">Runbook</a>' in html
    assert (
        '<a href="http://localhost:3000/d/fairlead-fairness?var-model=said-credit&amp;from=now-7d">Dashboard</a>'
        in html
    )
    assert html.rstrip().endswith("</html>")


def test_mail_of_an_escalation_names_the_rung(running: Running) -> None:
    said(running, model="rung-credit", alertname="IncidentUnacknowledged", escalation="secondary")
    mail = running.mail("dan@example.com", "rung-credit")
    assert mail.subject == "[CRITICAL] rung-credit: IncidentUnacknowledged (1 firing)"
    assert "\n  escalation: secondary" in mail.text.replace("\r\n", "\n")


def test_webhook_to_fairlead_holds_the_alert_unchanged(running: Running) -> None:
    alert = said(running, model="ledger-credit")
    body = running.call("/hook/fairlead", "ledger-credit").json
    assert (body["version"], body["receiver"], body["status"]) == ("4", "fairlead", "firing")
    assert body["groupLabels"] == {name: alert.labels[name] for name in ("alertname", "model", "metric", "severity")}
    assert body["truncatedAlerts"] == 0
    (sent,) = body["alerts"]
    assert sent["labels"] == dict(alert.labels)
    assert sent["annotations"] == dict(alert.annotations)
    assert sent["fingerprint"]


def test_webhook_to_the_sms_gateway_names_its_receiver(running: Running) -> None:
    said(running, model="sms-credit")
    body = running.call("/sms/compliance-officer", "sms-credit").json
    assert body["receiver"] == "compliance-officer"
    assert body["commonLabels"]["alertname"] == "ModelDisparateImpact"


def test_notification_of_two_alerts_names_what_they_share(running: Running) -> None:
    pair = (
        Alert({"alertname": name, "severity": "critical", "family": "data", "model": "pair-credit", "metric": name})
        for name in ("ModelFeatureDrift", "ModelDriftScore")
    )
    running.post(*pair)
    mail = running.mail("ml-lead@example.com", "pair-credit")
    assert mail.subject == "[CRITICAL] pair-credit: several alerts (2 firing)"
