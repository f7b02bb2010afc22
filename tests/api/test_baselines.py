"""Baselines over HTTP: who may do what to which, what is written down, and what is refused."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import httpx
import pytest
from sqlalchemy import select, update

from fairlead.config.load import load
from fairlead.core.access import Caller, Role
from fairlead.store.database import Database, open_database
from fairlead.store.tables import audit, tokens
from fairlead.store.tokens import Tokens
from tests.support.served import Rig
from tests.support.workspace import NOW

ROOT = "/api/v1/monitoring/baselines"
DRIFT = {"model": "credit", "last_days": 3, "trigger": "concept_drift", "reason": "spring came"}
RESET = {"model": "credit", "reason": "a new bureau"}

Ask = Callable[..., httpx.Response]


@pytest.fixture
def database(rig: Rig) -> Iterator[Database]:
    opened = open_database(load(rig.space.config).store)
    yield opened
    opened.close()


@pytest.fixture
def ask(rig: Rig, database: Database) -> Ask:
    """A request of somebody in a role."""
    secrets: dict[tuple[str, str], str] = {}

    def asked(who: str, method: str, path: str, body: object = None, **query: object) -> httpx.Response:
        name, _, role = who.rpartition(":")
        key = (name or role, role)
        if key not in secrets:
            for other in [one for one in secrets if one[0] == key[0]]:  # the same person in another role
                del secrets[other]
            with database.writing() as connection:
                connection.execute(update(tokens).where(tokens.c.name == key[0]).values(revoked_at=NOW))
            secrets[key] = Tokens(database).create(key[0], Role(role), created_by="tests", now=NOW)
        headers = {"Authorization": f"Bearer {secrets[key]}"}
        return rig.client.request(method, ROOT + path, json=body, headers=headers, params=query)  # type: ignore[arg-type]

    return asked


def entries(database: Database) -> list[tuple[str, str, dict[str, Any]]]:
    """(actor, action, detail) of the audit log."""
    with database.reading() as connection:
        rows = connection.execute(select(audit).where(audit.c.action.startswith("baseline")).order_by(audit.c.id))
        return [(row.actor, row.action, json.loads(row.detail)) for row in rows]


def states(ask: Ask) -> list[str]:
    """States of the model's baselines, newest first."""
    return [item["state"] for item in ask("viewer", "GET", "", model="credit").json()["items"]]


def first(ask: Ask) -> str:
    return str(ask("viewer", "GET", "", model="credit", state="active").json()["items"][0]["version"])


def test_a_draft_waits_for_somebody_else(ask: Ask, database: Database) -> None:
    old = first(ask)
    made = ask("ben:ml_engineer", "POST", "", DRIFT)
    assert made.status_code == 201, made.text
    draft = made.json()
    assert (draft["state"], draft["trigger"], draft["author"]) == ("draft", "concept_drift", "ben")
    assert (draft["model_version"], draft["samples"], draft["approved_by"]) == ("1", 3_000, None)
    assert draft["distance"]["previous"] == old
    path = f"/credit/{draft['version']}"
    for who, why in (
        ("ben:ml_engineer", "role: must be ml_lead or cto to approve a baseline for concept_drift, got ml_engineer"),
        ("ben:ml_lead", "caller: must be another person than the author to approve, got 'ben'"),
        ("admin", "role: must be ml_lead or cto to approve a baseline for concept_drift, got admin"),
    ):
        refused = ask(who, "POST", path + "/approve")
        assert (refused.status_code, refused.json()["detail"]) == (403, why)
    early = ask("ben:ml_engineer", "POST", path + "/activate")
    assert early.status_code == 409
    assert early.json()["detail"].endswith("it is a draft, which must be approved first")
    assert states(ask) == ["draft", "active"]
    approved = ask("lea:ml_lead", "POST", path + "/approve").json()
    assert (approved["state"], approved["approved_by"], approved["approved_role"]) == ("approved", "lea", "ml_lead")
    again = ask("carl:cto", "POST", path + "/approve")
    assert (again.status_code, again.json()["approved_by"]) == (200, "lea")
    active = ask("ben:ml_engineer", "POST", path + "/activate").json()
    assert (active["state"], active["activated_at"][:10]) == ("active", "2026-01-09")
    assert ask("ben:ml_engineer", "POST", path + "/activate").json() == active
    assert states(ask) == ["active", "archived"]
    said = [(actor, action) for actor, action, _ in entries(database)]
    assert said[-3:] == [("ben", "baseline.create"), ("lea", "baseline.approve"), ("ben", "baseline.activate")]
    assert entries(database)[-1][2]["replaced"] == old


