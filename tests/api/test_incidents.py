"""The incidents of the API: who may do what, what is refused and why, and what people get to see."""

import io
import json
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from typing import Any

import httpx
import pytest

from fairlead.config.load import load
from fairlead.core.access import Role
from fairlead.core.audit import Wanted
from fairlead.store import database, postgresql, sqlite
from fairlead.store.audit import Audit
from fairlead.store.runs import Runs
from fairlead.store.tokens import Tokens
from tests.api.test_webhook import MESSAGE
from tests.api.test_webhook import PATH as WEBHOOK
from tests.support.metrics import series
from tests.support.served import HOSTILE, Rig
from tests.support.workspace import NOW

PATH = "/api/v1/incidents"
CLOSING = {"resolution": "retrained", "root_cause": "concept_drift", "category": "retrained"}
RISK = {
    "rationale": "season",
    "root_cause": "other",
    "requested_by": "tina",
    "until": (NOW + timedelta(days=20)).isoformat(),
}


def message(family: str = "data", model: str = "credit", fingerprint: str = "0a1b", **labels: str) -> dict[str, Any]:
    content = deepcopy(MESSAGE)
    content["alerts"][0]["labels"] |= {"family": family, "model": model, **labels}
    content["alerts"][0]["fingerprint"] = fingerprint
    return content


def opened(rig: Rig, family: str = "data") -> str:
    """An incident of this family that is new."""
    assert rig.client.post(WEBHOOK, json=message(family, fingerprint=sha256(family.encode()).hexdigest())).is_success
    return str(rig.client.get(PATH).json()["items"][0]["incident"])


@contextmanager
def as_role(rig: Rig, role: Role, name: str = "") -> Iterator[httpx.Client]:
    store = database.open_database(load(rig.space.config).store)
    secret = Tokens(store).create(name or f"the {role}", role, created_by="tests", now=NOW)
    store.close()
    with httpx.Client(
        base_url=rig.client.base_url, headers={"Authorization": f"Bearer {secret}"}, timeout=30
    ) as client:
        yield client


HAND = {"model": "credit", "family": "model", "severity": "warning", "title": "odd answers", "reason": "a call"}


def test_open_by_hand_once_and_on_record(rig: Rig) -> None:
    with as_role(rig, Role.COMPLIANCE_OFFICER, "olu") as olu:
        key = {"Idempotency-Key": "one"}
        made = olu.post(PATH, json=HAND, headers=key)
        assert made.status_code == 201
        one = made.json()
        assert (one["status"], one["severity"], one["family"], one["title"]) == (
            "open",
            "warning",
            "model",
            "odd answers",
        )
        assert olu.post(PATH, json=HAND, headers=key).json() == one
        again = olu.post(PATH, json=HAND)
        assert (again.status_code, again.json()["detail"]) == (
            409,
            f"family: must have no incident that is not closed, got {one['incident']}",
        )
    (opened,) = rig.client.get(f"{PATH}/{one['incident']}").json()["timeline"]
    assert (opened["what"], opened["actor"], opened["role"]) == ("opened", "olu", "compliance_officer")
    assert opened["text"] == "by hand: odd answers: a call"
    (entry,) = rig.client.get("/api/v1/audit", params={"action": "incident.opened"}).json()["items"]
    assert (entry["actor"], entry["subject"]) == ("olu", f"incident {one['incident']}")
    rig.exporter.publish()
    labels = {"incident": one["incident"], "model": "credit", "family": "model", "severity": "warning"}
    assert len(series(rig.page(), "fairlead_incident_opened_timestamp_seconds", **labels)) == 1


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"model": "debit"}, "body.model: must be a configured model, got 'debit'"),
        ({"family": "weather"}, "body.family: "),
        ({"severity": "info"}, "body.severity: "),
        ({"title": " "}, "body.title: "),
        ({"title": ""}, "body.title: "),
        ({"reason": "x" * 20_001}, "body.reason: "),
        ({"status": "closed"}, "body.status: "),
    ],
)
def test_what_cannot_be_opened(rig: Rig, change: dict[str, str], where: str) -> None:
    refused = rig.client.post(PATH, json=HAND | change)
    assert refused.status_code == 422
    assert refused.json()["detail"].startswith(where)
    assert rig.client.get(PATH).json()["items"] == []


