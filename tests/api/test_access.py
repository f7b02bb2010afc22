"""Deny by default: every endpoint against every role, with real tokens over real HTTP."""

import os
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from fairlead.api.gate import OPEN, is_behind
from fairlead.core.access import ALLOWED, Permission, Role
from fairlead.store.database import open_database
from fairlead.store.tokens import Tokens
from tests.support.routes import Endpoint, access_table, endpoints
from tests.support.served import Rig
from tests.support.workspace import NOW

DOCS = Path(__file__).parents[2] / "exporter" / "docs" / "api.md"
BEGIN, END = "<!-- access -->\n", "<!-- /access -->\n"
ENDPOINTS = endpoints()
ANYBODY = {"/", "/metrics", "/-/healthy", "/-/ready", "/runbooks/{alert}", *OPEN}
REFUSED = {401, 403}

each_endpoint = pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda one: f"{one.method} {one.path}")


@pytest.fixture(scope="module")
def secrets(shared: Rig) -> dict[Role, str]:
    """A token of each role."""
    database = open_database(shared.space.store)
    tokens = Tokens(database)
    made = {role: tokens.create(f"a-{role}", role, created_by="tests", now=NOW) for role in Role}
    database.close()
    return made


def ask(rig: Rig, endpoint: Endpoint, authorization: str | None) -> httpx.Response:
    headers = {} if authorization is None else {"Authorization": authorization}
    with httpx.Client(base_url=rig.client.base_url, timeout=30) as client:
        return client.request(endpoint.method, endpoint.url, headers=headers)


def test_only_these_are_open_to_anybody() -> None:
    assert {one.path for one in ENDPOINTS if one.needs is None} == ANYBODY
    assert {one.path for one in ENDPOINTS if is_behind(one.path) and one.needs is None} == set()


@each_endpoint
def test_nobody_without_a_valid_token(shared: Rig, endpoint: Endpoint) -> None:
    for authorization in (None, "", "Bearer", "Basic YWRtaW46YWRtaW4=", "Bearer fairlead_x"):
        answer = ask(shared, endpoint, authorization)
        if endpoint.needs is None:
            assert answer.status_code not in REFUSED
        else:
            assert answer.status_code in ({401, 429} if authorization else {401})
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.status_code == 429 or answer.headers["www-authenticate"] == 'Bearer realm="fairlead"'


@each_endpoint
@pytest.mark.parametrize("role", Role)
def test_every_role_at_every_endpoint(shared: Rig, secrets: dict[Role, str], endpoint: Endpoint, role: Role) -> None:
    answer = ask(shared, endpoint, f"Bearer {secrets[role]}")
    if endpoint.allows(role):
        assert answer.status_code not in REFUSED, answer.text
        assert answer.status_code < 500 or answer.status_code == 503
    else:
        assert answer.status_code == 403
        assert answer.json()["detail"] == f"role: must have the permission {endpoint.needs}, got {role}"


def test_policy_table() -> None:
    """Section 7 of the policy, cell by cell."""
    columns = {
        "overview": Permission.OVERVIEW,
        "fairness": Permission.FAIRNESS,
        "health": Permission.HEALTH,
        "incidents": Permission.INCIDENTS,
        "read": Permission.INCIDENTS_READ,
        "trigger": Permission.ANALYSE,
    }
    everything = set(columns)
    policy = {
        Role.ADMIN: everything,
        Role.ML_ENGINEER: everything,
        Role.ML_LEAD: everything,
        Role.COMPLIANCE_OFFICER: {"overview", "fairness", "incidents", "read"},
        Role.AUDITOR: {"overview", "fairness", "health", "read"},
        Role.VIEWER: {"overview"},
    }
    for role, allowed in policy.items():
        assert {name for name, permission in columns.items() if permission in ALLOWED[role]} == allowed, role


def test_every_role_has_a_line() -> None:
    assert set(ALLOWED) == set(Role)


def test_the_docs_have_the_same_table() -> None:
    """Written anew with FAIRLEAD_REWRITE_GOLDEN=1, as `make golden` does."""
    text = DOCS.read_text()
    before, rest = text.split(BEGIN)
    found, after = rest.split(END)
    if os.environ.get("FAIRLEAD_REWRITE_GOLDEN"):
        DOCS.write_text(before + BEGIN + access_table() + END + after)
        found = access_table()
    assert found == access_table(), "out of date: run make golden and commit the difference"


@pytest.mark.parametrize("path", ["/api/v1", "/api/v1/", "/api/v1/nowhere", "/api/v1/../v1/audit", "/api/v1/audit/"])
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "OPTIONS", "HEAD"])
def test_what_is_not_there_is_not_told_to_strangers(shared: Rig, method: str, path: str) -> None:
    assert httpx.request(method, f"{str(shared.client.base_url).rstrip('/')}{path}").status_code == 401


def test_a_body_is_not_read_before_the_caller_is_known(shared: Rig) -> None:
    url = f"{str(shared.client.base_url).rstrip('/')}/api/v1/alerts/webhook"
    assert httpx.post(url, content=b"{not json", headers={"Content-Type": "application/json"}).status_code == 401


def test_a_token_stops_at_once_when_it_is_revoked_or_expires(rig: Rig) -> None:
    database = open_database(rig.space.store)
    tokens = Tokens(database)
    at = NOW + timedelta(hours=1)
    headers = [
        {"Authorization": f"Bearer {tokens.create(name, Role.AUDITOR, created_by='t', now=NOW, expires_at=until)}"}
        for name, until in (("a", None), ("b", at), ("c", at + timedelta(seconds=1)))
    ]
    assert [rig.client.get("/api/v1/audit", headers=one).status_code for one in headers] == [200, 401, 200]
    tokens.revoke("a", NOW)
    assert [rig.client.get("/api/v1/audit", headers=one).status_code for one in headers] == [401, 401, 200]
    database.close()


def test_who_fails_too_often_waits_and_a_valid_caller_does_not(rig: Rig) -> None:
    wrong = {"Authorization": "Bearer fairlead_wrong"}
    answers = [rig.client.get("/api/v1/audit", headers=wrong) for _ in range(25)]
    assert [answer.status_code for answer in answers] == [401] * 20 + [429] * 5
    assert 0 < int(answers[-1].headers["retry-after"]) <= 6
    assert answers[-1].json()["title"] == "Too Many Requests"
    assert rig.client.get("/api/v1/audit").status_code == 200
    assert rig.client.post("/-/reload", headers=wrong).status_code == 429
    assert rig.client.post("/-/reload").status_code == 200


def test_the_address_is_not_the_one_that_a_stranger_claims(rig: Rig) -> None:
    rig.client.get("/api/v1/audit", headers={"X-Forwarded-For": "203.0.113.7"})
    assert rig.client.get("/api/v1/audit").json()["items"][0]["source"] == "127.0.0.1"
    config = rig.space.config
    config.write_text(config.read_text() + "access: {trusted_proxies: [127.0.0.0/8]}\n")
    assert rig.client.post("/-/reload").status_code == 200
    rig.client.get("/api/v1/audit", headers={"X-Forwarded-For": "198.51.100.1, 203.0.113.7"})
    assert rig.client.get("/api/v1/audit").json()["items"][1]["source"] == "203.0.113.7"