def test_a_reset_by_the_role_that_decides_is_done_at_once(ask: Ask, rig: Rig, database: Database) -> None:
    told: list[tuple[str, str, str, str]] = []

    def document(model: str, title: str, text: str, caller: Caller, _now: datetime) -> str:
        told.append((model, title, text, caller.name))
        return "INC-1"

    rig.exporter.baselines._document = document
    old = first(ask)
    done = ask("carl:cto", "POST", "/reset", RESET)
    assert done.status_code == 201, done.text
    made = done.json()
    assert (made["state"], made["trigger"], made["incident"]) == ("active", "data_source_change", "INC-1")
    assert (made["approved_by"], made["approved_role"], made["reason"]) == ("carl", "cto", "a new bureau")
    assert (made["samples"], made["source"]) == (7_000, "2026-01-02 to 2026-01-08")
    assert states(ask) == ["active", "archived"]
    assert told[0][:2] == ("credit", "baseline reset: data source change")
    assert "Reason: a new bureau" in told[0][2]
    assert f"It replaces {old}" in told[0][2]
    again = ask("carl:cto", "POST", "/reset", RESET).json()
    assert (again["version"], again["incident"], len(told)) == (made["version"], None, 1)
    actor, action, detail = entries(database)[-1]
    assert (actor, action, detail["incident"], detail["replaced"]) == ("carl", "baseline.reset", "INC-1", old)


def test_a_reset_by_others_waits_for_the_role_that_decides(ask: Ask) -> None:
    made = ask("lea:ml_lead", "POST", "/reset", RESET).json()
    assert (made["state"], made["approved_by"]) == ("draft", None)
    assert ask("mia:ml_lead", "POST", f"/credit/{made['version']}/approve").status_code == 403
    assert ask("carl:cto", "POST", f"/credit/{made['version']}/approve").json()["state"] == "approved"
    drift = ask("lea:ml_lead", "POST", "/reset", {**RESET, "trigger": "concept_drift"}).json()
    assert (drift["state"], drift["approved_role"]) == ("active", "ml_lead")


def test_what_fails_half_way_changes_nothing(ask: Ask, rig: Rig, database: Database) -> None:
    def document(*_: object) -> str:
        raise RuntimeError("no incidents today")

    rig.exporter.baselines._document = document
    before, said = states(ask), entries(database)
    assert ask("carl:cto", "POST", "/reset", RESET).status_code == 500
    assert (states(ask), entries(database)) == (before, said)


def test_bringing_one_back_takes_who_may_undo_its_end(ask: Ask) -> None:
    old = first(ask)
    assert ask("carl:cto", "POST", "/reset", RESET).json()["state"] == "active"
    for who in ("ben:ml_engineer", "lea:ml_lead"):
        refused = ask(who, "POST", f"/credit/{old}/activate")
        assert refused.status_code == 403
        assert "is archived: role: must be" in refused.json()["detail"]
    rejected = ask("ben:ml_engineer", "POST", "", DRIFT).json()["version"]
    assert ask("ben:ml_engineer", "POST", f"/credit/{rejected}/archive").json()["state"] == "archived"
    never = ask("carl:cto", "POST", f"/credit/{rejected}/activate")
    assert (never.status_code, "was never approved" in never.json()["detail"]) == (409, True)
    last = ask("ben:ml_engineer", "POST", f"/credit/{first(ask)}/archive")
    assert (last.status_code, "activate another, which archives it" in last.json()["detail"]) == (409, True)


def test_the_same_twice_is_made_once(ask: Ask, database: Database) -> None:
    made = [ask("ben:ml_engineer", "POST", "", DRIFT).json()["version"] for _ in range(2)]
    assert made[0] == made[1]
    assert [action for _, action, _ in entries(database)].count("baseline.create") == 3  # two by hand


def test_approvers_at_once(ask: Ask) -> None:
    version = ask("ben:ml_engineer", "POST", "", DRIFT).json()["version"]
    people = [f"lead{number}:ml_lead" for number in range(4)]
    for who in people:
        ask(who, "GET", "")
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda who: ask(who, "POST", f"/credit/{version}/approve"), people))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["approved_by"] for answer in answers}) == 1


