"""The scheduler with a clock that is set by hand and a store in memory."""

import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from fairlead.core.backlog import RETRIES
from fairlead.core.plan import Plan, Window
from fairlead.core.run import Run
from fairlead.core.summary import Summary
from fairlead.errors import SourceError, StoreError
from fairlead.monitor.check import Subject
from fairlead.monitor.history import History
from fairlead.monitor.loop import Loop
from tests.support.monitored import Alone, Clock, Summarise, load_baseline, subject, usual
from tests.support.runs import run

START = datetime(2026, 3, 10, 1, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


class Bench:
    """A loop over a store in memory; publish takes in what was recorded, as the exporter does."""

    def __init__(self, *subjects: Subject, now: datetime = START) -> None:
        self.clock = Clock(now)
        self.runs: list[Run] = []
        self.published = 0
        self.history = History()
        self.leases = Alone()
        self.loop = Loop(self.history, self, load_baseline, self.publish, self.clock, pause=0.001)
        self.loop.replace(subjects)

    def record(self, lease: str, finished: Sequence[Run]) -> bool:
        if not self.leases.end(lease):
            return False
        self.runs += [replace(one, id=len(self.runs) + place) for place, one in enumerate(finished, 1)]
        return True

    def refresh(self, model: str, window: Window) -> None:
        self.take_in()

    def publish(self) -> None:
        self.published += 1
        self.take_in()

    def take_in(self) -> None:
        for one in self.runs:
            if one.id > self.history.last_id:
                self.history.add(one)

    def look_until(self, end: datetime, step: timedelta) -> None:
        """Look now and after every step."""
        while self.clock.now <= end:
            self.loop.look()
            self.clock.now += step

    def seen(self, family: str = "data", model: str = "credit") -> list[tuple[datetime, bool]]:
        """Start and success of the runs of a family."""
        return [(one.started, one.failure is None) for one in self.runs if (one.family, one.model) == (family, model)]


def failing(times: int, then: Summarise = usual) -> Summarise:
    """Fails so many times."""
    left = [times]

    def summarise(plan: Plan, window: Window) -> Summary:
        left[0] -= 1
        if left[0] >= 0:
            raise SourceError("logs.parquet: must be a readable file, got none")
        return then(plan, window)

    return summarise


def test_first_look_analyses_the_latest_window_of_every_family() -> None:
    bench = Bench(subject())
    bench.loop.look()
    assert [one.family for one in bench.runs] == ["data", "fairness", "model", "quality"]
    assert {one.window.end for one in bench.runs} == {datetime(2026, 3, 9, tzinfo=UTC)}
    assert bench.published == 2


def test_each_day_is_analysed_once_at_two_in_the_morning() -> None:
    bench = Bench(subject())
    bench.look_until(START + 4 * DAY, 10 * MINUTE)
    starts = [start for start, _ in bench.seen()]
    assert starts == [START, *(datetime(2026, 3, day, 2, tzinfo=UTC) for day in (10, 11, 12, 13))]


def test_weekly_and_daily_families_keep_their_own_cadence() -> None:
    bench = Bench(subject(risk="medium"))
    bench.look_until(START + 14 * DAY, HOUR)
    assert [start for start, _ in bench.seen("data")][1:] == [
        datetime(2026, 3, 15, 3, tzinfo=UTC),
        datetime(2026, 3, 22, 3, tzinfo=UTC),
    ]
    assert len(bench.seen("fairness")) == 15
    assert {one.window.end - one.window.start for one in bench.runs if one.family == "data"} == {7 * DAY}


def test_missed_windows_are_made_up_oldest_first() -> None:
    bench = Bench(subject(fair=False), now=START + 4 * DAY)
    bench.history.add(run(9, id=0))
    bench.loop.look()
    ends = [one.window.end.day for one in bench.runs if one.family == "data"]
    assert ends == [10, 11, 12, 13]
    assert [one.window.end.day for one in bench.runs if one.family == "model"] == [13]


def test_failed_window_is_tried_again_with_growing_waits() -> None:
    bench = Bench(subject(summarise=failing(6), fair=False))
    bench.look_until(START + 14 * HOUR, MINUTE)
    starts = [start for start, _ in bench.seen() if start < datetime(2026, 3, 10, 2, tzinfo=UTC)]
    assert [later - earlier for earlier, later in pairwise(starts)] == list(RETRIES[:2])


def test_last_wait_repeats_until_it_works() -> None:
    bench = Bench(subject(summarise=failing(7), fair=False), now=datetime(2026, 3, 10, 2, tzinfo=UTC))
    bench.look_until(bench.clock.now + 23 * HOUR, MINUTE)
    starts = [start for start, _ in bench.seen()]
    waits = [later - earlier for earlier, later in pairwise(starts)]
    assert waits == [*RETRIES, RETRIES[-1], RETRIES[-1], RETRIES[-1]]
    assert [good for _, good in bench.seen()] == [False] * 7 + [True]


def test_families_that_fail_are_tried_again_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    from fairlead.core.families import FAMILIES

    def broken(comparison: object) -> object:
        raise RuntimeError("broken statistic")

    monkeypatch.setitem(FAMILIES, "quality", (broken,))
    bench = Bench(subject(fair=False))
    bench.look_until(START + 6 * MINUTE, MINUTE)
    assert [good for _, good in bench.seen("data")] == [True]
    assert [good for _, good in bench.seen("quality")] == [False, False]


def broken(plan: Plan, window: Window) -> Summary:
    raise RuntimeError("broken engine")


@pytest.mark.parametrize("bad", [subject("bad", broken), subject("bad", failing(99)), subject("without")])
def test_one_broken_model_never_stops_the_others(bad: Subject) -> None:
    bench = Bench(bad, subject("good"), subject("better"))
    bench.look_until(START + 2 * DAY, 30 * MINUTE)
    for model in ("good", "better"):
        assert [good for _, good in bench.seen(model=model)] == [True] * 3
    assert bench.seen(model=bad.name)
    assert not any(good for _, good in bench.seen(model=bad.name))


def test_failure_after_a_success_keeps_the_last_good_values() -> None:
    bench = Bench(subject(fair=False))
    bench.loop.look()
    bench.loop.replace([subject(summarise=failing(99), fair=False)])
    bench.clock.now += DAY
    bench.loop.look()
    assert [good for _, good in bench.seen()] == [True, False]
    assert bench.history.latest["credit", "data"].window.end == datetime(2026, 3, 9, tzinfo=UTC)


def test_on_demand_run_does_not_replace_a_scheduled_one() -> None:
    bench = Bench(subject())
    bench.runs.append(run(9, trigger="on-demand", id=1))
    bench.loop.look()
    assert len(bench.seen()) == 2


def test_new_subjects_are_monitored_and_failures_forgotten() -> None:
    bench = Bench(subject("without"))
    bench.loop.look()
    bench.loop.replace([subject("without"), subject("other")])
    bench.clock.now += MINUTE
    bench.loop.look()
    assert len(bench.seen(model="without")) == 2
    assert len(bench.seen(model="other")) == 1


def test_stop_ends_after_the_window_at_hand() -> None:
    def summarise(plan: Plan, window: Window) -> Summary:
        bench.loop.stop()
        return usual(plan, window)

    bench = Bench(subject("first", summarise), subject("second"))
    bench.loop.run()
    assert {one.model for one in bench.runs} == {"first"}
    assert bench.history.latest["first", "data"].failure is None


def test_next_model_is_read_while_results_are_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    reading = threading.Event()

    def summarise(plan: Plan, window: Window) -> Summary:
        reading.set()
        return usual(plan, window)

    bench = Bench(subject("first"), subject("second", summarise))
    recorded = bench.record

    def record(lease: str, finished: Sequence[Run]) -> bool:
        if finished[0].model == "first":
            assert reading.wait(20)
        return recorded(lease, finished)

    monkeypatch.setattr(bench, "record", record)
    bench.loop.look()
    assert [one.model for one in bench.runs] == ["first"] * 4 + ["second"] * 4


@pytest.mark.parametrize("passes", [1, 2])
def test_one_model_is_read_at_a_time(passes: int) -> None:
    met, meeting, read = [], threading.Barrier(2), []

    def summarise(plan: Plan, window: Window) -> Summary:
        with suppress(threading.BrokenBarrierError):
            met.append(meeting.wait(0.1))
        read.append(window)
        return usual(plan, window)

    subjects = [subject(name, summarise) for name in ("first", "second", "third")]
    if passes == 2:
        subjects = [replace(one, join=summarise) for one in subjects]
    bench = Bench(*subjects)
    bench.loop.look()
    assert met == []
    assert len(read) == passes * len(subjects)
    assert all(bench.seen(model=one.name) == [(START, True)] for one in subjects)


def test_error_while_recording_ends_the_look_and_the_next_one_makes_it_up(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(*(subject(f"model {number}") for number in range(9)))
    recorded = bench.record
    failed: list[Sequence[Run]] = []

    def record(lease: str, finished: Sequence[Run]) -> bool:
        if not failed:
            failed.append(finished)
            bench.leases.release(lease)
            raise StoreError("database is locked")
        return recorded(lease, finished)

    monkeypatch.setattr(bench, "record", record)
    with pytest.raises(StoreError):
        bench.loop.look()
    assert len({one.model for one in bench.runs}) < 8
    bench.loop.look()
    assert all(bench.seen(model=f"model {number}") == [(START, True)] for number in range(9))


@pytest.mark.parametrize("error", [StoreError("database is locked"), RuntimeError("a bug")])
def test_error_in_one_look_does_not_end_the_loop(error: Exception) -> None:
    bench = Bench(subject())
    looks = []
    published = bench.publish

    def publish() -> None:
        looks.append(len(bench.runs))
        if len(looks) == 1:
            raise error
        published()
        if bench.history.latest:
            bench.loop.stop()

    bench.loop.publish = publish
    thread = threading.Thread(target=bench.loop.run)
    thread.start()
    thread.join(timeout=20)
    assert not thread.is_alive()
    assert bench.seen() == [(START, True)]
