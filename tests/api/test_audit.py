"""The audit log over HTTP."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from fairlead.config.load import load
from fairlead.core.access import Caller, Permission, Role
from fairlead.core.audit import Wanted, entry_of
from fairlead.errors import StoreError
from fairlead.store.audit import Audit
from fairlead.store.database import open_database
from tests.support.metrics import value
from tests.support.served import Rig
from tests.support.workspace import NOW

PATH = "/api/v1/audit"


@pytest.fixture
def log(rig: Rig) -> Iterator[Audit]:
    """Seven entries of two callers, the newest of all."""
    database = open_database(load(rig.space.config).store)
    made = Audit(database)
    for number in range(7):
        caller = Caller(f"caller-{number % 2}", Role.ML_LEAD, "10.0.0.9")
        made.add(entry_of(caller, "incident.resolve", f"INC-{number}", NOW + number * timedelta(minutes=1), note="<b>"))
    yield made
    database.close()


def test_pages_from_the_newest_to_the_oldest(rig: Rig, log: Audit) -> None:
    newest, numbers, cursor = log.head().number, list[int](), None
    while True:
        parameters = {"limit": "3", "action": "incident.resolve", **({"cursor": cursor} if cursor else {})}
        page = rig.client.get(PATH, params=parameters).json()
        numbers += [item["number"] for item in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert numbers == list(range(newest, newest - 7, -1))


def test_an_item_says_all_there_is(rig: Rig, log: Audit) -> None:
    (item,) = rig.client.get(PATH, params={"subject": "INC-3"}).json()["items"]
    (kept,) = log.page(Wanted(subject="INC-3"), 9)
    assert item == {
        "number": kept.number,
        "at": (NOW + timedelta(minutes=3)).isoformat().replace("+00:00", "Z"),
        "actor": "caller-1",
        "role": "ml_lead",
        "action": "incident.resolve",
        "subject": "INC-3",
        "source": "10.0.0.9",
        "detail": {"note": "<b>"},
        "hash": kept.hash,
    }


def test_filters(rig: Rig, log: Audit) -> None:
    def subjects(**parameters: str) -> list[str]:
        answer = rig.client.get(PATH, params={"action": "incident.resolve", **parameters})
        return [item["subject"] for item in answer.json()["items"]]

    since, until = ((NOW + number * timedelta(minutes=1)) for number in (2, 4))
    assert subjects(actor="caller-1") == ["INC-5", "INC-3", "INC-1"]
    assert subjects(since=since.isoformat(), until=until.isoformat()) == ["INC-3", "INC-2"]
    assert subjects(since=since.replace(tzinfo=None).isoformat(), until=until.isoformat()) == ["INC-3", "INC-2"]
    assert subjects(actor="' OR '1'='1") == []


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=1001", "cursor=x", "cursor=aWQ6LTE=", "since=yesterday", f"actor={'x' * 257}"]
)
def test_wrong_parameters(rig: Rig, query: str) -> None:
    answer = rig.client.get(f"{PATH}?{query}")
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")


def test_reading_is_an_entry_itself(rig: Rig, log: Audit) -> None:
    rig.client.get(PATH, params={"actor": "caller-1"})
    newest = log.page(Wanted(), 1)[0]
    assert (newest.actor, newest.role, newest.action, newest.subject) == ("tests", "admin", "audit.read", PATH)
    assert (newest.source, newest.detail) == ("127.0.0.1", '{"query": "actor=caller-1"}')
    assert log.verify().bad is None


def test_reloading_is_an_entry(rig: Rig, log: Audit) -> None:
    rig.client.post("/-/reload")
    assert log.page(Wanted(), 1)[0].action == "config.reload"


def test_nothing_is_read_when_the_entry_cannot_be_kept(rig: Rig, log: Audit, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise StoreError("store: disk full")

    monkeypatch.setattr(Audit, "add", full)
    answer = rig.client.get(PATH)
    assert (answer.status_code, answer.json()["detail"]) == (503, "store: disk full")


def test_the_head_is_exported(rig: Rig, log: Audit) -> None:
    rig.exporter.publish()
    assert value(rig.page(), "fairlead_audit_entries") == log.head().number
    assert "fairlead_audit_head_info" not in rig.page()
    yesterday = entry_of(Caller("old", Role.ADMIN), "a", "b", NOW - timedelta(days=1))
    log.add(yesterday)
    rig.exporter.publish()
    head = log.head()
    assert value(rig.page(), "fairlead_audit_head_info", number=str(head.number), hash=head.hash[:16]) == 1


def test_readers_of_the_log_are_those_of_the_policy() -> None:
    readers = {role for role in Role if Caller("x", role).may(Permission.AUDIT)}
    assert readers == {Role.ADMIN, Role.COMPLIANCE_OFFICER, Role.AUDITOR}