def test_auditors_and_viewers_open_nothing(rig: Rig) -> None:
    for role in (Role.AUDITOR, Role.VIEWER, Role.WRITER, Role.ALERTMANAGER):
        with as_role(rig, role) as somebody:
            assert somebody.post(PATH, json=HAND).status_code == 403


def test_from_alert_to_post_mortem(rig: Rig) -> None:
    name = opened(rig, "fairness")
    with as_role(rig, Role.ML_ENGINEER, "ana") as ana:
        taken = ana.post(f"{PATH}/{name}/acknowledge", json={"text": "on it"}).json()
        assert (taken["status"], taken["acknowledged_by"]) == ("acknowledged", "ana")
        assert ana.post(f"{PATH}/{name}/acknowledge").json() == taken
        assert ana.post(f"{PATH}/{name}/assign", json={"to": "bo"}).json()["assigned_to"] == "bo"
        assert ana.post(f"{PATH}/{name}/comment", json={"text": "an import failed"}).status_code == 200
        refused = ana.post(f"{PATH}/{name}/resolve", json={"resolution": "retrained"})
        assert (refused.status_code, refused.json()["detail"]) == (
            409,
            f"{name}: root_cause: must be given to close a critical incident, got nothing",
        )
        closed = ana.post(f"{PATH}/{name}/resolve", json=CLOSING).json()
        assert (closed["status"], closed["root_cause"], closed["resolved_by"]) == ("resolved", "concept_drift", "ana")
        assert closed["postmortem_due"] is not None
        assert ana.post(f"{PATH}/{name}/post-mortem", json={"text": "what we learnt"}).json()["postmortem_by"] == "ana"
        assert ana.post(f"{PATH}/{name}/reopen", json={"reason": "again"}).json()["status"] == "open"
    whole = rig.client.get(f"{PATH}/{name}").json()
    assert [event["what"] for event in whole["timeline"]] == [
        "opened", "acknowledged", "assigned", "commented", "resolved", "postmortem", "reopened",
    ]  # fmt: skip
    assert [event["actor"] for event in whole["timeline"][1:]] == ["ana"] * 6
    assert whole["alerts"][0]["labels"]["note"] == 'é\n"<>'


def test_the_second_hears_who_was_first(rig: Rig) -> None:
    name = opened(rig)
    rig.client.post(f"{PATH}/{name}/acknowledge")
    with as_role(rig, Role.ML_LEAD) as other:
        answer = other.post(f"{PATH}/{name}/acknowledge")
    assert (answer.status_code, answer.headers["content-type"]) == (409, "application/problem+json")
    assert answer.json()["detail"].startswith(f"{name}: status: must be open, got acknowledged by tests at 2026-")


MAY_READ = {Role.ADMIN, Role.ML_ENGINEER, Role.ML_LEAD, Role.COMPLIANCE_OFFICER, Role.AUDITOR, Role.CTO}
MAY_ACT = MAY_READ - {Role.AUDITOR}
ACTIONS = {
    "acknowledge": {},
    "assign": {"to": "bo"},
    "comment": {"text": "x"},
    "resolve": CLOSING,
    "accept-risk": RISK,
    "reopen": {"reason": "x"},
    "post-mortem": {"text": "x"},
}


