"""Threads that may be left behind: what a hanging source holds up is its own analysis, and no other."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeVar

from fairlead.errors import FairleadError

T = TypeVar("T")

MOST = 2
"""Threads per model that hang, past which no further one is begun."""


class OverdueError(FairleadError):
    """Work was given up; what it still returns is nobody's."""


@dataclass(slots=True)
class Workers:
    """Runs work in threads of its own, waits for each until a deadline and then leaves it behind."""

    _left: dict[str, list[threading.Thread]] = field(default_factory=dict)
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def run(self, model: str, work: Callable[[Callable[[], bool]], T], deadline: timedelta) -> T:
        """What the work returns; it may ask the function that it gets whether it was given up, and end early."""
        hanging = self.left(model)
        if hanging >= MOST:
            raise OverdueError(f"model {model!r}: {hanging} analyses that were given up still hang in its source")
        given_up, result = threading.Event(), Future[T]()

        def task() -> None:
            try:
                result.set_result(work(given_up.is_set))
            except BaseException as error:  # raised again where it is waited for
                result.set_exception(error)

        thread = threading.Thread(target=task, name="fairlead-worker", daemon=True)
        thread.start()
        try:
            return result.result(deadline.total_seconds())
        except TimeoutError:
            if result.done():  # just in time, or the work's own error
                return result.result()
        given_up.set()
        with self._guard:
            self._left.setdefault(model, []).append(thread)
        raise OverdueError(f"model {model!r}: must be analysed within {_shown(deadline)}, got no end: given up")

    def left(self, model: str | None = None) -> int:
        """How many threads that were given up have not ended; of one model, or of all."""
        with self._guard:
            self._left = {
                name: alive
                for name, threads in self._left.items()
                if (alive := [thread for thread in threads if thread.is_alive()])
            }
            return sum(len(threads) for name, threads in self._left.items() if model in (None, name))


def _shown(deadline: timedelta) -> str:
    """10m rather than 0:10:00."""
    seconds = deadline.total_seconds()
    return f"{seconds / 60:g}m" if seconds >= 60 else f"{seconds:g}s"
