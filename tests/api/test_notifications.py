"""What Alertmanager hands over for Slack is kept or refused as it can understand; who gives a model back."""

from pathlib import Path

import pytest

from fairlead.api.slack import MOST_BYTES
from fairlead.errors import StoreError
from fairlead.store.slack import SlackMessages
from tests.support.served import Rig

PATH = "/api/v1/alerts/slack/ml"
BODY = {"attachments": [{"title": "t", "callback_id": "fairlead?model=credit&alert=feature_psi:critical"}]}


def test_messages_for_slack(rig: Rig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert rig.client.post(PATH, json=BODY).status_code == 404
    rig.exporter.slack.configure({"ml": tmp_path / "url"})
    kept = rig.client.post(PATH, json=BODY)
    assert (kept.status_code, kept.text, kept.headers["content-type"]) == (200, "ok", "text/plain; charset=utf-8")
    assert rig.client.post(PATH, json=BODY).text == "ok"
    rig.exporter.publish()
    assert 'fairlead_slack_waiting_messages{receiver="ml"} 1' in rig.page()
    assert 'fairlead_slack_messages_total{outcome="repeated",receiver="ml"} 1.0' in rig.page()
    assert rig.client.post(PATH, content=b"no").status_code == 400
    assert rig.client.post(PATH, content=b"[" * (MOST_BYTES + 1)).status_code == 413

    def locked(*_arguments: object, **_facts: object) -> int:
        raise StoreError("store: database is locked")

    monkeypatch.setattr(SlackMessages, "add", locked)
    refused = rig.client.post(PATH, json=BODY)
    assert (refused.status_code, refused.json()["detail"]) == (503, "store: database is locked")


def test_giving_a_model_back(rig: Rig) -> None:
    path = "/api/v1/models/{}/unfreeze"
    assert rig.client.post(path.format("unknown"), json={"reason": "x"}).status_code == 404
    refused = rig.client.post(path.format("credit"), json={"reason": "x"})
    assert refused.status_code == 409
    assert refused.json()["detail"] == "model 'credit': must have a containment in the configuration, got none"
    assert rig.client.post(path.format("credit"), json={}).status_code == 422
