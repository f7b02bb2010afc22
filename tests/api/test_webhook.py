"""Alertmanager's webhook: kept once, 400 only for what can never be read, 503 for what is worth a retry."""

import json
from copy import deepcopy
from typing import Any

import pytest

from fairlead.api.alerts import MAX_WEBHOOK_BYTES
from fairlead.store import database, postgresql, sqlite
from fairlead.store.alerts import Alerts
from tests.support.served import Rig

PATH = "/api/v1/alerts/webhook"
ALERT = {
    "status": "firing",
    "labels": {"alertname": "ModelFeatureDrift", "model": "credit", "severity": "critical", "note": "é\n\"<>"},
    "annotations": {"summary": "income drifts"},
    "startsAt": "2026-01-09T02:01:00.123Z",
    "endsAt": "0001-01-01T00:00:00Z",
    "generatorURL": "http://localhost:9090/graph",
    "fingerprint": "0a1b2c3d4e5f6071",
}  # fmt: skip
MESSAGE: dict[str, Any] = {
    "version": "4",
    "groupKey": "{}:{}",
    "truncatedAlerts": 0,
    "status": "firing",
    "receiver": "fairlead",
    "groupLabels": {},
    "commonLabels": {},
    "commonAnnotations": {},
    "externalURL": "http://localhost:9093",
    "alerts": [ALERT],
}


def kept(rig: Rig) -> list[dict[str, Any]]:
    store = database.open_database(rig.space.store)
    try:
        return Alerts(store).list()
    finally:
        store.close()


def changed(**alert: Any) -> dict[str, Any]:
    message = deepcopy(MESSAGE)
    message["alerts"][0].update(alert)
    return message


def test_an_alert_is_kept_once_with_all_its_fields(rig: Rig) -> None:
    for new in (1, 0, 0):
        answer = rig.client.post(PATH, json=MESSAGE)
        assert (answer.status_code, answer.json()) == (200, {"received": 1, "new": new})
    assert kept(rig) == [ALERT]


def test_an_alert_that_resolves_or_starts_again_is_new(rig: Rig) -> None:
    rig.client.post(PATH, json=MESSAGE)
    for message in (changed(status="resolved"), changed(startsAt="2026-02-01T00:00:00Z")):
        assert rig.client.post(PATH, json=message).json()["new"] == 1
        assert rig.client.post(PATH, json=message).json()["new"] == 0
    several = {**MESSAGE, "alerts": [ALERT, ALERT, *changed(fingerprint="ff")["alerts"]]}
    assert rig.client.post(PATH, json=several).json() == {"received": 3, "new": 1}
    assert len(kept(rig)) == 4


def test_no_alerts_are_fine(rig: Rig) -> None:
    assert rig.client.post(PATH, json={**MESSAGE, "alerts": []}).json() == {"received": 0, "new": 0}


def without(key: str) -> dict[str, Any]:
    message = deepcopy(MESSAGE)
    del message["alerts"][0][key]
    return message


UNREADABLE: dict[str, tuple[Any, str]] = {
    "nothing": (b"", "body: "),
    "no JSON": (b"{", "body: "),
    "no object": ([1], "body: "),
    "no UTF-8": (b'{"version": "\xff"}', "body: "),
    "deep nesting": (b"[" * 100_000, "body: "),
    "half a character": (json.dumps(changed(status="\ud83d")).encode(), "body: "),
    "another version": ({**MESSAGE, "version": "5"}, "version: "),
    "no receiver": ({**MESSAGE, "receiver": None}, "receiver: "),
    "alerts are no list": ({**MESSAGE, "alerts": {}}, "alerts: "),
    "another status": (changed(status="open"), "alerts.0.status: "),
    "no fingerprint": (without("fingerprint"), "alerts.0.fingerprint: "),
    "a strange fingerprint": (changed(fingerprint="'; DROP"), "alerts.0.fingerprint: "),
    "no start": (without("startsAt"), "alerts.0.startsAt: "),
    "labels that are no text": (changed(labels={"model": 1}), "alerts.0.labels.model: "),
}


@pytest.mark.parametrize("case", UNREADABLE)
def test_unreadable(case: str, shared: Rig) -> None:
    content, where = UNREADABLE[case]
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    answer = shared.client.post(PATH, content=body)
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    assert answer.json()["status"] == 400
    assert answer.json()["detail"].startswith(where)
    assert kept(shared) == []


def test_too_large(rig: Rig) -> None:
    for content in (b" " * (MAX_WEBHOOK_BYTES + 1), iter([b" " * MAX_WEBHOOK_BYTES, b" " * 100])):
        answer = rig.client.post(PATH, content=content)
        assert (answer.status_code, answer.json()["status"]) == (413, 413)
    largest = json.dumps(MESSAGE).encode()
    assert rig.client.post(PATH, content=largest + b" " * (MAX_WEBHOOK_BYTES - len(largest))).status_code == 200


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Connections that give up a locked store after 50 ms instead of 30 s."""
    for module in (sqlite, postgresql):
        monkeypatch.setattr(module, "BUSY_MILLISECONDS", 50)


def test_a_locked_store_asks_for_a_retry(hasty: None, rig: Rig) -> None:
    """The page is still served meanwhile."""
    before = rig.page()
    locker = database.open_database(rig.space.store)
    with locker.writing():
        answer = rig.client.post(PATH, json=MESSAGE)
        assert (answer.status_code, answer.json()["status"]) == (503, 503)
        assert "locked" in answer.json()["detail"]
        assert len(rig.page()) > 0.99 * len(before)
    locker.close()
    assert rig.client.post(PATH, json=MESSAGE).json()["new"] == 1
