"""A model is frozen and given back by calls of a real server, once, whatever is killed in between."""

import hmac
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from fairlead.alerting.hook import Hook
from fairlead.app.containment import Containment
from fairlead.app.incidents import Incidents
from fairlead.config.load import load
from fairlead.core.access import Caller, Role
from fairlead.core.alert import Alert
from fairlead.core.audit import Wanted
from fairlead.core.containment import LIFTERS, LONGEST, SLOWLY, pause
from fairlead.core.incident import Category, Closing, RootCause
from fairlead.demo.processes import free_port
from fairlead.errors import ContainmentError, ForbiddenMoveError
from fairlead.store.audit import Audit
from fairlead.store.database import Database
from fairlead.store.leases import Leases
from tests.support.cli import call as command

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
HOOK = Caller("alertmanager", Role.ALERTMANAGER)
LEAD = Caller("lena", Role.ML_LEAD)
SECRET = "s3cret-of-the-platform"  # noqa: S105 - of the tests
FAIRNESS = {"alertname": "ModelFairnessDrift", "severity": "critical", "family": "fairness", "model": "credit"}
CLOSING = Closing("fixed", RootCause.OTHER, Category.DATA_FIXED)


class Killed(BaseException):
    """The process ends here."""


class Platform(HTTPServer):
    """Checks signatures with code of its own, and answers what it is told to."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.statuses: list[int] = []
        super().__init__(("127.0.0.1", 0), Handler)


class Handler(BaseHTTPRequestHandler):
    server: Platform

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        signed = self.headers["X-Fairlead-Timestamp"].encode() + b"." + body
        good = "sha256=" + hmac.new(SECRET.encode(), signed, sha256).hexdigest() == self.headers["X-Fairlead-Signature"]
        status = (self.server.statuses.pop(0) if self.server.statuses else 204) if good else 401
        self.server.calls.append((self.headers["Idempotency-Key"], json.loads(body)))
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def platform() -> Iterator[Platform]:
    server = Platform()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def path(config_file: Path, platform: Platform) -> Path:
    (config_file.parent / "secret").write_text(SECRET + "\n")
    document = yaml.safe_load(config_file.read_text())
    url = f"http://127.0.0.1:{platform.server_address[1]}/hook"
    document["models"][0]["containment"] = {"url": url, "secret_file": "secret", "retries": 3}
    config_file.write_text(yaml.safe_dump(document))
    return config_file


class Site:
    """One fairlead after another on a store."""

    def __init__(self, path: Path, database: Database) -> None:
        self.path, self.database, self.now, self.count = path, database, NOON, 0
        self.incidents = Incidents(database, lambda: self.now)
        self.start()

    def start(self) -> None:
        """As after a restart."""
        self.count += 1
        leases = Leases(self.database, f"{self.count}", clock=lambda: self.now, gone=lambda name: True)
        config = load(self.path)
        self.containment = Containment(self.database, leases, lambda: config, lambda: self.now)

    def fire(self, starts_at: datetime = NOON, **labels: str) -> None:
        self.incidents.take([Alert(f"{labels}", {**FAIRNESS, **labels}, True, starts_at)], HOOK)

    def value(self, name: str) -> float | None:
        return next((fact.value for fact in self.containment.facts() if fact.metric == f"fairlead_{name}"), None)


@pytest.fixture
def site(path: Path, database: Database) -> Site:
    return Site(path, database)


def test_a_model_is_frozen_once_and_given_back_by_a_person(site: Site, platform: Platform) -> None:
    site.containment.look()
    assert (platform.calls, site.value("model_frozen")) == ([], 0)
    site.fire(model="cards")
    site.fire(family="data")
    site.containment.look()
    assert platform.calls == []
    site.fire(attribute="sex")
    for _ in range(3):
        site.containment.look()
        site.start()
    ((key, body),) = platform.calls
    assert (body["action"], body["model"], body["incident"], body["key"]) == ("freeze", "credit", "INC-3", key)
    assert (site.value("model_frozen"), site.value("containment_waiting_timestamp_seconds")) == (1, None)
    site.incidents.acknowledge(3, LEAD)
    site.incidents.resolve(3, LEAD, CLOSING)
    site.containment.look()
    assert site.value("model_frozen") == 1  # closing gives nothing back
    done = site.containment.unfreeze("credit", LEAD, "fixed")
    assert done is not None
    assert site.value("model_frozen") == 0
    site.containment.look()
    assert [body["action"] for _, body in platform.calls] == ["freeze", "unfreeze"]
    assert platform.calls[1][0] == done.key != key
    events = [event.what for event in site.incidents.get(3, LEAD)[2]]
    assert [what for what in events if what in {"freeze", "unfreeze"}] == ["freeze", "freeze", "unfreeze", "unfreeze"]
    actions = [entry.action for entry in Audit(site.database).page(Wanted(subject="model credit"), 10)][::-1]
    assert actions == ["containment.freeze", "containment.delivered", "containment.unfreeze", "containment.delivered"]
    site.now += timedelta(minutes=1)
    site.incidents.reopen(3, LEAD, "not fixed")
    site.containment.look()
    assert [body["action"] for _, body in platform.calls][2:] == ["freeze"]


def test_a_process_that_dies_before_or_after_the_call_repeats_its_key(
    site: Site, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    called = Hook.call

    def before(hook: Hook, *arguments: Any) -> str | None:
        raise Killed

    def after(hook: Hook, *arguments: Any) -> str | None:
        called(hook, *arguments)
        raise Killed

    site.fire()
    for death in (before, after):
        monkeypatch.setattr(Hook, "call", death)
        with pytest.raises(Killed):
            site.containment.look()
        site.now += SLOWLY
        site.start()
    monkeypatch.setattr(Hook, "call", called)
    site.containment.look()
    site.containment.look()
    first, second = platform.calls
    assert first == second


def test_a_platform_that_fails_is_asked_again_for_ever(site: Site, platform: Platform) -> None:
    site.fire()
    platform.statuses = [500, 404, 302, 429, 503]
    moments: list[float] = []
    while site.value("containment_waiting_timestamp_seconds") is not None or not moments:
        before = len(platform.calls)
        site.containment.look()
        if len(platform.calls) > before:
            moments.append((site.now - NOON).total_seconds())
        site.now += timedelta(seconds=1)
    assert moments == [0, 1, 3, 7, 7 + 900, 7 + 1800]
    assert len({key for key, _ in platform.calls}) == 1
    assert len({json.dumps(body) for _, body in platform.calls}) == 1


def test_what_a_person_lifts_before_it_was_delivered_is_not_called_any_more(site: Site, platform: Platform) -> None:
    site.fire()
    platform.statuses = [500]
    site.containment.look()
    assert site.value("containment_waiting_timestamp_seconds") == NOON.timestamp()
    site.containment.unfreeze("credit", LEAD, "a mistake")
    site.now += timedelta(hours=1)
    site.containment.look()
    assert [body["action"] for _, body in platform.calls] == ["freeze", "unfreeze"]
    assert site.value("containment_waiting_timestamp_seconds") is None


def test_who_may_lift_it(site: Site) -> None:
    with pytest.raises(ContainmentError, match="must be frozen or in manual review"):
        site.containment.unfreeze("credit", LEAD, "x")
    site.fire()
    site.containment.look()
    for role in Role:
        if role not in LIFTERS:
            with pytest.raises(ForbiddenMoveError, match="role: must be"):
                site.containment.unfreeze("credit", Caller("x", role), "x")
    with pytest.raises(ContainmentError, match="reason: must be given"):
        site.containment.unfreeze("credit", LEAD, " ")
    assert site.containment.unfreeze("unknown", LEAD, "x") is None
    for role in LIFTERS:
        assert site.containment.unfreeze("credit", Caller("x", role), "x") is not None
        site.incidents.acknowledge(1, LEAD)
        site.incidents.resolve(1, LEAD, CLOSING)
        site.now += timedelta(minutes=1)
        site.incidents.reopen(1, LEAD, "again")
        site.containment.look()


def test_a_platform_that_is_not_there_or_checks_another_secret(tmp_path: Path, platform: Platform) -> None:
    secret = tmp_path / "secret"
    secret.write_text("another secret of it")
    url = f"http://127.0.0.1:{platform.server_address[1]}"
    assert Hook(url, secret, 1).call("{}", "k", 1) == f"{url}: must answer 2xx, got 401"
    assert "ConnectError" in str(Hook(f"http://127.0.0.1:{free_port()}", secret, 1).call("{}", "k", 1))
    assert "FileNotFoundError" in str(Hook(url, tmp_path / "missing", 1).call("{}", "k", 1))


def test_pauses() -> None:
    assert [pause(tries, 8).total_seconds() for tries in (1, 2, 3, 7, 8, 9)] == [1, 2, 4, 60, 60, 900]
    assert pause(10_000, 10_001) == LONGEST


def test_the_command(site: Site, path: Path, platform: Platform) -> None:
    site.fire()
    site.containment.look()
    wrong = command("unfreeze", "--config.file", path, "--model", "other", "--reason", "x")
    assert wrong.code == 4
    done = command("unfreeze", "--config.file", path, "--model", "credit", "--reason", "fixed")
    assert (done.code, done.out[:40]) == (0, "credit: unfreeze is ordered, call " + done.out[34:40])
    site.containment.look()
    assert [body["action"] for _, body in platform.calls] == ["freeze", "unfreeze"]
    again = command("unfreeze", "--config.file", path, "--model", "credit", "--reason", "fixed")
    assert (again.code, "must be frozen" in again.err) == (1, True)
