"""What follows from what Prometheus and Alertmanager answer: small servers answer as they do, or worse."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from random import Random
from typing import Any

import pytest

from fairlead.alerting.endpoint import Endpoint, Held, UnansweredError, firing, held
from fairlead.alerting.reconcile import LOOKS, Missed, told
from fairlead.app.incidents import Incidents
from fairlead.app.reconcile import CALLER, Reconciler
from fairlead.app.rhythm import EVERY_SECONDS, MOST_SECONDS, SPREAD, Rhythm
from fairlead.config.alerting import Alerting
from fairlead.config.alerting import Endpoint as EndpointConfig
from fairlead.core.alert import Alert, fingerprint
from fairlead.core.incident import Status
from fairlead.core.timeline import Attached, Filter
from fairlead.store.database import open_database
from fairlead.store.runs import Runs
from tests.support.monitored import Clock
from tests.support.runs import run
from tests.support.serving import listening

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
LABELS = {"alertname": "A", "metric": "psi", "model": "credit", "family": "data", "severity": "critical"}


def alert(labels: dict[str, str] = LABELS, begins: datetime = NOON) -> Alert:
    return Alert(fingerprint(labels), labels, True, begins, None, {"summary": "psi of credit"})


def holding(labels: dict[str, str] = LABELS, *, suppressed: bool = False, begins: datetime = NOON) -> Held:
    return Held(alert(labels, begins), suppressed)


def test_alerts_are_told_as_alertmanager_would() -> None:
    external = {**LABELS, "cluster": "eu"}
    assert told([alert()], []) == [alert()]
    assert told([alert()], [[holding(external, begins=NOON + MINUTE)]]) == [alert(external)]
    assert told([alert({**LABELS, "severity": "warning"}), alert({**LABELS, "escalation": "cto"})], []) == []


def test_what_is_silenced_everywhere_is_not_told() -> None:
    silenced, loud = holding(suppressed=True), holding()
    assert told([alert()], [[silenced]]) == []
    assert told([alert()], [[silenced], [silenced]]) == []
    assert told([alert()], [[silenced], []]) == [], "the other one does not know it yet"
    assert told([alert()], [[silenced], [loud]]) == [alert()]
    other = holding({**LABELS, "model": "other"}, suppressed=True)
    assert told([alert()], [[other]]) == [alert()]


def test_an_alert_has_ended_after_some_looks_in_a_row_and_an_analysis() -> None:
    known = Attached(1, "ab", "critical", LABELS, {}, NOON, NOON, None)
    missed, settled = Missed(), False
    for _ in range(LOOKS + 3):
        assert missed.look([], [known], lambda _: settled, NOON) == []
    settled = True
    (ended,) = missed.look([], [known], lambda _: settled, NOON + MINUTE)
    assert (ended.fingerprint, ended.firing, ended.ends_at) == ("ab", False, NOON + MINUTE)
    assert missed.look([alert()], [known], lambda _: settled, NOON) == []
    for look in range(1, LOOKS + 1):
        assert len(missed.look([], [known], lambda _: settled, NOON)) == (look == LOOKS)


@dataclass
class Fake:
    """Answers each path with a status and a body."""

    answers: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    url: str = ""

    def tell(self, path: str, content: Any, status: int = 200) -> None:
        self.answers[path] = (status, content if isinstance(content, bytes) else json.dumps(content).encode())

    def fires(self, *labels: dict[str, str], begins: str = "2026-03-10T12:00:00.123456789Z") -> None:
        """As Prometheus."""
        alerts = [
            {"labels": one, "annotations": {"summary": "s"}, "state": "firing", "activeAt": begins, "value": "1e+00"}
            for one in labels
        ]
        pending = {"labels": {**LABELS, "model": "pending"}, "annotations": {}, "state": "pending", "activeAt": begins}
        self.tell("/api/v1/alerts", {"status": "success", "data": {"alerts": [*alerts, pending]}})

    def holds(self, *labels: dict[str, str], state: str = "active") -> None:
        """As Alertmanager."""
        self.tell(
            "/api/v2/alerts",
            [
                {
                    "labels": one,
                    "annotations": {},
                    "fingerprint": fingerprint(one),
                    "startsAt": "2026-03-10T12:00:00.123Z",
                    "endsAt": "2026-03-10T12:04:00.123Z",
                    "status": {"state": state, "silencedBy": [], "inhibitedBy": []},
                }
                for one in labels
            ],
        )


@contextmanager
def serving() -> Iterator[Fake]:
    fake = Fake()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            fake.asked.append((self.path, self.headers.get("Authorization", "")))
            status, body = fake.answers.get(self.path, (404, b""))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    with listening(Handler) as port:
        fake.url = f"http://127.0.0.1:{port}"
        yield fake


@pytest.fixture
def prometheus() -> Iterator[Fake]:
    with serving() as fake:
        fake.fires()
        yield fake


@pytest.fixture
def alertmanager() -> Iterator[Fake]:
    with serving() as fake:
        fake.holds()
        yield fake


def test_only_what_fires_is_read(prometheus: Fake, alertmanager: Fake) -> None:
    prometheus.fires(LABELS)
    (found,) = firing(Endpoint(prometheus.url), NOON + MINUTE)
    assert (found.labels, found.starts_at) == (LABELS, NOON + timedelta(microseconds=123456))
    alertmanager.holds({**LABELS, "cluster": "eu"}, state="suppressed")
    (kept,) = held(Endpoint(alertmanager.url), NOON + MINUTE)
    assert (kept.suppressed, kept.alert.labels["cluster"]) == (True, "eu")


BAD: dict[str, tuple[bytes, int]] = {
    "a page": (b"<html>", 200),
    "an error": (b"{}", 500),
    "a redirect": (b"", 302),
    "another shape": (b'{"data": []}', 200),
    "a list": (b"[1]", 200),
    "no labels": (b'{"data": {"alerts": [{"state": "firing", "activeAt": "2026-03-10T12:00:00Z"}]}}', 200),
    "a strange time": (b'{"data": {"alerts": [{"labels": {}, "state": "firing", "activeAt": "now"}]}}', 200),
    "no time": (b'{"data": {"alerts": [{"labels": {}, "state": "firing", "activeAt": null}]}}', 200),
    "deep": (b"[" * 100_000, 200),
    "not UTF-8": (b'"\xff"', 200),
}


@pytest.mark.parametrize("case", BAD)
@pytest.mark.parametrize("side", [firing, held])
def test_other_answers_are_no_answer(prometheus: Fake, case: str, side: Callable[..., object]) -> None:
    content, status = BAD[case]
    prometheus.tell("/api/v1/alerts" if side is firing else "/api/v2/alerts", content, status)
    with pytest.raises(UnansweredError, match=r"127\.0\.0\.1"):
        side(Endpoint(prometheus.url), NOON)


def test_nobody_there() -> None:
    with pytest.raises(UnansweredError, match="ConnectError"):
        firing(Endpoint("http://127.0.0.1:1"), NOON)


def test_proofs_are_read_from_files_each_time(prometheus: Fake, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("first\n")
    firing(Endpoint(prometheus.url, token_file=secret), NOON)
    secret.write_text("second")
    firing(Endpoint(prometheus.url, token_file=secret), NOON)
    firing(Endpoint(prometheus.url, username="fairlead", password_file=secret), NOON)
    assert [proof for _, proof in prometheus.asked] == ["Bearer first", "Bearer second", "Basic ZmFpcmxlYWQ6c2Vjb25k"]
    secret.unlink()
    with pytest.raises(UnansweredError, match="FileNotFoundError"):
        firing(Endpoint(prometheus.url, token_file=secret), NOON)


@dataclass
class Looks:
    """What was counted."""

    found: list[tuple[str | None, int]] = field(default_factory=list)

    def observe_reconciliation(self, failed: str | None, timestamp: float, opened: int) -> None:
        self.found.append((failed, opened))


@dataclass
class Desk:
    """A reconciler with its store and its clock."""

    incidents: Incidents
    runs: Runs
    clock: Clock
    looks: Looks
    loop: Reconciler

    def look(self, number: int = 1) -> None:
        for _ in range(number):
            self.clock.now += MINUTE
            self.loop.look()

    def state(self) -> list[tuple[str, bool]]:
        return [(one.status.value, one.recovered_at is not None) for one in self.incidents.page(Filter(), 9)]


@pytest.fixture
def desk(tmp_path: Path, prometheus: Fake, alertmanager: Fake) -> Iterator[Desk]:
    database, clock, looks = open_database(str(tmp_path / "fairlead.db")), Clock(NOON + MINUTE), Looks()
    incidents = Incidents(database, clock)
    loop = Reconciler(database, incidents, looks, Rhythm(Random(1)))  # noqa: S311 - only waits
    endpoints = [EndpointConfig(url=fake.url) for fake in (prometheus, alertmanager)]
    loop.configure(Alerting(prometheus=endpoints[0], alertmanagers=(endpoints[1],)))
    yield Desk(incidents, Runs(database), clock, looks, loop)
    database.close()


def test_what_no_webhook_told_is_opened_once(desk: Desk, prometheus: Fake) -> None:
    desk.look()
    prometheus.fires(LABELS)
    desk.look(3)
    assert desk.state() == [("open", False)]
    assert desk.looks.found == [(None, 0), (None, 1), (None, 0), (None, 0)]
    incident, _, timeline = desk.incidents.get(1, CALLER)
    assert incident.opened_at == NOON + timedelta(microseconds=123456)
    assert [(event.actor, event.what) for event in timeline] == [("reconciliation", "opened")]


def test_what_the_webhook_told_before_is_not_told_twice(desk: Desk, prometheus: Fake, alertmanager: Fake) -> None:
    external = {**LABELS, "cluster": "eu"}
    desk.incidents.take([alert(external)], CALLER)
    prometheus.fires(LABELS)
    desk.look()
    alertmanager.holds(external)
    desk.look()
    assert desk.state() == [("open", False)]


def test_an_alertmanager_that_is_down_keeps_nothing_from_being_opened(
    desk: Desk, prometheus: Fake, alertmanager: Fake
) -> None:
    alertmanager.answers.clear()
    prometheus.fires(LABELS)
    desk.look()
    assert desk.state() == [("open", False)]
    assert desk.looks.found == [("alertmanager", 1)]


def test_what_alertmanager_silences_is_not_opened(desk: Desk, prometheus: Fake, alertmanager: Fake) -> None:
    prometheus.fires(LABELS)
    alertmanager.holds(LABELS, state="suppressed")
    desk.look(2)
    assert desk.state() == []


def test_what_fires_no_more_is_recovered_after_an_analysis_and_never_closed(desk: Desk, prometheus: Fake) -> None:
    desk.runs.record([run(10)])  # before the incident
    prometheus.fires(LABELS)
    desk.look()
    prometheus.fires()
    desk.look(LOOKS + 5)
    assert desk.state() == [("open", False)], "no analysis can have ended it"
    desk.clock.now = run(11).finished
    desk.runs.record([run(11)])
    desk.look()
    assert desk.state() == [("open", True)]
    prometheus.fires(LABELS)
    desk.look()
    assert desk.state() == [("open", False)]


def test_a_false_resolve_is_taken_back(desk: Desk, prometheus: Fake) -> None:
    """Alertmanager resolves by itself what a Prometheus that is down does not repeat."""
    prometheus.fires(LABELS)
    desk.look()
    one = alert(begins=NOON + timedelta(microseconds=123456))
    desk.incidents.take([Alert(one.fingerprint, LABELS, False, one.starts_at, NOON + MINUTE)], CALLER)
    assert desk.state() == [("open", True)]
    desk.look()
    assert desk.state() == [("open", False)]
    (incident,) = desk.incidents.page(Filter(), 9)
    assert incident.status is Status.OPEN


def test_looks_that_fail_are_counted_and_rest_longer(desk: Desk, prometheus: Fake, monkeypatch: Any) -> None:
    assert desk.loop.rhythm.rest() == pytest.approx(EVERY_SECONDS, rel=SPREAD)
    prometheus.answers.clear()
    desk.look(5)
    assert desk.looks.found == [("prometheus", 0)] * 5
    assert desk.loop.rhythm.rest() == pytest.approx(MOST_SECONDS, rel=SPREAD)
    prometheus.fires(LABELS)
    monkeypatch.setattr(desk.incidents, "take", lambda *_: 1 / 0)
    desk.look()
    monkeypatch.undo()
    desk.look()
    assert desk.looks.found[5:] == [("internal", 0), (None, 1)]
    assert desk.loop.rhythm.rest() == pytest.approx(EVERY_SECONDS, rel=SPREAD)


def test_processes_do_not_ask_together(desk: Desk) -> None:
    rests = {desk.loop.rhythm.rest() for _ in range(50)}
    assert len(rests) == 50
    assert max(rests) - min(rests) > EVERY_SECONDS * SPREAD


def test_it_looks_until_stopped(desk: Desk, prometheus: Fake) -> None:
    waits: list[float] = []

    def pause(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 4:
            desk.loop.stop()

    desk.loop.run(pause)
    assert len(desk.looks.found) == 3
    assert waits[0] <= EVERY_SECONDS * SPREAD


def test_without_a_configuration_it_asks_nobody(desk: Desk, prometheus: Fake) -> None:
    desk.loop.configure(None)
    desk.look()
    assert (prometheus.asked, desk.looks.found) == ([], [])
