"""The scheduler and sources that are slow or never answer."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from fairlead.core.backlog import RETRIES
from fairlead.core.plan import Plan, Window
from fairlead.core.summary import Summary
from fairlead.monitor.check import Subject
from tests.support.monitored import Summarise, subject, usual
from tests.unit.monitor.test_loop import START, Bench

QUICK = timedelta(seconds=0.2)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def hanging(release: threading.Event, late: list[str] | None = None) -> Summarise:
    def summarise(plan: Plan, window: Window) -> Summary:
        release.wait(30)
        if late is not None:
            late.append("read")
        return usual(plan, window)

    return summarise


def impatient(made: Subject) -> Subject:
    return replace(made, deadline=QUICK)


def test_hanging_source_fails_its_model_and_no_other() -> None:
    release, late = threading.Event(), list[str]()
    bench = Bench(impatient(subject("stuck", hanging(release, late))), subject("good"))
    bench.loop.look()
    assert {one.failure for one in bench.runs if one.model == "good"} == {None}
    reasons = {one.failure for one in bench.runs if one.model == "stuck"}
    assert reasons == {"model 'stuck': must be analysed within 0.2s, got no end: given up"}
    assert len(bench.seen("fairness", "stuck")) == 1
    assert bench.loop.workers.left("stuck") == 1
    recorded = list(bench.runs)
    release.set()
    while bench.loop.workers.left():
        pass
    assert late == ["read"]
    bench.loop.look()
    assert bench.runs == recorded, "a late result is nobody's, and the window waits for its next try"
    bench.clock.now += RETRIES[0]
    bench.loop.look()
    assert [good for _, good in bench.seen(model="stuck")] == [False, True]


def test_hanging_model_costs_the_others_one_deadline_a_look() -> None:
    release = threading.Event()
    stuck = impatient(subject("stuck", hanging(release), fair=False))
    bench = Bench(stuck, subject("good", fair=False))
    bench.loop.replace([subject("stuck", fair=False), subject("good", fair=False)])
    bench.loop.look()
    bench.loop.replace([stuck, subject("good", fair=False)])
    bench.clock.now += 5 * DAY
    bench.loop.look()
    assert len(bench.seen(model="stuck")) == 2
    assert [good for _, good in bench.seen(model="good")] == [True] * 6
    for _ in range(6):
        bench.loop.look()
    assert bench.loop.workers.left("stuck") == 2, "threads that hang are bounded"
    assert {one.failure for one in bench.runs if one.model == "stuck" and one.failure} == {
        "model 'stuck': must be analysed within 0.2s, got no end: given up",
        "model 'stuck': 2 analyses that were given up still hang in its source",
    }
    release.set()


def slow(tick: Callable[[], None], ticks: list[None]) -> Subject:
    """Reads for ever, a batch at a time."""

    def summarise(plan: Plan, window: Window) -> Summary:
        while True:
            tick()
            ticks.append(None)
            threading.Event().wait(0.005)

    made = impatient(subject("slow", summarise, fair=False))
    return replace(made, limited=lambda tick: slow(tick, ticks))


def test_slow_source_ends_between_two_batches() -> None:
    ticks = list[None]()
    bench = Bench(slow(lambda: None, ticks))
    bench.loop.look()
    reasons = [one.failure for one in bench.runs]
    assert reasons == ["model 'slow': must be analysed within 0.2s, got no end: given up"] * 3
    while bench.loop.workers.left():
        pass
    read = len(ticks)
    assert read > 3
    threading.Event().wait(0.05)
    assert len(ticks) == read


def test_analysis_whose_lease_is_lost_ends_and_keeps_nothing() -> None:
    ticks = list[None]()
    made = replace(slow(lambda: None, ticks), deadline=timedelta(seconds=30))
    bench = Bench(replace(made, limited=lambda tick: replace(slow(tick, ticks), deadline=timedelta(seconds=30))))
    threading.Timer(0.1, bench.leases.held.clear).start()
    bench.loop.look()
    assert bench.runs == []
    assert bench.loop.workers.left() == 0


def test_window_that_another_process_holds_is_left_to_it() -> None:
    bench = Bench(subject(fair=False))
    due = bench.loop.due(START)
    bench.leases.held.add(due[0].lease)
    bench.loop.look()
    assert bench.runs == []
    bench.leases.held.clear()
    bench.loop.look()
    assert len(bench.runs) == 3


def test_window_that_was_analysed_meanwhile_is_not_analysed_again() -> None:
    bench = Bench(subject(fair=False))
    taken = bench.leases.take

    def take(name: str) -> bool:
        window = bench.loop.due(bench.clock.now)[0].window
        if not bench.runs:
            others = Bench(subject(fair=False))
            others.loop.look()
            bench.runs = list(others.runs)
            assert bench.runs[0].window == window
        return taken(name)

    bench.leases.take = take  # type: ignore[method-assign]
    bench.loop.look()
    assert len(bench.runs) == 3
    assert not bench.leases.held


def test_leases_have_names_of_their_own() -> None:
    now = datetime(2026, 3, 8, 12, tzinfo=UTC)
    dues = Bench(subject("a" * 128, risk="medium"), subject("b", risk="medium"), now=now).loop.due(now)
    names = {due.lease for due in dues}
    assert len(names) == len(dues) == 4
    assert max(map(len, names)) <= 256
