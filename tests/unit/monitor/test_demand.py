"""Requests of analyses are served once, whatever happens to who serves them."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fairlead.app.analyses import QUEUE, Analyses
from fairlead.core.access import Caller, Role
from fairlead.core.plan import Plan, Window
from fairlead.core.request import Request
from fairlead.core.summary import Summary
from fairlead.errors import SourceError
from fairlead.monitor.check import Subject
from fairlead.monitor.demand import TRIES, Demand, on_demand
from fairlead.store.database import Database, open_database
from fairlead.store.leases import Leases
from fairlead.store.runs import Runs
from tests.support.monitored import Clock, Summarise, load_baseline, subject, usual

NOW = datetime(2026, 3, 10, 15, 30, tzinfo=UTC)
ANA = Caller("ana", Role.ML_ENGINEER, "192.0.2.1")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = open_database(str(tmp_path / "fairlead.db"))
    yield opened
    opened.close()


class Desk:
    """A process that serves requests; another one with a new name may succeed it."""

    def __init__(self, database: Database, *subjects: Subject, name: str = "one") -> None:
        self.clock, self.database = Clock(NOW), database
        self.leases = Leases(database, name, clock=self.clock, gone=lambda holder: holder != name)
        self.analyses = Analyses(database, self.leases, self.clock)
        self.demand = Demand(self.analyses, load_baseline, lambda: None, self.clock, pause=0.01)
        self.demand.replace(subjects)
        self.analyses.replace(subjects)
        self.analyses.notify = self.demand.wake

    def ask(self, *models: str, families: tuple[str, ...] = (), as_of: datetime | None = None) -> int:
        number = self.analyses.request(ANA, models, families, as_of)
        assert number is not None
        return number

    def found(self, number: int) -> tuple[Request, list[tuple[str, str, Window, str]]]:
        found = self.analyses.get(number)
        assert found is not None
        request, runs = found
        return request, [(run.model, run.family, run.window, run.trigger) for run in runs]


def test_request_is_served_up_to_its_moment(database: Database) -> None:
    desk = Desk(database, subject(risk="medium"))
    number = desk.ask("credit")
    desk.clock.now += timedelta(minutes=5)
    desk.demand.look()
    request, runs = desk.found(number)
    assert (request.status, request.failure, request.finished_at) == ("done", None, desk.clock.now)
    week, last = Window(NOW - timedelta(days=7), NOW), Window(NOW - timedelta(days=1), NOW)
    assert sorted(runs) == [
        ("credit", "data", week, "on-demand"),
        ("credit", "fairness", last, "on-demand"),
        ("credit", "model", week, "on-demand"),
        ("credit", "quality", week, "on-demand"),
    ]
    desk.demand.look()
    assert len(Runs(database).since(0)) == 4


def test_only_wanted_families(database: Database) -> None:
    desk = Desk(database, subject(), subject("plain", fair=False))
    number = desk.ask("credit", "plain", families=("data", "fairness"), as_of=NOW - timedelta(days=3))
    desk.demand.look()
    _, runs = desk.found(number)
    assert [run[:2] for run in runs] == [("credit", "data"), ("credit", "fairness"), ("plain", "data")]
    assert {run[2].end for run in runs} == {NOW - timedelta(days=3)}
    assert on_demand(subject(fair=False), NOW, ("fairness",)) == []


def broken(plan: Plan, window: Window) -> Summary:
    raise SourceError("logs: must be readable, got nothing")


def test_request_fails_when_every_run_does(database: Database) -> None:
    desk = Desk(database, subject("bad", broken), subject("good"))
    bad, both, gone = desk.ask("bad"), desk.ask("bad", "good"), desk.ask("gone")
    desk.demand.look()
    assert (desk.found(bad)[0].status, desk.found(bad)[0].failure) == ("failed", "logs: must be readable, got nothing")
    assert (desk.found(both)[0].status, desk.found(both)[0].failure) == ("done", None)
    assert len(desk.found(both)[1]) == 8
    assert desk.found(gone)[0].failure == "model: must be configured when the request is served"


def killed_at(*models: str) -> Summarise:
    """The process dies when it reads these for the first time."""
    left = list(models)

    def summarise(plan: Plan, window: Window) -> Summary:
        if left:
            left.pop()
            raise KeyboardInterrupt
        return usual(plan, window)

    return summarise


def die(desk: Desk) -> None:
    """In the midst of it: no lease is given back."""
    desk.leases.release = lambda name: None  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        desk.demand.look()


def test_request_of_a_killed_process_is_taken_up_where_it_stopped(database: Database) -> None:
    subjects = subject("first"), subject("second", killed_at("second"))
    desk = Desk(database, *subjects)
    number = desk.ask("first", "second")
    die(desk)
    assert desk.found(number)[0].status == "running"
    other = Desk(database, *subjects, name="two")
    other.demand.look()
    request, runs = other.found(number)
    assert (request.status, request.tries, request.done) == ("done", 2, ("first", "second"))
    assert len(runs) == len(set(runs)) == 8
    assert len(Runs(database).since(0)) == 8


def test_request_that_kills_is_taken_up_once_only(database: Database) -> None:
    poison = subject(summarise=killed_at("once", "twice", "for ever"))
    number = Desk(database, poison).ask("credit")
    for place in range(TRIES):
        die(Desk(database, poison, name=f"process {place}"))
    last = Desk(database, poison, name="last")
    last.demand.look()
    request, runs = last.found(number)
    assert (request.status, request.failure, runs) == ("failed", "request 1: must end, got interrupted 2 times", [])


def test_request_that_another_process_serves_is_left_to_it(database: Database) -> None:
    desk = Desk(database, subject())
    number = desk.ask("credit")
    other = Leases(database, "other", clock=desk.clock)
    assert other.take(f"request {number}")
    patient = Leases(database, "patient", clock=desk.clock)
    desk.analyses.leases = patient
    desk.demand.look()
    assert desk.found(number)[0].status == "pending"


def test_request_is_put_back_when_the_process_ends(database: Database) -> None:
    stopping = threading.Event()

    def slow(tick: object = None) -> Subject:
        def summarise(plan: Plan, window: Window) -> Summary:
            stopping.set()
            while callable(tick):
                tick()
                threading.Event().wait(0.005)
            return usual(plan, window)

        return replace(subject(summarise=summarise), limited=slow)

    desk = Desk(database, slow())
    number = desk.ask("credit")
    thread = threading.Thread(target=desk.demand.run)
    thread.start()
    assert stopping.wait(20)
    desk.demand.stop()
    thread.join(20)
    assert not thread.is_alive()
    request, runs = desk.found(number)
    assert (request.status, request.tries, runs) == ("pending", 0, [])
    other = Desk(database, subject(), name="two")
    other.demand.look()
    assert other.found(number)[0].status == "done"


def test_hanging_source_fails_the_request(database: Database) -> None:
    release = threading.Event()

    def hanging(plan: Plan, window: Window) -> Summary:
        release.wait(20)
        return usual(plan, window)

    desk = Desk(database, replace(subject("stuck", hanging), deadline=timedelta(seconds=0.1)), subject())
    number, after = desk.ask("stuck"), desk.ask("credit")
    desk.demand.look()
    assert desk.found(number)[0].failure == "model 'stuck': must be analysed within 0.1s, got no end: given up"
    assert desk.found(after)[0].status == "done"
    release.set()


def test_queue_is_bounded(database: Database) -> None:
    desk = Desk(database, subject())
    for number in range(QUEUE):
        assert desk.ask("credit", as_of=NOW - timedelta(hours=number)) == number + 1
    assert desk.analyses.request(ANA, ["credit"], [], NOW - timedelta(days=99)) is None
    assert desk.ask("credit", as_of=NOW) == 1


def test_error_in_one_look_does_not_end_the_service(database: Database) -> None:
    desk = Desk(database, subject())
    number, unfinished, looks = desk.ask("credit"), desk.analyses.unfinished, list[int]()

    def failing() -> list[Request]:
        looks.append(1)
        if len(looks) <= 2:
            raise (SourceError("store: locked"), RuntimeError("a bug"))[len(looks) - 1]
        return unfinished()

    desk.analyses.unfinished = failing  # type: ignore[method-assign]
    thread = threading.Thread(target=desk.demand.run)
    thread.start()
    while desk.found(number)[0].status != "done":
        thread.join(0.01)
        assert thread.is_alive()
    desk.demand.stop()
    thread.join(20)
    assert not thread.is_alive()