def test_by_hand_takes_an_administrator(ask: Ask) -> None:
    body = {**DRIFT, "trigger": "manual"}
    assert ask("ben:ml_engineer", "POST", "", body).status_code == 403
    made = ask("admin", "POST", "", body).json()
    assert (made["state"], made["approved_role"]) == ("active", "admin")


def test_one_baseline_and_its_content(ask: Ask, database: Database) -> None:
    version = first(ask)
    assert ask("viewer", "GET", f"/credit/{version}").status_code == 403
    plain = ask("auditor", "GET", f"/credit/{version}").json()
    assert (plain["version"], plain["content"]) == (version, None)
    before = len(entries(database))
    full = ask("aud:auditor", "GET", f"/credit/{version}", content="true").json()
    assert full["content"]["summary"]["rows"] == plain["samples"]
    assert entries(database)[before:] == [("aud", "baseline.read", {})]


def test_difference(ask: Ask, database: Database) -> None:
    old = first(ask)
    new = ask("ben:ml_engineer", "POST", "", DRIFT).json()["version"]
    found = ask("aud:auditor", "GET", "/credit/diff", before=old, after=new)
    assert found.status_code == 200, found.text
    document = found.json()
    assert (document["before"], document["after"], document["distance"]["previous"]) == (old, new, old)
    moved = {(one["subject"], one["statistic"]) for one in document["moved"]}
    assert {("feature income", "PSI"), ("feature income", "Wasserstein-1"), ("feature purpose", "PSI")} <= moved
    assert ("sex", "demographic parity growth") in moved
    assert {"subject": "baseline", "quantity": "rows", "before": 4000.0, "after": 3000.0} in document["differences"]
    assert entries(database)[-1] == ("aud", "baseline.diff", {"before": old})
    assert ask("viewer", "GET", "/credit/diff", before=old, after=new).status_code == 403


def test_pages(ask: Ask) -> None:
    for number in (1, 2, 3):
        assert ask("ben:ml_engineer", "POST", "", {**DRIFT, "last_days": number}).status_code == 201
    seen, cursor = [], None
    while True:
        query: dict[str, str] = {"cursor": cursor} if cursor else {}
        page = ask("viewer", "GET", "", limit=2, **query).json()
        seen += [(item["model"], item["version"]) for item in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == 5
    drafts = ask("viewer", "GET", "", trigger="concept_drift", state="draft").json()
    assert [item["source"][-10:] for item in drafts["items"]] == ["2026-01-08"] * 3


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "", {**DRIFT, "model": "none"}, 404),
        ("POST", "/reset", {**RESET, "model": "none"}, 404),
        ("GET", "/credit/2020-01-01-v1", None, 404),
        ("POST", "/credit/2020-01-01-v1/approve", None, 404),
        ("POST", "/a/b/2020-01-01-v1/archive", None, 404),
        ("GET", "/credit/latest", None, 422),
        ("GET", "/%00/2020-01-01-v1", None, 422),
        ("GET", "/credit/diff?before=2020-01-01-v1&after=2020-01-01-v2", None, 404),
        ("POST", "", {**DRIFT, "reason": " "}, 422),
        ("POST", "", {**DRIFT, "validation": True}, 422),
        ("POST", "", {key: value for key, value in DRIFT.items() if key != "last_days"}, 422),
        ("POST", "", {**DRIFT, "trigger": "quarterly_refresh"}, 422),
        ("POST", "", {**DRIFT, "trigger": "deployment"}, 422),
        ("POST", "", {**DRIFT, "more": 1}, 422),
        ("POST", "/reset", {**RESET, "trigger": "manual"}, 422),
        ("POST", "/reset", {"model": "credit"}, 422),
        ("POST", "", {**DRIFT, "last_days": 9}, 409),
        ("POST", "", {"model": "credit", "validation": True, "trigger": "deployment", "reason": "new"}, 409),
        ("GET", "?state=lost", None, 422),
        ("GET", "?cursor=x", None, 422),
    ],
)
def test_what_is_refused(method: str, path: str, body: object, status: int, ask: Ask) -> None:
    path, _, query = path.partition("?")
    pairs: dict[str, Any] = dict(part.split("=") for part in query.split("&") if part)
    answer = ask("carl:cto", method, path, body, **pairs)
    assert answer.status_code == status, answer.text
    assert answer.json()["status"] == status
    assert states(ask) == ["active"]
