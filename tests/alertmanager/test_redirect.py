"""The copy for the demo and the tests is the shipped configuration in everything but addresses and delays."""

from pathlib import Path
from typing import Any

import pytest

from fairlead.demo.alertmanager_config import Webhook, load, render
from tests.support.alertmanager import CONFIG, FOLDER

SINK, MAIL = "http://127.0.0.1:1", "127.0.0.1:2"
FAIRLEAD = Webhook("http://127.0.0.1:3", Path("/demo/fairlead_webhook_token"))


def without_delays(route: dict[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in route.items() if key not in {"group_wait", "group_interval"}}
    return {**kept, "routes": [without_delays(child) for child in route.get("routes", ())]}


def test_routes_and_inhibition_stay(tmp_path: Path) -> None:
    shipped, copy = load(CONFIG), load(render(CONFIG, tmp_path, SINK, MAIL))
    assert copy["route"] == shipped["route"]
    assert copy["inhibit_rules"] == shipped["inhibit_rules"]
    assert copy["templates"] == [str(FOLDER / "templates" / "*.tmpl")]


def test_fast_changes_delays_only(tmp_path: Path) -> None:
    shipped, copy = load(CONFIG), load(render(CONFIG, tmp_path, SINK, MAIL, fast=True))
    assert without_delays(copy["route"]) == without_delays(shipped["route"])
    assert (copy["route"]["group_wait"], copy["route"]["routes"][0]["group_interval"]) == ("500ms", "2s")


def test_nothing_points_outside(tmp_path: Path) -> None:
    text = render(CONFIG, tmp_path, SINK, MAIL, FAIRLEAD).read_text()
    assert "/run/secrets" not in text
    assert "example.com/" not in text
    assert "sms-gateway" not in text
    assert "mail:1025" not in text


def test_each_receiver_has_a_place_of_its_own(tmp_path: Path) -> None:
    copy = load(render(CONFIG, tmp_path, SINK, MAIL, FAIRLEAD))
    receivers = {receiver["name"]: receiver for receiver in copy["receivers"]}
    (fairlead,) = receivers["fairlead"]["webhook_configs"]
    assert fairlead["url"] == "http://127.0.0.1:3/api/v1/alerts/webhook"
    assert fairlead["http_config"] == {"authorization": {"credentials_file": "/demo/fairlead_webhook_token"}}
    for name in ("on-call", "secondary", "compliance-officer"):
        (gateway,) = receivers[name]["webhook_configs"]
        assert gateway["url"] == f"http://127.0.0.1:1/sms/{name}"
    for name in ("slack-critical", "slack-warning", "slack-engineering"):
        (slack,) = receivers[name]["slack_configs"]
        assert Path(slack["api_url_file"]).read_text() == f"http://127.0.0.1:1/slack/{name}"


@pytest.mark.parametrize("fairlead", [None, FAIRLEAD])
def test_secret_files_are_readable_by_their_owner_only(tmp_path: Path, fairlead: Webhook | None) -> None:
    render(CONFIG, tmp_path, SINK, MAIL, fairlead)
    assert (tmp_path / "secrets").stat().st_mode & 0o077 == 0
    assert (tmp_path / "secrets" / "smtp_password").read_text() == "throw-away-smtp_password"