@pytest.mark.parametrize("role", Role)
def test_who_may_do_what(rig: Rig, role: Role) -> None:
    name = opened(rig)
    with as_role(rig, role) as client:
        for path in (PATH, f"{PATH}/{name}", f"{PATH}/{name}/evidence"):
            assert client.get(path).status_code == (200 if role in MAY_READ else 403)
        for action, body in ACTIONS.items():
            status = client.post(f"{PATH}/{name}/{action}", json=body).status_code
            assert (status == 403) == (role not in MAY_ACT) or (action == "accept-risk" and status in {403, 409})
        assert client.post(WEBHOOK, json=message()).status_code == (
            200 if role in {Role.ALERTMANAGER, Role.ADMIN} else 403
        )


def test_nobody_without_a_token(rig: Rig) -> None:
    name = opened(rig)
    for path in (PATH, f"{PATH}/{name}", f"{PATH}/{name}/evidence"):
        assert httpx.get(f"{rig.client.base_url}{path}").status_code == 401
    for action, body in ACTIONS.items():
        assert httpx.post(f"{rig.client.base_url}{PATH}/{name}/{action}", json=body).status_code == 401


@pytest.mark.parametrize("family", ["fairness", "data"])
@pytest.mark.parametrize("role", sorted(MAY_ACT))
def test_a_risk_is_accepted_by_the_right_role(rig: Rig, family: str, role: Role) -> None:
    name = opened(rig, family)
    rig.client.post(f"{PATH}/{name}/acknowledge")
    wanted = {Role.COMPLIANCE_OFFICER} if family == "fairness" else {Role.ML_LEAD, Role.CTO, Role.ADMIN}
    with as_role(rig, role) as client:
        answer = client.post(f"{PATH}/{name}/accept-risk", json=RISK)
        assert answer.status_code == (200 if role in wanted else 403)
        if role in wanted:
            assert (answer.json()["status"], answer.json()["category"]) == ("accepted_risk", "accepted_risk")
        else:
            assert answer.json()["detail"].startswith(f"{name}: role: must be ")


WRONG: dict[str, tuple[str, str, Any]] = {
    "no such incident": ("INC-999", "acknowledge", {}),
    "no name": ("7", "acknowledge", {}),
    "injection": ("INC-1%27%20OR%201=1", "acknowledge", {}),
    "zero": ("INC-0", "acknowledge", {}),
    "empty comment": ("INC-1", "comment", {"text": ""}),
    "blank comment": ("INC-1", "comment", {"text": " \n"}),
    "long comment": ("INC-1", "comment", {"text": "x" * 20_001}),
    "no comment": ("INC-1", "comment", {}),
    "unknown cause": ("INC-1", "resolve", {**CLOSING, "root_cause": "moon"}),
    "not acknowledged": ("INC-1", "resolve", CLOSING),
    "not closed": ("INC-1", "reopen", {"reason": "x"}),
    "a moment without a zone": ("INC-1", "accept-risk", {**RISK, "until": "2026-03-01T00:00:00"}),
    "nobody": ("INC-1", "assign", {"to": ""}),
    "not JSON": ("INC-1", "comment", b"{"),
}
STATUS = {"no such incident": 404, "blank comment": 409, "not acknowledged": 409, "not closed": 409}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_requests_are_told_why(rig: Rig, case: str) -> None:
    opened(rig)
    name, action, body = WRONG[case]
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    answer = rig.client.post(f"{PATH}/{name}/{action}", content=content, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["status"]) == (STATUS.get(case, 422),) * 2
    assert "must be" in answer.json()["detail"] or answer.status_code == 422
    assert [event["what"] for event in rig.client.get(f"{PATH}/INC-1").json()["timeline"]] == ["opened"]


