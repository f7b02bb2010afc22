"""Which windows of one family of one model are still to be analysed on schedule.

A window is owed from its due time on until it is analysed, whatever became of later ones; up to MOST windows of a
cadence are made up. One that keeps failing is given up GIVEN_UP after its first failure, but never the newest.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from fairlead.core.plan import Window
from fairlead.core.schedule import Cadence, latest_due, previous_due

MOST = 31
KEPT = 64
"""Windows of a length that are remembered: more than can be owed."""
RETRIES = (timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2), timedelta(hours=4))
"""Waits after the first, second, … failure of the same window; the last one repeats."""
GIVEN_UP = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Calendar:
    """The latest due times of a cadence, oldest first, by the end of their windows."""

    cadence: Cadence
    due: Mapping[datetime, datetime]
    ends: frozenset[datetime]


def calendar(cadence: Cadence, now: datetime, most: int = MOST) -> Calendar:
    """The ``most`` due times that are not after now."""
    found = [latest_due(cadence, now)]
    while len(found) < most:
        found.append(previous_due(cadence, found[-1]))
    due = {moment.replace(hour=0): moment for moment in reversed(found)}
    return Calendar(cadence, due, frozenset(due))


@dataclass(frozen=True, slots=True)
class Failed:
    """The first failure of a window, the latest one, and how many there were since all were forgiven."""

    first: datetime
    last: datetime
    count: int = 0

    def waiting(self, now: datetime) -> bool:
        """Whether it is too early for another try."""
        return self.count > 0 and now < self.last + RETRIES[min(self.count, len(RETRIES)) - 1]


@dataclass(frozen=True, slots=True)
class Backlog:
    """first: end of the earliest window that was ever tried. analysed: by length, the ends of windows. failed: those
    that were tried in vain so far."""

    first: datetime | None = None
    analysed: Mapping[timedelta, frozenset[datetime]] = field(default_factory=dict)
    failed: Mapping[Window, Failed] = field(default_factory=dict)

    def with_success(self, window: Window) -> "Backlog":
        """After a scheduled analysis of the window."""
        span = window.end - window.start
        ends = self.analysed.get(span, frozenset()) | {window.end}
        if len(ends) > KEPT:
            ends -= {min(ends)}
        failed = {other: failure for other, failure in self.failed.items() if other != window}
        return Backlog(self._first(window), {**self.analysed, span: ends}, failed)

    def with_failure(self, window: Window, at: datetime) -> "Backlog":
        """After a failed one, unless the window was analysed by another process."""
        if window.end in self.analysed.get(window.end - window.start, frozenset()):
            return self
        known = self.failed.get(window)
        found = Failed(known.first if known else at, at, (known.count if known else 0) + 1)
        failed = {**self.failed, window: found}
        if len(failed) > KEPT:
            del failed[min(failed, key=lambda other: other.end)]
        return replace(self, first=self._first(window), failed=failed)

    def forgiven(self) -> "Backlog":
        """What failed may be tried again at once."""
        return replace(self, failed={window: replace(found, count=0) for window, found in self.failed.items()})

    def _first(self, window: Window) -> datetime:
        return window.end if self.first is None else min(self.first, window.end)

    def owed(self, recent: Calendar, now: datetime) -> list[datetime]:
        """Due times whose windows are not analysed, oldest first; before any try only the latest.

        After a change of cadence, what windows of the other length have covered is not owed again.
        """
        if self.first is None:
            return list(recent.due.values())[-1:]
        span = recent.cadence.span
        left = recent.ends - self.analysed.get(span, frozenset())
        if not left:
            return []
        others = [max(ends) for other, ends in self.analysed.items() if other != span]
        covered, newest = max(others, default=None), max(recent.ends)
        return [
            due
            for end, due in recent.due.items()
            if end in left
            and end >= self.first
            and (covered is None or end > covered)
            and (end == newest or not self._given_up(Window(end - span, end), now))
        ]

    def is_waiting(self, window: Window, now: datetime) -> bool:
        """Whether the window failed and it is too early for another try."""
        found = self.failed.get(window)
        return found is not None and found.waiting(now)

    def is_open(self, window: Window, now: datetime) -> bool:
        """Whether the window is neither analysed nor waiting for another try."""
        ends = self.analysed.get(window.end - window.start, frozenset())
        return window.end not in ends and not self.is_waiting(window, now)

    def _given_up(self, window: Window, now: datetime) -> bool:
        found = self.failed.get(window)
        return found is not None and now - found.first > GIVEN_UP
