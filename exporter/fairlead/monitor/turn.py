"""Whose rows are read: one model at a time, so that memory and cores are those of one analysis."""

import threading
from collections import deque
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Self

from fairlead.core.plan import Plan, Window
from fairlead.core.summary import Summary
from fairlead.monitor.check import Subject


@dataclass(slots=True)
class Turn:
    """Held from entering to leaving, or to the moment when all rows of a subject are read, in whatever thread."""

    lock: threading.Lock
    _held: deque[None] = field(default_factory=deque)

    def __enter__(self) -> Self:
        self.lock.acquire()
        self._held.append(None)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def ending_with_rows_of(self, subject: Subject) -> Subject:
        """The subject, which ends the turn when its rows are read; one with a second pass keeps it."""
        if subject.join is not None:
            return subject

        def summarise(plan: Plan, window: Window) -> Summary:
            try:
                return subject.summarise(plan, window)
            finally:
                self._end()

        return replace(subject, summarise=summarise)

    def _end(self) -> None:
        """Once, also when the thread that reads and the one that gave it up end the turn together."""
        try:
            self._held.pop()
        except IndexError:
            return
        self.lock.release()
