"""Messages for Slack on both databases: five an hour and model, none lost by any kind of failure."""

import json
import threading
from collections import Counter
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import select

from fairlead.alerting.slack import Posted, folded, post, rendered
from fairlead.app.slack import Slack
from fairlead.core.access import Caller, Role
from fairlead.core.limiter import HOUR, MOST
from fairlead.demo.processes import free_port
from fairlead.store.database import Database, open_database
from fairlead.store.leases import Leases
from fairlead.store.tables import slack_messages
from tests.support.serving import listening

BEGIN = datetime(2026, 3, 10, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOOK = Caller("alertmanager", Role.ALERTMANAGER)


def message(title: str, *alerts: str, model: str = "credit", channel: str = "#ml") -> bytes:
    about = f"fairlead?model={model}" + "".join(f"&alert={alert}" for alert in alerts)
    attachment = {"title": title, "text": f"text of {title}", "callback_id": about, "color": "danger"}
    return json.dumps({"channel": channel, "username": "fairlead", "attachments": [attachment]}).encode()


class Killed(BaseException):
    """The process ends here."""


FAILURES: tuple[Posted | type[Killed], ...] = (Killed, Posted(False), Posted(False, refused=True))


class Endpoint:
    """Slack: what it has taken, and what it does next."""

    def __init__(self) -> None:
        self.taken: list[dict[str, Any]] = []
        self.moments: list[datetime] = []
        self.answers: list[Posted | type[Killed]] = []
        self.clock = Clock()

    def __call__(self, place: Path, document: dict[str, Any]) -> Posted:
        answer = self.answers.pop(0) if self.answers else Posted(True)
        if answer is Killed:
            raise Killed
        assert isinstance(answer, Posted)
        if answer.taken or not answer.refused:  # also where only the answer is lost
            self.taken.append(document)
            self.moments.append(self.clock.now)
        return answer

    def titles(self) -> list[str]:
        return [one["attachments"][0]["title"] for one in self.taken]


class Clock:
    def __init__(self) -> None:
        self.now = BEGIN

    def __call__(self) -> datetime:
        return self.now


class Counts:
    def __init__(self) -> None:
        self.outcomes: Counter[str] = Counter()
        self.failures = 0

    def observe_slack(self, receiver: str, outcome: str, count: int = 1) -> None:
        assert receiver == "ml"
        self.outcomes[outcome] += count

    def observe_slack_failure(self, receiver: str) -> None:
        self.failures += 1


class Process:
    """One fairlead."""

    number = 0

    def __init__(self, database: Database, endpoint: Endpoint) -> None:
        Process.number += 1
        self.counts, self.clock = Counts(), endpoint.clock
        leases = Leases(database, f"process {Process.number}", clock=self.clock, gone=lambda name: True)
        self.slack = Slack(database, leases, self.clock, self.counts, lambda: None, send=endpoint)
        self.slack.configure({"ml": Path("url")})

    def take(self, title: str, *alerts: str, **about: str) -> None:
        self.slack.receive("ml", message(title, *alerts, **about), HOOK)

    def waiting(self) -> float:
        return sum(fact.value for fact in self.slack.facts() if fact.metric == "fairlead_slack_waiting_messages")


@pytest.fixture
def endpoint() -> Endpoint:
    return Endpoint()


@pytest.fixture
def one(database: Database, endpoint: Endpoint) -> Process:
    return Process(database, endpoint)


def test_the_limit_holds_across_restarts_and_the_rest_is_folded(
    one: Process, database: Database, endpoint: Endpoint
) -> None:
    for number in range(7):
        one = Process(database, endpoint)  # a restart before each
        one.take(f"t{number}", f"m{number}:critical")
        one.take(f"other {number}", f"m{number}:critical", model="other")
        one.slack.look()
        endpoint.clock.now += MINUTE
    assert [title for title in endpoint.titles() if title[0] == "t"] == ["t0", "t1", "t2", "t3", "t4"]
    assert one.waiting() == 4
    endpoint.clock.now = BEGIN + HOUR + timedelta(seconds=1)
    one.slack.look()
    last = next(taken for taken in endpoint.taken[10:] if taken["attachments"][0]["title"] == "t6")
    assert last["attachments"][0]["text"] == "text of t6\n… and 1 more:\n• t5"
    assert last["attachments"][0]["callback_id"] == "fairlead"
    assert (one.waiting(), one.counts.outcomes["folded"]) == (0, 2)


def test_repeats_are_kept_and_not_sent(one: Process, endpoint: Endpoint) -> None:
    for _ in range(3):
        one.take("same", "psi:warning")
        one.slack.look()
    assert (endpoint.titles(), one.counts.outcomes["repeated"]) == (["same"], 2)
    one.take("worse", "psi:critical")
    one.slack.look()
    assert endpoint.titles() == ["same", "worse"]


def test_a_process_that_dies_while_it_sends_loses_nothing(one: Process, database: Database, endpoint: Endpoint) -> None:
    one.take("a", "m:critical")
    endpoint.answers = [Killed]
    with pytest.raises(Killed):
        one.slack.look()
    other = Process(database, endpoint)
    other.slack.look()
    assert (endpoint.titles(), other.waiting()) == (["a"], 0)


def test_slack_that_refuses_is_asked_again_as_it_wishes(one: Process, endpoint: Endpoint) -> None:
    one.take("a", "m:critical")
    endpoint.answers = [Posted(False, refused=True, wait=90.0), Posted(False, refused=True)]
    one.slack.look()
    endpoint.clock.now += timedelta(seconds=89)
    one.slack.look()
    assert len(endpoint.answers) == 1
    endpoint.clock.now += timedelta(seconds=2)
    one.slack.look()
    assert (endpoint.answers, endpoint.taken) == ([], [])
    endpoint.clock.now += timedelta(seconds=3)
    one.slack.look()
    assert (endpoint.titles(), one.counts.failures, one.waiting()) == (["a"], 2, 0)
    for number in range(4):
        one.take(f"b{number}", f"n{number}:critical")
    one.slack.look()
    assert len(endpoint.taken) == MOST  # refused ones took no place


def test_a_lost_answer_takes_its_place(one: Process, endpoint: Endpoint) -> None:
    for number in range(6):
        one.take(f"t{number}", f"m{number}:critical")
    endpoint.answers = [Posted(False)] * 5
    for _ in range(60):
        endpoint.clock.now += MINUTE / 2
        one.slack.look()
    assert len(endpoint.taken) == MOST
    endpoint.clock.now += 2 * HOUR
    one.slack.look()
    assert one.waiting() == 0


def test_what_slack_never_takes_stands_in_nobodys_way(one: Process, endpoint: Endpoint) -> None:
    one.take("bad", "m:critical")
    endpoint.answers = [Posted(False, refused=True, hopeless=True)]
    one.slack.look()
    one.take("good", "n:critical")
    one.slack.look()
    assert (endpoint.titles(), one.counts.outcomes["failed"], one.waiting()) == (["good"], 1, 0)


def test_a_clock_that_is_set_back_blocks_nothing_for_long(one: Process, endpoint: Endpoint) -> None:
    endpoint.clock.now = BEGIN + timedelta(days=30)
    for number in range(5):
        one.take(f"t{number}", f"m{number}:critical")
    one.slack.look()
    one.take("late", "n:critical")
    endpoint.clock.now = BEGIN
    one.slack.look()
    assert (len(endpoint.taken), one.waiting()) == (MOST, 1)
    endpoint.clock.now = BEGIN + HOUR + MINUTE
    one.slack.look()
    assert one.waiting() == 0


def test_random_failures_and_restarts(database: Database, endpoint: Endpoint) -> None:
    """Every message that was taken is told: by itself, as one of those that were folded, or as a repeat."""
    chance = Random(5)  # noqa: S311 - only chances
    one = Process(database, endpoint)
    kept = 0
    for minute in range(4 * 60):
        endpoint.clock.now = BEGIN + minute * MINUTE
        if chance.random() < 0.2:
            metric, severity = f"m{chance.randrange(6)}", chance.choice(["warning", "critical"])
            one.take(f"t{minute}", f"{metric}:{severity}")
            kept += 1
        if chance.random() < 0.3:
            endpoint.answers = [FAILURES[chance.randrange(3)]]
        try:
            one.slack.look()
        except Killed:
            one = Process(database, endpoint)
    endpoint.answers = []
    for hour in range(5, 24):
        endpoint.clock.now = BEGIN + hour * HOUR
        one.slack.look()
    moments = endpoint.moments
    assert max(sum(begin <= at <= begin + HOUR for at in moments) for begin in moments) <= MOST
    with database.reading() as connection:
        states = Counter(connection.execute(select(slack_messages.c.state)).scalars())
        titles = set(
            connection.execute(select(slack_messages.c.title).where(slack_messages.c.state != "repeated")).scalars()
        )
    assert (states.total(), states["waiting"], states["failed"]) == (kept, 0, 0)
    said = json.dumps(endpoint.taken)
    assert all(f'"{title}"' in said or f"\\u2022 {title}" in said for title in titles)


def test_two_processes_keep_one_limit(database: Database, endpoint: Endpoint, location: str) -> None:
    others = [open_database(location) for _ in range(3)]
    processes = []
    for number, other in enumerate(others):
        leases = Leases(other, f"{number}", clock=endpoint.clock)
        slack = Slack(other, leases, endpoint.clock, Counts(), lambda: None, send=endpoint)
        slack.configure({"ml": Path("url")})
        processes.append(slack)

    def work(slack: Slack, number: int) -> None:
        for step in range(5):
            slack.receive("ml", message(f"t{number}{step}", f"m{number}{step}:critical"), HOOK)
            slack.look()

    threads = [threading.Thread(target=work, args=(slack, number)) for number, slack in enumerate(processes)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for slack in processes:
        slack.look()
    assert len(endpoint.taken) == MOST
    for other in others:
        other.close()


@pytest.mark.parametrize("body", [b"", b"[]", b"1", b'"x"', b"[" * 100_000, b"\xff"])
def test_what_is_no_message(body: bytes) -> None:
    with pytest.raises(ValueError, match="body: must be"):
        rendered(body)


@pytest.mark.parametrize(
    "body",
    [{}, {"attachments": 1}, {"attachments": [1]}, {"attachments": [{"callback_id": 7, "title": [1]}]}, {"text": "x"}],
)
def test_messages_that_do_not_say_what_they_are_about(body: Any) -> None:
    found = rendered(json.dumps(body).encode())
    assert (found.model, found.alerts) == ("", frozenset())
    assert "… and 12 more:" in json.dumps(folded(found.content, ["t"] * 12), ensure_ascii=False)


def test_odd_names_are_read_back() -> None:
    found = rendered(message("t", "a%3Ab+c:critical", "%26:warning", model="%3Cx%3E+%26%C3%A9"))
    assert (found.model, set(found.alerts)) == ("<x> &é", {("a:b c", "critical"), ("&", "warning")})


class Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        status = int(self.path[1:])
        self.send_response(status)
        self.send_header("Retry-After", "17")
        self.send_header("Content-Length", "0")
        self.end_headers()


def test_answers_of_slack(tmp_path: Path) -> None:
    file, found = tmp_path / "url", {}
    with listening(Handler) as port:
        for status in (200, 400, 404, 429, 500, 503):
            file.write_text(f"http://127.0.0.1:{port}/{status}\n")
            found[status] = post(file, {"text": "x"})
    assert found[200] == Posted(True)
    assert [status for status, one in found.items() if one.hopeless] == [400]
    assert [found[status].wait for status in (404, 429, 500, 503)] == [None, 17.0, None, 17.0]
    assert all(one.refused for status, one in found.items() if status != 200)
    file.write_text(f"http://127.0.0.1:{free_port()}/\n")
    assert post(file, {}).refused
    file.write_text("nothing")
    assert "must hold an address" in post(file, {}).reason
    assert post(tmp_path / "missing", {}).refused
