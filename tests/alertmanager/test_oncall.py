"""Who is written to when alerts say who is on call, and when they do not: the address book through an Alertmanager."""

from typing import Any

import pytest

from fairlead.app.address_book import address_book
from fairlead.config.oncall import OncallShape, frozen_oncall
from fairlead.demo.alertmanager_config import load, render, write
from fairlead.demo.processes import alertmanager
from fairlead.demo.sink import Sink
from tests.support.alertmanager import CONFIG, FOLDER, Alert, Running, failed_notifications

LABELS = {"alertname": "ModelFeatureDrift", "severity": "critical", "family": "data", "metric": "feature_psi"}
PEOPLE = "oncall_primary"


def recipients(running: Running, mark: str) -> set[tuple[str, ...]]:
    """To whom each mail about it went, once one to the ML lead came too."""
    running.mail("ml-lead@example.com", mark)
    running.settle()
    return {mail.recipients for mail in running.sink.mails if mark in mail.text} - {("ml-lead@example.com",)}


@pytest.mark.parametrize(
    ("name", "reader", "mention"),
    [
        ("Ben Example", "ben@example.com", "<@U00BEN>"),
        ("Eve Example", "eve@example.com", "<@U00EVE>"),  # a stand-in from another rotation
        ("unknown", "ml-oncall@example.com", "<@U00ANA> <@U00BEN>"),
        ("ben@example.com", "ml-oncall@example.com", "<@U00ANA> <@U00BEN>"),
        ("Ben Example ", "ml-oncall@example.com", "<@U00ANA> <@U00BEN>"),
        ("<!here> victim@example.org", "ml-oncall@example.com", "<@U00ANA> <@U00BEN>"),
    ],
)
def test_the_one_who_is_named_and_else_the_rotation(running: Running, name: str, reader: str, mention: str) -> None:
    model = f"named-{abs(hash(name))}-end"
    running.post(Alert({**LABELS, "model": model}, {PEOPLE: name}))
    assert recipients(running, model) == {(reader,)}
    text = running.slack("slack-critical", model)["text"]
    assert text.startswith(f"<!channel> {mention} Acknowledge within 15 minutes")


def test_alerts_of_one_message_that_name_two_people_go_to_the_rotation(running: Running) -> None:
    pair = [
        Alert({**LABELS, "model": "handover-end", "feature": name}, {PEOPLE: name})
        for name in ("Ana Example", "Ben Example")
    ]
    running.post(*pair)
    assert recipients(running, "handover-end") == {("ml-oncall@example.com",)}


def test_a_handover_while_an_alert_fires_is_no_new_alert(running: Running) -> None:
    alert = {**LABELS, "model": "turn-end"}
    running.post(Alert(alert, {PEOPLE: "Ana Example"}))
    running.mail("ana@example.com", "turn-end")
    running.post(Alert(alert, {PEOPLE: "Ben Example"}))
    running.settle()
    assert recipients(running, "turn-end") == {("ana@example.com",)}, "told once, whoever is on call now"
    running.post(Alert({**alert, "feature": "another"}, {PEOPLE: "Ben Example"}))
    running.mail("ben@example.com", "turn-end")


def test_names_and_contacts_of_all_kinds(tmp_path: Any) -> None:
    """People without a telephone or a Slack id, names in other scripts, more people than fit a line."""
    people = [{"name": f"Person {number}", "email": f"p{number}@example.com"} for number in range(200)]
    people += [
        {"name": "Zoë O’Hara-李", "email": "zoe+pager@example.co.uk"},
        {"name": "अनिता", "email": "anita@example.com", "phone": "+15550109999"},
    ]
    turns = {"start": "2026-01-05"}
    shape = OncallShape.model_validate(
        {
            "people": people,
            "rotations": [
                {"name": "primary", "people": ["Person 7", "Zoë O’Hara-李", "अनिता"], **turns},
                {"name": "secondary", "people": ["Person 8"], **turns},
                {"name": "compliance_officer", "people": ["Person 9"], **turns},
            ],
        }
    )
    book = tmp_path / "oncall.tmpl"
    book.write_text(address_book(frozen_oncall(shape)), encoding="utf-8")
    with Sink() as sink:
        path = render(CONFIG, tmp_path / "am", sink.http_url, sink.smtp_host_port, fast=True)
        config = load(path)
        shipped = sorted((FOLDER / "templates").glob("*.tmpl"))
        config["templates"] = [str(book), *(str(one) for one in shipped if one.name != "oncall.tmpl")]
        with alertmanager(tmp_path, write(config, path)) as server:
            running = Running(server.wait_ready().url, sink)
            for number, name in enumerate(("Zoë O’Hara-李", "अनिता", "Person 199", "nobody")):
                running.post(Alert({**LABELS, "model": f"kind-{number}-end"}, {PEOPLE: name}))
            assert recipients(running, "kind-0-end") == {("zoe+pager@example.co.uk",)}
            assert recipients(running, "kind-1-end") == {("anita@example.com",)}
            assert recipients(running, "kind-2-end") == {("p199@example.com",)}
            everybody = ("p7@example.com", "zoe+pager@example.co.uk", "anita@example.com")
            assert recipients(running, "kind-3-end") == {everybody}
            assert "ML engineer on call: Zoë O’Hara-李." in running.slack("slack-critical", "kind-0-end")["text"]
            assert failed_notifications(running.url) == {}
