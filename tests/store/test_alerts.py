"""Received alerts are kept once each."""

from datetime import UTC, datetime

from fairlead.store.alerts import Alerts
from fairlead.store.database import Database

NOW = datetime(2026, 3, 10, tzinfo=UTC)


def alert(fingerprint: str, status: str = "firing", starts: str = "2026-03-10T02:01:00Z") -> dict[str, object]:
    labels = {"alertname": "ModelFeatureDrift", "model": "naïve 愛"}
    return {"fingerprint": fingerprint, "status": status, "startsAt": starts, "labels": labels}


def test_alerts_come_back_in_order(database: Database) -> None:
    store = Alerts(database)
    assert store.record([alert("a1"), alert("b2")], "slack", NOW) == 2
    assert store.list() == [alert("a1"), alert("b2")]


def test_repeated_delivery_is_kept_once(database: Database) -> None:
    store = Alerts(database)
    store.record([alert("a1")], "slack", NOW)
    assert store.record([alert("a1"), alert("a1")], "email", NOW) == 0
    assert store.record([alert("a1", status="resolved"), alert("a1", starts="2026-03-11T02:01:00Z")], "slack", NOW) == 2
    assert len(store.list()) == 3
