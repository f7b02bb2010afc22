"""Work within a deadline; what hangs is left behind."""

import threading
import time
from collections.abc import Callable
from datetime import timedelta

import pytest

from fairlead.monitor.worker import MOST, OverdueError, Workers

SOON, LATE = timedelta(seconds=0.05), timedelta(seconds=20)


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_work_in_time_gives_its_result_or_its_error() -> None:
    workers = Workers()
    assert workers.run("credit", lambda given_up: given_up(), LATE) is False
    for error in (ValueError("wrong"), TimeoutError("its own"), KeyboardInterrupt()):

        def failing(_: Callable[[], bool], error: BaseException = error) -> None:
            raise error

        with pytest.raises(type(error)):
            workers.run("credit", failing, LATE)
    assert workers.left() == 0


def test_hanging_work_is_left_behind_and_others_go_on() -> None:
    workers, release = Workers(), threading.Event()
    for _ in range(MOST):
        with pytest.raises(OverdueError, match=r"model 'credit': must be analysed within 0\.05s, got no end: given up"):
            workers.run("credit", lambda _: release.wait(20), SOON)
    assert (workers.left("credit"), workers.left("cards"), workers.left()) == (2, 0, 2)
    begun: list[None] = []
    with pytest.raises(OverdueError, match="2 analyses that were given up still hang"):
        workers.run("credit", lambda _: begun.append(None), LATE)
    assert not begun
    assert workers.run("cards", lambda _: 7, LATE) == 7
    release.set()
    until(lambda: workers.left() == 0)
    assert workers.run("credit", lambda _: 8, LATE) == 8


def test_work_that_asks_ends_early() -> None:
    workers = Workers()

    def patient(given_up: Callable[[], bool]) -> None:
        until(given_up)

    with pytest.raises(OverdueError):
        workers.run("credit", patient, SOON)
    until(lambda: workers.left() == 0)


def test_threads_that_hang_do_not_keep_python_alive() -> None:
    workers = Workers()
    with pytest.raises(OverdueError):
        workers.run("credit", lambda _: time.sleep(1), SOON)
    assert all(thread.daemon for thread in threading.enumerate() if thread.name == "fairlead-worker")
    until(lambda: workers.left() == 0)


def test_minutes_are_told_as_minutes() -> None:
    workers, stuck = Workers(), threading.Event()
    with pytest.raises(OverdueError) as caught:
        workers.run("credit", lambda _: stuck.wait(20), timedelta(seconds=0.01))
    assert "0.01s" in str(caught.value)
    stuck.set()
