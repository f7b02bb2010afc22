"""Work that is asked for after every change, kept to a small share of the time."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic

from fairlead.errors import FairleadError

log = logging.getLogger(__name__)

SHARE = 0.05


@dataclass(slots=True)
class Pace:
    """Does ``work`` once for all who asked since it last began, at once or when it has rested.

    It rests in proportion to the time that it took, so that it takes SHARE of the time however often it is asked for.
    """

    work: Callable[[], None]
    stopwatch: Callable[[], float] = monotonic
    _asked: threading.Event = field(default_factory=threading.Event)
    _stopped: threading.Event = field(default_factory=threading.Event)
    _working: threading.Lock = field(default_factory=threading.Lock)

    def run(self) -> None:
        """Work when asked, until stopped; an error is logged, and the next who asks gets another try."""
        while True:
            self._asked.wait()
            if self._stopped.is_set():
                return
            self._asked.clear()
            try:
                rest = self.now()
            except FairleadError as error:
                log.error("cannot expose new results", extra={"reason": str(error)})
            except Exception:
                log.exception("exposition crashed")
            else:
                self._stopped.wait(rest)

    def now(self) -> float:
        """Work, rested or not; the seconds to rest."""
        with self._working:
            begin = self.stopwatch()
            self.work()
            return (self.stopwatch() - begin) * (1 / SHARE - 1)

    def soon(self) -> None:
        """Ask."""
        self._asked.set()

    def stop(self) -> None:
        """End after the work at hand."""
        self._stopped.set()
        self._asked.set()
