"""Work that is asked for too often: how often it is done, that the last asking is served, that errors end nothing."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from fairlead.errors import StoreError
from fairlead.exposition.pace import SHARE, Pace


class Stopwatch:
    """Stands still unless the work takes time."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@contextmanager
def running(pace: Pace) -> Iterator[threading.Thread]:
    thread = threading.Thread(target=pace.run)
    thread.start()
    try:
        yield thread
    finally:
        pace.stop()
        thread.join(20)
        assert not thread.is_alive()


@pytest.mark.parametrize("seconds", [0.0, 0.02, 3.0])
def test_rest_keeps_the_work_to_its_share(seconds: float) -> None:
    stopwatch = Stopwatch()

    def work() -> None:
        stopwatch.now += seconds

    rest = Pace(work, stopwatch).now()
    assert seconds == pytest.approx(SHARE * (seconds + rest))


def test_everything_asked_for_during_the_work_is_done_once_after_it() -> None:
    """The state that the last work saw is the last one, though it was asked for while another was at work."""
    changes, seen, begun, go, finished = [0], [], threading.Event(), threading.Event(), threading.Event()

    def work() -> None:
        seen.append(changes[-1])
        begun.set()
        assert go.wait(20)
        if seen[-1] == 100:
            finished.set()

    pace = Pace(work, Stopwatch())
    with running(pace):
        pace.soon()
        assert begun.wait(20)
        for number in range(1, 101):
            changes.append(number)
            pace.soon()
        go.set()
        assert finished.wait(20)
    assert seen == [0, 100]


def test_nobody_works_at_the_same_time() -> None:
    met, meeting = [], threading.Barrier(2)

    def work() -> None:
        with suppress(threading.BrokenBarrierError):
            met.append(meeting.wait(0.2))

    pace = Pace(work, Stopwatch())
    others = [threading.Thread(target=pace.now) for _ in range(4)]
    for other in others:
        other.start()
    for other in others:
        other.join(20)
    assert met == []


@pytest.mark.parametrize("error", [StoreError("database is locked"), RuntimeError("a bug")])
def test_error_is_logged_and_the_next_asking_served(error: Exception, caplog: pytest.LogCaptureFixture) -> None:
    tries: list[int] = []
    failed, worked = threading.Event(), threading.Event()

    def work() -> None:
        tries.append(len(tries))
        if len(tries) == 1:
            failed.set()
            raise error
        worked.set()

    pace = Pace(work, Stopwatch())
    with caplog.at_level(logging.ERROR), running(pace):
        pace.soon()
        assert failed.wait(20)
        pace.soon()
        assert worked.wait(20)
    assert [record.levelname for record in caplog.records] == ["ERROR"]


def test_who_asks_at_once_gets_the_error() -> None:
    def work() -> None:
        raise StoreError("database is locked")

    with pytest.raises(StoreError):
        Pace(work, Stopwatch()).now()


def test_stop_does_not_wait_for_the_rest() -> None:
    stopwatch, worked = Stopwatch(), threading.Event()

    def work() -> None:
        stopwatch.now += 1e6
        worked.set()

    pace = Pace(work, stopwatch)
    with running(pace):
        pace.soon()
        assert worked.wait(20)
