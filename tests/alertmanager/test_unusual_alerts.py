"""Alerts that are hostile, bare or many."""

import json
from urllib.parse import parse_qs, urlsplit

from tests.support.alertmanager import Alert, Running

EVIL = "evil `x` <!here> <@UBOSS>\r\nBcc: x@evil.test\n\n<b>&\u202e"
HARMLESS = "evil 'x' &lt;!here&gt; &lt;@UBOSS&gt; Bcc: x@evil.test &lt;b&gt;&amp;"
PLAIN = "evil `x` <!here> <@UBOSS> Bcc: x@evil.test <b>&"


def hostile(model: str, severity: str) -> Alert:
    return Alert(
        {
            "alertname": f"Name {EVIL}",
            "severity": severity,
            "family": "data",
            "model": f"{model} {EVIL}",
            "metric": EVIL,
            "feature": EVIL,
            "team": EVIL,
        },
        {
            "summary": EVIL,
            "description": EVIL,
            "compliance": EVIL,
            "runbook_url": "javascript:alert(1)",
            "dashboard_url": f"http://localhost/{EVIL}",
            "email": "victim@example.org",
            "to": "victim@example.org",
            "oncall_primary": "victim@example.org",
            "oncall_compliance_officer": EVIL,
        },
    )


def test_slack_mentions_and_lines_cannot_be_injected(running: Running) -> None:
    running.post(hostile("slack-evil", "warning"))
    attachment = running.slack("slack-warning", "slack-evil")
    assert attachment["text"] == (
        "Answer within 24 hours. ML engineer on call: Ana Example or Ben Example.\n"
        "Required actions: Open an incident and acknowledge it, else the ML lead is told after 1 hour; "
        "follow the runbook.\n"
        f"• *Name {HARMLESS}* feature `{HARMLESS}`, metric `{HARMLESS}`, model `slack-evil {HARMLESS}`,"
        f" severity `warning`, team `{HARMLESS}`\n"
        f"{HARMLESS}\n{HARMLESS}\nCompliance risk: {HARMLESS}"
    )
    assert attachment["title"] == f"[WARNING] slack-evil {HARMLESS}: Name {HARMLESS} (1 firing)"
    assert attachment["fallback"] == attachment["title"]
    assert "title_link" not in attachment
    port = running.url.rsplit(":", 1)[1]
    assert all(action["url"].endswith(f":{port}") for action in attachment["actions"]), "Alertmanager itself"


def test_links_to_the_console_hold_any_model(running: Running) -> None:
    alert = hostile("link-evil", "critical")
    running.post(Alert(alert.labels, {"runbook_url": "http://localhost:10171/runbooks/ModelFeatureDrift"}))
    text = running.slack("slack-critical", "link-evil")["text"]
    slack = text.split("<http://localhost:10171/alerts/")[1].split("|Acknowledge>")[0].replace("&amp;", "&")
    html = running.mail("ml-lead@example.com", "link-evil").html
    mail = html.split('<a href="http://localhost:10171/alerts/')[1].split('">Acknowledge</a>')[0].replace("&amp;", "&")
    for link in (slack, mail):
        assert parse_qs(urlsplit(link).query) == {"model": [f"link-evil {EVIL}"], "family": ["data"]}
        assert not set(link) & set("<>|` \r\n\"'")


def test_mail_headers_and_markup_cannot_be_injected(running: Running) -> None:
    running.post(hostile("mail-evil", "critical"))
    mail = running.mail("ml-lead@example.com", "mail-evil")
    assert mail.recipients == ("ml-lead@example.com",)
    assert "bcc" not in {name.lower() for name in mail.message}
    assert mail.subject == f"[CRITICAL] mail-evil {PLAIN}: Name {PLAIN} (1 firing)"
    lines = mail.text.replace("\r\n", "\n").split("\n")
    assert f"  feature: {PLAIN}" in lines
    assert not [line for line in lines if line.startswith(("Bcc", "<b>"))]
    assert "<b>" not in mail.html
    assert "&lt;b&gt;&amp;" in mail.html
    assert "javascript:" not in mail.html
    assert ">Runbook<" not in mail.html
    href = mail.html.split('<a href="')[1].split('"')[0]
    assert not set(href) & set("<>` \r\n")


def test_address_in_an_alert_is_never_written_to(running: Running) -> None:
    running.post(hostile("victim-evil", "critical"))
    running.mail("ml-lead@example.com", "victim-evil")
    running.mail("ml-oncall@example.com", "victim-evil")
    assert not [mail for mail in running.sink.mails if "victim@example.org" in mail.recipients]


def test_webhook_to_fairlead_is_valid_json(running: Running) -> None:
    running.post(hostile("json-evil", "critical"))
    body = json.loads(running.call("/hook/fairlead", "json-evil").body)
    assert body["alerts"][0]["labels"]["feature"] == EVIL


def test_alert_without_annotations_or_model(running: Running) -> None:
    running.post(Alert({"alertname": "BareOne", "severity": "critical"}))
    text = "• *BareOne* severity `critical`"
    attachment = running.slack("slack-critical", "BareOne")
    assert attachment["title"] == "[CRITICAL] BareOne (1 firing)"
    assert attachment["text"].split("\n", 2)[2] == text
    mail = running.mail("ml-oncall@example.com", "BareOne")
    assert mail.subject == "[CRITICAL] BareOne (1 firing)"
    assert "no value" not in mail.text + mail.html + attachment["text"]
    assert mail.html.count("<a ") == 1, "Alertmanager itself"


def test_alert_without_name_or_severity_reaches_sre(running: Running) -> None:
    running.post(Alert({"job": "nameless-job"}))
    mail = running.mail("sre@example.com", "nameless-job")
    assert mail.subject == "[ALERT] several alerts (1 firing)"
    assert "firing: alert without a name\r\n  job: nameless-job\r\n" in mail.text
    assert "The alert has no known severity" in mail.text


def test_sixty_alerts_make_one_bounded_message(running: Running) -> None:
    labels = {"alertname": "ModelFeatureDrift", "severity": "critical", "family": "data", "metric": "feature_psi"}
    annotations = {"summary": "s" * 5000, "description": "d" * 5000, "compliance": "c" * 5000}
    sixty = [
        Alert({**labels, "model": "sixty-credit", "feature": f"f{n:02d}" + "x" * 500}, annotations) for n in range(60)
    ]
    running.post(*sixty)
    attachment = running.slack("slack-critical", "sixty-credit")
    assert attachment["title"] == "[CRITICAL] sixty-credit: ModelFeatureDrift (60 firing)"
    assert attachment["text"].count("• ") == 10
    assert attachment["text"].endswith("\n… and 50 more")
    assert len(attachment["text"]) < 16_000
    mail = running.mail("ml-oncall@example.com", "sixty-credit")
    assert mail.text.count("firing: ") == 20
    assert "\n… and 40 more" in mail.text.replace("\r\n", "\n")
    assert "… and 40 more</p>" in mail.html
    assert len(mail.html) < 80_000
    assert len(running.call("/hook/fairlead", "sixty-credit").json["alerts"]) == 60


def test_long_values_end_with_an_ellipsis(running: Running) -> None:
    labels = {"alertname": "ModelFeatureDrift", "severity": "warning", "family": "data", "metric": "feature_psi"}
    exact, over = "é" * 120, "é" * 121
    running.post(Alert({**labels, "model": "long-credit", "feature": exact, "group": over}))
    text = running.slack("slack-warning", "long-credit")["text"]
    assert f"feature `{exact}`" in text
    assert f"group `{'é' * 119}…`" in text
