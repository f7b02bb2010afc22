"""The scheduler: what is due runs, failures are tried again, and every change is published."""

import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from typing import Protocol

from fairlead.core.backlog import Calendar, calendar
from fairlead.core.baseline import Baseline
from fairlead.core.plan import Window
from fairlead.core.run import Run
from fairlead.core.schedule import CADENCES, Cadence, window_of
from fairlead.errors import FairleadError
from fairlead.monitor.check import Clock, Subject
from fairlead.monitor.history import History
from fairlead.monitor.limit import Leases, limited_check
from fairlead.monitor.review import Reviews
from fairlead.monitor.snapshot import families_of
from fairlead.monitor.turn import Turn
from fairlead.monitor.worker import Workers

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Due:
    """Families of one model that share a window."""

    subject: Subject
    families: tuple[str, ...]
    window: Window

    @property
    def lease(self) -> str:
        """Name of the lease under which it is analysed."""
        return f"window {self.window.start:%Y-%m-%d} {self.window.end:%Y-%m-%d} {self.subject.name}"


class Store(Protocol):
    """Where results go, and who may bring them."""

    @property
    def leases(self) -> Leases:
        """Who works on what."""
        ...

    def record(self, lease: str, finished: Sequence[Run]) -> bool:
        """Keep these runs and end the lease, in one transaction; False, and nothing is kept, when it was lost."""
        ...

    def refresh(self, model: str, window: Window) -> None:
        """Take into the history what any process has recorded, and all that is known of this window."""
        ...


@dataclass(slots=True)
class Loop:
    """Looks every ``pause`` seconds for due windows.

    publish is called at every look and after every analysis; it brings history up to date with what was recorded.
    """

    history: History
    store: Store
    load_baseline: Callable[[str], Baseline]
    publish: Callable[[], None]
    clock: Clock
    pause: float = 5.0
    workers: Workers = field(default_factory=Workers)
    reviews: Reviews | None = None
    _subjects: tuple[Subject, ...] = ()
    _given_up: set[str] = field(default_factory=set)
    _stop: threading.Event = field(default_factory=threading.Event)
    _reading: threading.Lock = field(default_factory=threading.Lock)

    def replace(self, subjects: Sequence[Subject]) -> None:
        """Monitor these models from the next look on; what failed before is tried again at once."""
        self._subjects = tuple(subjects)
        self.history.forgive()

    def run(self) -> None:
        """Look until stopped; an error in one look is logged and the next one comes."""
        while not self._stop.is_set():
            try:
                self.look()
            except FairleadError as error:
                log.error("cannot look for due analyses", extra={"reason": str(error)})
            except Exception:
                log.exception("monitor crashed")
            self._stop.wait(self.pause)

    def stop(self) -> None:
        """End after the window that is being analysed."""
        self._stop.set()

    def look(self) -> None:
        """Analyse everything that is due now, oldest window first, and publish after each.

        While the rows of one model are read, what was found in those of the one before is measured and recorded,
        and the baseline of the next one is loaded. A model whose analysis was given up does not hold up the others
        again before the next look.
        """
        self.publish()
        self._given_up = set()
        pool = ThreadPoolExecutor(2, thread_name_prefix="fairlead-analysis")
        try:
            analyses: list[Future[None]] = []
            for due in self.due(self.clock()):
                analyses.append(pool.submit(self._analyse, due, analyses[-1:]))
            for analysis in analyses:
                analysis.result()
        finally:
            pool.shutdown(cancel_futures=True)
        if self.reviews and not self._stop.is_set():
            self.reviews.look(self._subjects)

    def _analyse(self, due: Due, before: Sequence[Future[None]]) -> None:
        if self._stop.is_set():
            return
        leases, load_baseline = self.store.leases, _loaded(self.load_baseline, due.subject.name)
        with Turn(self._reading) as turn:
            if self._stop.is_set() or due.subject.name in self._given_up or not self._still(due).families:
                return
            if not leases.take(due.lease):
                return
            try:
                self.store.refresh(
                    due.subject.name, due.window
                )  # others may have analysed it before the lease was free
                left = self._still(due)
                found = self._checked(left, turn, load_baseline) if left.families else None
            except BaseException:
                leases.release(due.lease)
                raise
        if found is None:
            leases.release(due.lease)
            return
        finished, given_up = found
        if given_up:
            self._given_up.add(due.subject.name)
        wait(before)
        kept = self.store.record(due.lease, finished)
        if not kept:
            log.warning("analysis discarded, another process has taken it over", extra={"model": due.subject.name})
        for run in finished if kept else ():
            _tell(run)
        self.publish()

    def _checked(self, due: Due, turn: Turn, load_baseline: Callable[[str], Baseline]) -> tuple[list[Run], bool]:
        return limited_check(
            due.subject,
            due.families,
            due.window,
            trigger="scheduled",
            load_baseline=load_baseline,
            clock=self.clock,
            workers=self.workers,
            going_on=lambda: self.store.leases.holds(due.lease),
            prepared=turn.ending_with_rows_of,
        )

    def due(self, now: datetime) -> list[Due]:
        """Windows that nobody has analysed yet and that are not waiting for another try."""

        @cache
        def recent(cadence: Cadence) -> Calendar:
            return calendar(cadence, now)

        found: dict[tuple[str, Window], tuple[Subject, list[str]]] = {}
        for subject in self._subjects:
            for family in families_of(subject):
                cadence = CADENCES[subject.risk][family]
                backlog = self.history.backlog(subject.name, family)
                for moment in backlog.owed(recent(cadence), now):
                    window = window_of(cadence, moment)
                    if not backlog.is_waiting(window, now):
                        found.setdefault((subject.name, window), (subject, []))[1].append(family)
        ordered = sorted(found.items(), key=lambda item: item[0][1].end)
        return [Due(subject, tuple(families), window) for (_, window), (subject, families) in ordered]

    def _still(self, due: Due) -> Due:
        """What of it nobody has analysed, or failed to, in the meantime."""
        now, name = self.clock(), due.subject.name
        left = [family for family in due.families if self.history.backlog(name, family).is_open(due.window, now)]
        return replace(due, families=tuple(left))


def _tell(run: Run) -> None:
    facts = {"model": run.model, "family": run.family, "rows": run.samples}
    if run.failure is None:
        log.info("analysis finished", extra=facts)
    else:
        log.warning("analysis failed", extra={**facts, "reason": run.failure})


def _loaded(load: Callable[[str], Baseline], model: str) -> Callable[[str], Baseline]:
    """Gives the baseline that is loaded now, or raises why it could not be."""
    found: Future[Baseline] = Future()
    try:
        found.set_result(load(model))
    except Exception as error:
        found.set_exception(error)
    return lambda _: found.result()
