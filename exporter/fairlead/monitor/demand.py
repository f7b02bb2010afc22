"""Analyses on demand, in a thread of their own: they never wait for scheduled ones, nor those for them."""

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from fairlead.core.baseline import Baseline
from fairlead.core.plan import Window
from fairlead.core.request import Request
from fairlead.core.run import Run
from fairlead.core.schedule import CADENCES, Cadence, window_until
from fairlead.errors import FairleadError
from fairlead.monitor.check import Clock, Subject
from fairlead.monitor.limit import Leases, limited_check
from fairlead.monitor.snapshot import families_of
from fairlead.monitor.worker import Workers

log = logging.getLogger(__name__)

TRIES = 2
"""A request whose process died is taken up again once: it may be what kills the process."""


class Queue(Protocol):
    """Where the requests wait."""

    @property
    def leases(self) -> Leases:
        """Who works on what."""
        ...

    def unfinished(self) -> Sequence[Request]:
        """Those that wait or run, oldest first."""
        ...

    def start(self, lease: str, number: int) -> Request | None:
        """One try more of a request; None when it is finished, or the lease lost."""
        ...

    def keep(self, lease: str, request: Request, model: str, runs: Sequence[Run]) -> Request | None:
        """The request with the runs of one model kept; None, and nothing is kept, when the lease was lost."""
        ...

    def finish(self, lease: str, request: Request, failure: str | None) -> None:
        """It is done, or failed for a reason; the lease ends."""
        ...

    def put_back(self, lease: str, request: Request) -> None:
        """It waits again, as this process ends; that was no try. The lease ends."""
        ...


@dataclass(slots=True)
class Demand:
    """Serves the queue, oldest request first, one at a time; looks every ``pause`` seconds or when woken."""

    queue: Queue
    load_baseline: Callable[[str], Baseline]
    publish: Callable[[], None]
    clock: Clock
    pause: float = 5.0
    workers: Workers = field(default_factory=Workers)
    _subjects: dict[str, Subject] = field(default_factory=dict)
    _stop: threading.Event = field(default_factory=threading.Event)
    _waking: threading.Event = field(default_factory=threading.Event)

    def replace(self, subjects: Sequence[Subject]) -> None:
        """Analyse these models from the next one on."""
        self._subjects = {subject.name: subject for subject in subjects}

    def run(self) -> None:
        """Serve until stopped; an error in one look is logged and the next one comes."""
        while not self._stop.is_set():
            self._waking.clear()
            try:
                self.look()
            except FairleadError as error:
                log.error("cannot serve requests of analyses", extra={"reason": str(error)})
            except Exception:
                log.exception("requests crashed")
            self._waking.wait(self.pause)

    def wake(self) -> None:
        """There is a new request."""
        self._waking.set()

    def stop(self) -> None:
        """End between two batches of rows; what is under way waits for the next start."""
        self._stop.set()
        self._waking.set()

    def look(self) -> None:
        """Serve every request that no other process serves."""
        for request in self.queue.unfinished():
            lease = f"request {request.id}"
            if self._stop.is_set():
                return
            if self.queue.leases.take(lease):
                try:
                    self._serve(lease, request.id)
                except BaseException:
                    self.queue.leases.release(lease)
                    raise

    def _serve(self, lease: str, number: int) -> None:
        request = self.queue.start(lease, number)
        if request is None:
            self.queue.leases.release(lease)
            return
        if request.tries > TRIES:
            self.queue.finish(lease, request, f"request {number}: must end, got interrupted {TRIES} times")
            return
        for model in request.models:
            if model in request.done:
                continue
            runs = self._runs(lease, model, request)
            if self._stop.is_set():
                self.queue.put_back(lease, request)
                return
            kept = self.queue.keep(lease, request, model, runs)
            if kept is None:
                log.warning("request discarded, another process has taken it over", extra={"request": number})
                return
            request = kept
            self.publish()
        self.queue.finish(lease, request, None)
        log.info("request finished", extra={"request": number})

    def _runs(self, lease: str, model: str, request: Request) -> list[Run]:
        """What is found of one model; nothing of one that is no longer configured."""
        runs: list[Run] = []
        if (subject := self._subjects.get(model)) is None:
            return runs
        for families, window in on_demand(subject, request.as_of, request.families):
            if self._stop.is_set():
                break
            found, _ = limited_check(
                subject,
                families,
                window,
                trigger="on-demand",
                load_baseline=self.load_baseline,
                clock=self.clock,
                workers=self.workers,
                going_on=lambda: self.queue.leases.holds(lease) and not self._stop.is_set(),
            )
            runs += found
        return runs


def on_demand(subject: Subject, as_of: datetime, wanted: Sequence[str] = ()) -> list[tuple[list[str], Window]]:
    """Families that share a window up to this moment; those that are wanted, or all."""
    by_cadence: dict[Cadence, list[str]] = {}
    for family in families_of(subject):
        if not wanted or family in wanted:
            by_cadence.setdefault(CADENCES[subject.risk][family], []).append(family)
    return [(families, window_until(cadence, as_of)) for cadence, families in by_cadence.items()]
