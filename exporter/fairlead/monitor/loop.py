"""The scheduler: what is due runs, failures are tried again, and every change is published."""

import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache

from fairlead.core.baseline import Baseline
from fairlead.core.plan import Window
from fairlead.core.run import Run
from fairlead.core.schedule import CADENCES, Cadence, missed, window_of
from fairlead.errors import FairleadError
from fairlead.monitor.check import Clock, Subject, check
from fairlead.monitor.history import History
from fairlead.monitor.snapshot import families_of
from fairlead.monitor.turn import Turn

log = logging.getLogger(__name__)

RETRIES = (timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2), timedelta(hours=4))
"""Waits after the first, second, … failure of the same window; the last one repeats."""


@dataclass(frozen=True, slots=True)
class Due:
    """Families of one model that share a window."""

    subject: Subject
    families: tuple[str, ...]
    window: Window


@dataclass(slots=True)
class Loop:
    """Looks every ``pause`` seconds for due windows.

    publish is called at every look and after every analysis; it brings history up to date with what was recorded.
    """

    history: History
    record: Callable[[Sequence[Run]], None]
    load_baseline: Callable[[str], Baseline]
    publish: Callable[[], None]
    clock: Clock
    pause: float = 5.0
    _subjects: tuple[Subject, ...] = ()
    _failures: dict[tuple[str, str, datetime], tuple[int, datetime]] = field(default_factory=dict)
    _stop: threading.Event = field(default_factory=threading.Event)
    _reading: threading.Lock = field(default_factory=threading.Lock)

    def replace(self, subjects: Sequence[Subject]) -> None:
        """Monitor these models from the next look on; what failed before is tried again at once."""
        self._subjects = tuple(subjects)
        self._failures = {}

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
        and the baseline of the next one is loaded.
        """
        self.publish()
        pool = ThreadPoolExecutor(2, thread_name_prefix="fairlead-analysis")
        try:
            analyses: list[Future[None]] = []
            for due in self.due(self.clock()):
                analyses.append(pool.submit(self._analyse, due, analyses[-1:]))
            for analysis in analyses:
                analysis.result()
        finally:
            pool.shutdown(cancel_futures=True)

    def _analyse(self, due: Due, before: Sequence[Future[None]]) -> None:
        if self._stop.is_set():
            return
        load_baseline = _loaded(self.load_baseline, due.subject.name)
        with Turn(self._reading) as turn:
            if self._stop.is_set():
                return
            finished = check(
                turn.ending_with_rows_of(due.subject),
                due.families,
                due.window,
                trigger="scheduled",
                load_baseline=load_baseline,
                clock=self.clock,
            )
        wait(before)
        self.record(finished)
        self._note(finished)
        self.publish()

    def due(self, now: datetime) -> list[Due]:
        """Windows that nobody has analysed yet and that are not waiting for another try."""

        @cache
        def windows(cadence: Cadence, last_end: datetime | None) -> list[Window]:
            return [window_of(cadence, moment) for moment in missed(cadence, last_end, now)]

        found: dict[tuple[str, Window], tuple[Subject, list[str]]] = {}
        for subject in self._subjects:
            for family in families_of(subject):
                analysed = self.history.analysed.get((subject.name, family))
                for window in windows(CADENCES[subject.risk][family], analysed):
                    _, again = self._failures.get((subject.name, family, window.end), (0, now))
                    if again <= now:
                        found.setdefault((subject.name, window), (subject, []))[1].append(family)
        ordered = sorted(found.items(), key=lambda item: item[0][1].end)
        return [Due(subject, tuple(families), window) for (_, window), (subject, families) in ordered]

    def _note(self, finished: Sequence[Run]) -> None:
        for run in finished:
            key = (run.model, run.family, run.window.end)
            facts = {"model": run.model, "family": run.family, "rows": run.samples}
            if run.failure is None:
                self._failures.pop(key, None)
                log.info("analysis finished", extra=facts)
                continue
            count, _ = self._failures.get(key, (0, run.finished))
            self._failures[key] = (count + 1, run.finished + RETRIES[min(count, len(RETRIES) - 1)])
            log.warning("analysis failed", extra={**facts, "reason": run.failure})


def _loaded(load: Callable[[str], Baseline], model: str) -> Callable[[str], Baseline]:
    """Gives the baseline that is loaded now, or raises why it could not be."""
    found: Future[Baseline] = Future()
    try:
        found.set_result(load(model))
    except Exception as error:
        found.set_exception(error)
    return lambda _: found.result()