def test_pages_and_filters(rig: Rig) -> None:
    for number in range(7):
        rig.client.post(WEBHOOK, json=message(model=f"m{number}", fingerprint=f"{number:x}"))
    names, cursor = [], None
    while True:
        page = rig.client.get(PATH, params={"limit": 3, **({"cursor": cursor} if cursor else {})}).json()
        names += [one["incident"] for one in page["items"]]
        if (cursor := page["next"]) is None:
            break
    assert names == [f"INC-{number}" for number in range(7, 0, -1)]
    rig.client.post(f"{PATH}/INC-2/acknowledge")
    for query, found in {
        "status=acknowledged": ["INC-2"],
        "status=acknowledged&status=resolved": ["INC-2"],
        "model=m3&family=data&severity=critical": ["INC-4"],
        "model=m3&family=fairness": [],
    }.items():
        assert [one["incident"] for one in rig.client.get(f"{PATH}?{query}").json()["items"]] == found
    for query in ("status=shut", "limit=0", "limit=1001", "cursor=x"):
        assert rig.client.get(f"{PATH}?{query}").status_code == 422


def files(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as bundle:
        assert bundle.testzip() is None
        return {name: bundle.read(name) for name in bundle.namelist()}


def test_evidence_is_the_same_bytes_and_vouches_for_itself(rig: Rig) -> None:
    store = database.open_database(load(rig.space.config).store)
    Runs(store).record(replace(run, started=NOW, finished=NOW) for run in Runs(store).latest())
    store.close()
    name = opened(rig)
    rig.client.post(f"{PATH}/{name}/acknowledge")
    rig.client.post(f"{PATH}/{name}/resolve", json=CLOSING)
    answer = rig.client.get(f"{PATH}/{name}/evidence")
    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["content-disposition"] == f'attachment; filename="{name}.zip"'
    assert rig.client.get(f"{PATH}/{name}/evidence").content == answer.content
    found = files(answer.content)
    manifest = json.loads(found.pop("manifest.json"))
    assert {one: entry["sha256"] for one, entry in manifest["files"].items()} == {
        one: sha256(content).hexdigest() for one, content in found.items()
    }
    (resolved,) = Audit(rig.exporter._database).page(Wanted(action="incident.resolved"), 9)
    assert manifest["audit"] == {"entry": resolved.number, "hash": resolved.hash}
    baseline = json.loads(found["baselines.json"])[0]
    assert (baseline["model"], len(baseline["content_hash"])) == ("credit", 64)
    lines = found["measurements.csv"].decode().splitlines()
    assert any(",feature_psi," in line for line in lines)
    assert not any(",fairness_" in line for line in lines)
    assert [run["family"] for run in json.loads(found["runs.json"])] == ["data"]
    assert len(json.loads(found["timeline.json"])) == 3
    assert json.loads(found["alerts.json"])[0]["labels"]["model"] == "credit"


def test_what_people_look_at_is_on_record(rig: Rig) -> None:
    fair, data = opened(rig, "fairness"), opened(rig, "data")
    for name in (fair, data):
        rig.client.get(f"{PATH}/{name}")
    rig.client.get(f"{PATH}/{data}/evidence")
    newest = Audit(rig.exporter._database).page(Wanted(), 2)
    assert [(one.actor, one.action, one.subject) for one in newest] == [
        ("tests", "incident.evidence", f"incident {data}"),
        ("tests", "incident.read", f"incident {fair}"),
    ]


def test_metrics_of_incidents(rig: Rig) -> None:
    name = opened(rig)
    rig.exporter.publish()
    page = rig.page()
    labels = {"incident": name, "model": "credit", "family": "data", "severity": "critical"}
    assert list(series(page, "fairlead_incident_info", **labels, status="open").values()) == [1.0]
    assert len(series(page, "fairlead_incident_opened_timestamp_seconds", **labels)) == 1
    assert series(page, "fairlead_incident_acknowledged_timestamp_seconds") == {}
    rig.client.post(f"{PATH}/{name}/acknowledge")
    rig.exporter.publish()
    page = rig.page()
    assert len(series(page, "fairlead_incident_acknowledged_timestamp_seconds", **labels)) == 1
    assert len(series(page, "fairlead_incident_info", **labels, status="acknowledged")) == 1
    answered = {"family": "data", "severity": "critical"}
    assert list(series(page, "fairlead_incidents_total", **answered).values()) == [1.0]
    counts = series(page, "fairlead_incident_time_to_acknowledge_seconds_count", **answered)
    assert list(counts.values()) == [1.0]
    rig.client.post(f"{PATH}/{name}/resolve", json=CLOSING)
    rig.exporter.publish()
    page = rig.page()
    assert series(page, "fairlead_incident_info") == {}
    assert series(page, "fairlead_incident_opened_timestamp_seconds") == {}
    assert list(series(page, "fairlead_incidents_total", **answered).values()) == [1.0]


def test_hostile_labels_stay_data(rig: Rig) -> None:
    answer = rig.client.post(WEBHOOK, json=message(HOSTILE, HOSTILE, summary=HOSTILE))
    assert answer.status_code == 200
    shown = rig.client.get(f"{PATH}/INC-1")
    assert (shown.json()["model"], shown.json()["family"]) == (HOSTILE, HOSTILE[:64])
    assert shown.headers["content-type"] == "application/json"
    rig.exporter.publish()
    assert len(series(rig.page(), "fairlead_incident_info", model=HOSTILE)) == 1


def test_a_webhook_with_an_unreadable_time_is_refused_whole(rig: Rig) -> None:
    content = message()
    content["alerts"].append({**content["alerts"][0], "fingerprint": "ff", "startsAt": "yesterday"})
    answer = rig.client.post(WEBHOOK, json=content)
    assert answer.status_code == 400
    assert answer.json()["detail"].startswith("alerts.1.startsAt: ")
    assert rig.client.get(PATH).json()["items"] == []


@pytest.mark.parametrize("minutes", [-10, 10])
def test_a_clock_that_is_ten_minutes_off(rig: Rig, minutes: int) -> None:
    content = message()
    now = NOW + timedelta(hours=1)
    content["alerts"][0]["startsAt"] = (now + timedelta(minutes=minutes)).isoformat()
    rig.client.post(WEBHOOK, json=content)
    whole = rig.client.get(f"{PATH}/INC-1").json()
    assert whole["opened_at"] == (now + timedelta(minutes=min(minutes, 0))).isoformat().replace("+00:00", "Z")
    said = "began 600 s ahead of fairlead's clock"
    assert (said in whole["timeline"][0]["text"]) == (minutes > 0)


def test_two_hundred_at_once(rig: Rig) -> None:
    contents = [message(fingerprint=f"{number % 5:x}", metric=f"m{number % 5}") for number in range(400)]
    with ThreadPoolExecutor(100) as pool:
        statuses = list(pool.map(lambda content: rig.client.post(WEBHOOK, json=content).status_code, contents))
    assert set(statuses) == {200}
    (only,) = rig.client.get(PATH).json()["items"]
    whole = rig.client.get(f"{PATH}/{only['incident']}").json()
    assert [len(whole["alerts"]), len(whole["timeline"])] == [5, 5]


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Connections that give up a locked store after 50 ms instead of 30 s."""
    monkeypatch.setattr(sqlite, "BUSY_MILLISECONDS", 50)
    monkeypatch.setattr(postgresql, "BUSY_MILLISECONDS", 50)


def test_a_locked_store_keeps_nothing_by_halves(hasty: None, rig: Rig) -> None:
    name = opened(rig)
    other = database.open_database(load(rig.space.config).store)
    with other.writing():
        assert rig.client.post(WEBHOOK, json=message("model")).status_code == 503
        assert rig.client.post(f"{PATH}/{name}/acknowledge").status_code == 503
        assert rig.client.get(PATH).status_code == 200
    other.close()
    assert rig.client.post(WEBHOOK, json=message("model", fingerprint="ee")).status_code == 200
    assert len(rig.client.get(PATH).json()["items"]) == 2
