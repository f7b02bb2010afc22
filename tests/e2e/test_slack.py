"""Slack through fairlead on real processes: five messages an hour, though Alertmanager and fairlead are killed."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from fairlead.core.access import Role
from fairlead.demo.alertmanager_config import load, render, write
from fairlead.demo.processes import alertmanager
from fairlead.demo.sink import Sink
from fairlead.store.database import open_database
from fairlead.store.tokens import Tokens
from tests.e2e.test_incidents import Site, served, wait_for
from tests.support.alertmanager import CONFIG, FOLDER, Alert, post
from tests.support.metrics import series


@pytest.fixture
def sink() -> Iterator[Sink]:
    with Sink() as running:
        yield running


def configured(folder: Path, sink: Sink, site: Site) -> Path:
    """The shipped files after the replacement that slack-fairlead.yml describes, quick, towards this fairlead."""
    path = render(CONFIG, folder, sink.http_url, sink.smtp_host_port, fast=True)
    config, other = load(path), load(FOLDER / "slack-fairlead.yml")
    replaced = {receiver["name"]: receiver for receiver in other["receivers"]}
    assert set(replaced) == {one["name"] for one in config["receivers"] if "slack_configs" in one}
    for receiver in replaced.values():
        (slack,) = receiver["slack_configs"]
        slack["api_url"] = slack["api_url"].replace("http://fairlead:10171", site.server.url)
        slack["http_config"] = {"authorization": {"credentials_file": str(site.folder / "token")}}
    config["receivers"] = [replaced.get(one["name"], one) for one in config["receivers"]]
    return write(config, path)


def told(sink: Sink, model: str) -> list[dict[str, Any]]:
    found = [request.json["attachments"][0] for request in sink.requests_to("/slack")]
    return [one for one in found if model in one["title"]]


def test_five_messages_an_hour_whatever_is_killed(tmp_path: Path, sink: Sink) -> None:
    folder = tmp_path / "site"
    folder.mkdir()
    for name in ("ml", "engineering"):
        (folder / name).write_text(f"{sink.http_url}/slack")
    slack = {"ml-monitoring": {"url_file": "ml"}, "engineering": {"url_file": "engineering"}}
    alerting = {"prometheus": {"url": "http://127.0.0.1:9"}, "slack": slack}
    with served(folder, alerting=alerting) as site:
        database = open_database(str(folder / "fairlead.db"))
        token = Tokens(database).create("alertmanager", Role.ALERTMANAGER, created_by="tests", now=_now())
        database.close()
        (folder / "token").write_text(token)
        config = configured(tmp_path / "am", sink, site)
        with alertmanager(tmp_path / "am", config) as manager:
            manager.wait_ready()
            for number in range(8):
                labels = {"alertname": "ModelFeatureDrift", "severity": "critical", "family": "data", "model": "credit"}
                post(manager.url, [Alert({**labels, "metric": f"metric {number}"}, {"summary": f"s{number}"})])
                if number == 2:
                    wait_for(lambda: bool(told(sink, "credit")))
                    manager.kill()
                    manager.start().wait_ready()
                    post(manager.url, [Alert({**labels, "metric": f"metric {n}"}, {"summary": "s"}) for n in range(3)])
                if number == 4:
                    site.server.kill()
                if number == 5:
                    site.server.start().wait_ready(60)
                time.sleep(2.5)
            wait_for(lambda: _waiting(site) > 0)
            labels = {"alertname": "ModelFeatureDrift", "severity": "warning", "family": "data", "model": "cards"}
            post(manager.url, [Alert({**labels, "metric": "other"}, {"summary": "other"})])
            wait_for(lambda: len(told(sink, "cards")) == 1)
        messages = told(sink, "credit")
        assert len(messages) == 5
        assert {one["callback_id"] for one in messages} == {"fairlead"}
        assert "metric 0" in messages[0]["text"]
        assert [mail for mail in sink.mails if "credit" in mail.subject]  # which does not go through fairlead
        refused = httpx.post(f"{site.server.url}/api/v1/alerts/slack/ml-monitoring", json={})
        assert refused.status_code == 401
        assert site.client.post("/api/v1/alerts/slack/other", json={}).status_code == 404
        assert site.client.post("/api/v1/alerts/slack/ml-monitoring", content=b"no").status_code == 400
    assert "Traceback" not in site.server.log.read_text()


def _waiting(site: Site) -> float:
    return sum(series(site.client.get("/metrics").text, "fairlead_slack_waiting_messages").values())


def _now() -> datetime:
    return datetime.now(UTC)
