"""Accepted risks and maintenance windows of the API: who may do what, what is refused and why."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import httpx
import pytest

from fairlead.core.access import Role
from fairlead.store.tokens import Tokens
from tests.support.metrics import series
from tests.support.served import HOSTILE, Rig
from tests.support.workspace import NOW

PATH, WINDOWS = "/api/v1/monitoring/exceptions", "/api/v1/monitoring/maintenance"
AT = NOW + timedelta(hours=1)
"""The time in the served process."""
ASKED = {
    "model": "credit",
    "metric": "feature_psi",
    "rationale": "season",
    "until": (AT + timedelta(days=9)).isoformat(),
}
GAP = {**ASKED, "metric": "fairness_accuracy_gap_increase", "attribute": "sex"}
WINDOW = {"models": ["credit"], "ends_at": (AT + timedelta(hours=2)).isoformat(), "reason": "upgrade"}


@contextmanager
def as_role(rig: Rig, role: Role, name: str = "") -> Iterator[httpx.Client]:
    tokens = Tokens(rig.exporter._database)
    secret = tokens.create(name or f"the {role}", role, created_by="tests", now=NOW)
    headers = {"Authorization": f"Bearer {secret}"}
    with httpx.Client(base_url=rig.client.base_url, headers=headers, timeout=30) as client:
        yield client


def test_from_request_to_revocation(rig: Rig) -> None:
    with as_role(rig, Role.ML_ENGINEER) as engineer, as_role(rig, Role.COMPLIANCE_OFFICER) as officer:
        asked = engineer.post(PATH, json=GAP)
        assert asked.status_code == 201
        shown = asked.json()
        assert (shown["exception"], shown["status"], shown["family"]) == ("EXC-1", "requested", "fairness")
        assert (shown["attribute"], shown["feature"], shown["incident"]) == ("sex", "", None)
        refused = rig.client.post(f"{PATH}/EXC-1/approve")
        assert refused.status_code == 403
        assert refused.json()["detail"] == (
            "EXC-1: role: must be compliance_officer to decide about a fairness risk, got admin"
        )
        approved = officer.post(f"{PATH}/EXC-1/approve", json={"note": "for once"}).json()
        assert (approved["status"], approved["decided_by"], approved["decision"]) == (
            "approved", "the compliance_officer", "for once",
        )  # fmt: skip
        again = officer.post(f"{PATH}/EXC-1/approve")
        assert (again.status_code, again.json()["detail"]) == (409, "EXC-1: status: must be requested, got approved")
        rig.exporter.publish()
        (labels,) = series(rig.page(), "fairlead_exception_expires_timestamp_seconds")
        assert dict(labels)["exception"] == "EXC-1"
        assert engineer.post(f"{PATH}/EXC-1/revoke", json={"reason": "mended"}).json()["revoked_because"] == "mended"
        rig.exporter.publish()
        assert series(rig.page(), "fairlead_exception_expires_timestamp_seconds") == {}
    entries = rig.client.get("/api/v1/audit", params={"subject": "exception EXC-1"}).json()["items"]
    assert [(one["actor"], one["action"]) for one in reversed(entries)] == [
        ("the ml_engineer", "exception.request"),
        ("the compliance_officer", "exception.approve"),
        ("the ml_engineer", "exception.revoke"),
    ]
    assert entries[0]["source"] == "127.0.0.1"


def test_who_asks_does_not_decide(rig: Rig) -> None:
    rig.client.post(PATH, json=ASKED).raise_for_status()
    for move, body in (("approve", None), ("refuse", {"reason": "no"})):
        answer = rig.client.post(f"{PATH}/EXC-1/{move}", json=body)
        assert answer.status_code == 409
        assert answer.json()["detail"] == (
            "EXC-1: decision: must be made by another person than the one who asks, got tests"
        )


@pytest.mark.parametrize("role", Role)
def test_which_roles_decide(rig: Rig, role: Role) -> None:
    rig.client.post(PATH, json=ASKED).raise_for_status()
    with as_role(rig, Role.ML_ENGINEER) as engineer:
        engineer.post(PATH, json=GAP).raise_for_status()
    with as_role(rig, role, "another") as client:
        found = [client.post(f"{PATH}/EXC-{number}/approve").is_success for number in (1, 2)]
    assert found == [role in {Role.ADMIN, Role.ML_LEAD, Role.CTO}, role is Role.COMPLIANCE_OFFICER]


WRONG: dict[str, tuple[dict[str, Any], int, str]] = {
    "another model": ({"model": "x"}, 409, "model: must be a configured model, got 'x'"),
    "another metric": ({"metric": "psi"}, 409, "metric: must be a metric with thresholds, got 'psi'"),
    "too long": ({"until": (AT + timedelta(days=31)).isoformat()}, 409, "until: must be within the next 30 days"),
    "past": ({"until": AT.isoformat()}, 409, "until: must be within the next 30 days"),
    "no zone": ({"until": "2026-03-20T00:00:00"}, 422, "body.until: "),
    "nothing said": ({"rationale": " "}, 409, "rationale: must be given to accept a risk, got nothing"),
    "an odd subject": ({"attribute": "sex"}, 409, "attribute: must be left out, for feature_psi has none, got one"),
    "more": ({"severity": "warning"}, 422, "body.severity: "),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_asked_for(shared: Rig, case: str) -> None:
    change, status, message = WRONG[case]
    answer = shared.client.post(PATH, json={**ASKED, **change})
    assert answer.status_code == status
    assert answer.json()["detail"].startswith(message)
    assert shared.client.get(PATH).json()["items"] == []


@pytest.mark.parametrize("move", ["approve", "refuse", "revoke"])
def test_unknown_ones(shared: Rig, move: str) -> None:
    body = {} if move == "approve" else {"reason": "x"}
    assert shared.client.post(f"{PATH}/EXC-9/{move}", json=body).json()["detail"] == (
        "exception: must be a known one, got EXC-9"
    )
    assert shared.client.post(f"{PATH}/9/{move}", json=body).status_code == 422
    assert shared.client.post(f"{WINDOWS}/MNT-9/end").status_code == 404


def test_a_repeated_request_has_its_effect_once(rig: Rig) -> None:
    headers = {"Idempotency-Key": "a"}
    first, second = (rig.client.post(PATH, json=ASKED, headers=headers) for _ in range(2))
    assert first.json() == second.json()
    assert second.headers["idempotency-replayed"] == "true"
    assert len(rig.client.get(PATH).json()["items"]) == 1
    windows = [rig.client.post(WINDOWS, json=WINDOW, headers={"Idempotency-Key": "b"}).json() for _ in range(2)]
    assert windows[0] == windows[1]
    assert len(rig.client.get(WINDOWS).json()["items"]) == 1


def test_lists_come_in_pages(rig: Rig) -> None:
    for number in range(5):
        rig.client.post(PATH, json={**ASKED, "feature": f"f{number}"}).raise_for_status()
        rig.client.post(WINDOWS, json=WINDOW).raise_for_status()
    for path, name in ((PATH, "exception"), (WINDOWS, "window")):
        seen, cursor = [], None
        while True:
            params = {"limit": 2} if cursor is None else {"limit": 2, "cursor": cursor}
            page = rig.client.get(path, params=params).raise_for_status().json()
            seen += [one[name].partition("-")[2] for one in page["items"]]
            if (cursor := page["next"]) is None:
                break
        assert seen == ["5", "4", "3", "2", "1"]
    assert rig.client.get(PATH, params={"status": "approved"}).json()["items"] == []
    assert (
        len(rig.client.get(PATH, params={"status": ["approved", "requested"], "model": "credit"}).json()["items"]) == 5
    )
    assert rig.client.get(PATH, params={"status": "x"}).status_code == 422


def test_a_window_from_plan_to_end(rig: Rig) -> None:
    planned = rig.client.post(WINDOWS, json={**WINDOW, "models": ["credit", HOSTILE]})
    assert planned.status_code == 201
    shown = planned.json()
    assert (shown["window"], shown["phase"], shown["models"]) == ("MNT-1", "active", ["credit", HOSTILE])
    rig.exporter.publish()
    found = {dict(labels)["model"] for labels in series(rig.page(), "fairlead_maintenance_ends_timestamp_seconds")}
    assert found == {"credit", HOSTILE}
    assert rig.client.post(f"{WINDOWS}/MNT-1/end").json()["phase"] == "over"
    again = rig.client.post(f"{WINDOWS}/MNT-1/end")
    assert (again.status_code, again.json()["detail"]) == (
        409, "MNT-1: window: must be planned or active to be ended, got over",
    )  # fmt: skip
    assert rig.client.get(WINDOWS, params={"over": False}).json()["items"] == []
    refused = rig.client.post(WINDOWS, json={**WINDOW, "ends_at": (AT + timedelta(days=31)).isoformat()})
    assert (refused.status_code, "at most 30 days" in refused.json()["detail"]) == (409, True)
    assert rig.client.post(WINDOWS, json={**WINDOW, "models": ["x"]}).status_code == 409
    assert rig.client.post(WINDOWS, json={**WINDOW, "models": []}).status_code == 422
    with as_role(rig, Role.COMPLIANCE_OFFICER) as officer:
        assert officer.post(WINDOWS, json=WINDOW).status_code == 403
        assert officer.get(WINDOWS).status_code == 200
