"""Analyses on demand over HTTP."""

import threading
import time
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from fairlead.app.analyses import QUEUE
from fairlead.config.load import load
from fairlead.core.access import ALLOWED, Permission, Role
from fairlead.store.database import open_database
from fairlead.store.tables import audit
from fairlead.store.tokens import Tokens
from tests.support.served import HOSTILE, Rig
from tests.support.workspace import NOW

PATH = "/api/v1/monitoring/analyze-now"


def ask(rig: Rig, **wanted: Any) -> httpx.Response:
    return rig.client.post(PATH, json=wanted)


def wait(rig: Rig, location: str) -> dict[str, Any]:
    deadline = time.monotonic() + 30
    while True:
        found: dict[str, Any] = rig.client.get(location).raise_for_status().json()
        if found["status"] in {"done", "failed"}:
            return found
        assert time.monotonic() < deadline, found
        time.sleep(0.05)


def test_request_is_accepted_served_and_told(rig: Rig) -> None:
    answer = ask(rig, model="credit", families=["fairness", "data"], as_of=NOW.isoformat())
    assert answer.status_code == 202, answer.text
    accepted = answer.json()
    assert answer.headers["location"] == f"/api/v1/monitoring/analyses/{accepted['id']}"
    assert (accepted["status"], accepted["models"], accepted["runs"]) == ("pending", ["credit"], [])
    thread = threading.Thread(target=rig.exporter.run)
    thread.start()
    try:
        found = wait(rig, answer.headers["location"])
    finally:
        rig.exporter.stop()
        thread.join(30)
    assert not thread.is_alive()
    assert (found["status"], found["requested_by"], found["failure"]) == ("done", "tests", None)
    assert [(one["model"], one["family"], one["samples"], one["failure"]) for one in found["runs"]] == [
        ("credit", "data", 1_000, None),
        ("credit", "fairness", 1_000, None),
    ]
    assert {one["window_end"] for one in found["runs"]} == {"2026-01-09T00:00:00Z"}
    assert "measurements" not in str(found)


def test_all_models_is_the_default(rig: Rig) -> None:
    accepted = ask(rig).json()
    assert (accepted["models"], accepted["families"]) == (["credit", HOSTILE], [])
    assert accepted["as_of"] == (NOW + timedelta(hours=1)).isoformat().replace("+00:00", "Z")


def test_equal_request_that_waits_is_the_same(rig: Rig) -> None:
    first, again = (ask(rig, model="credit", families=order) for order in (["data", "model"], ["model", "data"]))
    assert first.json() == again.json()
    assert (again.status_code, again.headers["location"]) == (202, first.headers["location"])
    assert ask(rig, model="credit").json()["id"] != first.json()["id"]


@pytest.mark.parametrize(
    ("wanted", "detail"),
    [
        ({"model": "none"}, "body.model: must be a configured model, got 'none'"),
        (
            {"families": ["data", "drift"]},
            "body.families.1: input should be 'data', 'fairness', 'model'",
        ),
        ({"families": []}, "body.families: list should have at least 1 item"),
        ({"as_of": "yesterday"}, "body.as_of: input should be a valid datetime"),
        ({"as_of": "2026-03-01T00:00:00Z"}, "body.as_of: must not be in the future, got '2026-03-01T00:00:00+00:00'"),
        ({"as_of": "0001-01-01T00:00:00Z"}, "body.as_of: value error, must be a moment after 1970"),
        ({"as_of": "9999-12-31T23:59:59-14:00"}, "body.as_of: value error, must be a moment after 1970"),
        ({"modell": "credit"}, "body.modell: extra inputs are not permitted"),
        ({"model": "x" * 129}, "body.model: string should have at most 128 characters"),
    ],
)
def test_what_cannot_be_meant_is_refused(shared: Rig, wanted: dict[str, Any], detail: str) -> None:
    answer = ask(shared, **wanted)
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert answer.json()["detail"].startswith(detail)


def test_family_that_no_model_has(rig: Rig) -> None:
    rig.exporter.analyses._families = {"credit": ("data",), "cards": ("data", "fairness")}
    answer = ask(rig, model="credit", families=["fairness"])
    assert answer.json()["detail"] == "body.families: must be measured of model 'credit', got 'fairness'"
    assert ask(rig, families=["explanation"]).json()["detail"].endswith("of any model, got 'explanation'")
    assert ask(rig, families=["fairness"]).json()["models"] == ["cards"]


@pytest.mark.parametrize(("number", "status"), [("1", 404), ("0", 422), ("x", 422), (str(2**31), 422), ("9" * 40, 422)])
def test_unknown_request(shared: Rig, number: str, status: int) -> None:
    answer = shared.client.get(f"/api/v1/monitoring/analyses/{number}")
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


def test_queue_is_bounded(rig: Rig) -> None:
    for number in range(QUEUE):
        assert ask(rig, model="credit", as_of=(NOW - timedelta(hours=number)).isoformat()).status_code == 202
    answer = ask(rig, model="credit")
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "60")
    assert answer.json()["detail"] == "queue: must have room, got as many requests as may wait"
    assert ask(rig, model="credit", as_of=NOW.isoformat()).json()["id"] == 1


@pytest.mark.parametrize("role", Role)
def test_who_may_ask(rig: Rig, role: Role) -> None:
    database = open_database(load(rig.space.config).store)
    token = Tokens(database).create("someone", role, created_by="tests", now=NOW)
    headers = {"Authorization": f"Bearer {token}"}
    may = Permission.ANALYSE in ALLOWED[role]
    assert rig.client.post(PATH, json={}, headers=headers).status_code == (202 if may else 403)
    assert rig.client.get("/api/v1/monitoring/analyses/1", headers=headers).status_code == (200 if may else 403)
    assert rig.client.post(PATH, json={}, headers={"Authorization": ""}).status_code == 401
    with database.reading() as connection:
        entries = [row for row in connection.execute(select(audit)) if row.action == "analysis.request"]
    database.close()
    assert [(row.actor, row.role, row.subject) for row in entries] == [("someone", role.value, "analysis 1")] * may


def test_repeated_request_has_one_effect(rig: Rig) -> None:
    key = {"Idempotency-Key": "ci-1"}
    first = rig.client.post(PATH, json={"model": "credit"}, headers=key)
    rig.exporter.analyses._requests.start(1, NOW)
    again = rig.client.post(PATH, json={"model": "credit"}, headers=key)
    assert (again.status_code, again.json()) == (202, first.json())
    assert again.headers["location"] == first.headers["location"] == "/api/v1/monitoring/analyses/1"
    assert ask(rig, model="credit").json()["id"] == 2
