"""When to look again: about every minute, less often while looks fail, at once when asked."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

EVERY_SECONDS = 60.0
SPREAD = 0.1
"""Processes that were started together, or that waited for the same program, do not ask together."""
MOST_SECONDS = 300.0


@dataclass(slots=True)
class Rhythm:
    """Of one loop."""

    random: Random
    _failures: int = 0
    _asked: threading.Event = field(default_factory=threading.Event)
    _stopped: threading.Event = field(default_factory=threading.Event)

    def run(self, look: Callable[[], None], pause: Callable[[float], object] | None = None) -> None:
        """Look until stopped."""
        wait = pause or self._wait
        wait(self.random.uniform(0, EVERY_SECONDS * SPREAD))
        while not self._stopped.is_set():
            look()
            wait(self.rest())

    def went(self, well: bool) -> None:
        """How a look went."""
        self._failures = 0 if well else self._failures + 1

    def rest(self) -> float:
        """Seconds until the next look."""
        longest = min(EVERY_SECONDS * float(1 << min(self._failures, 3)), MOST_SECONDS)
        return longest * self.random.uniform(1 - SPREAD, 1 + SPREAD)

    def soon(self) -> None:
        """Look at once, unless looks fail."""
        if self._failures == 0:
            self._asked.set()

    def stop(self) -> None:
        """End after the look at hand."""
        self._stopped.set()
        self._asked.set()

    def _wait(self, seconds: float) -> None:
        self._asked.wait(seconds)
        self._asked.clear()
