"""When a family of a model is due, in UTC: daily 02:00, weekly and two-weekly Sunday 03:00, monthly the 1st 04:00."""

from datetime import UTC, datetime, time, timedelta
from enum import Enum
from itertools import pairwise

from fairlead.core.plan import Window

DAY = timedelta(days=1)


class Cadence(Enum):
    """How often, and how many days the window of a run spans."""

    DAILY = 1
    WEEKLY = 7
    TWO_WEEKLY = 14
    MONTHLY = 30

    @property
    def span(self) -> timedelta:
        """Length of the window and, nearly for months, of the time between runs."""
        return self.value * DAY


D, W, T, M = Cadence.DAILY, Cadence.WEEKLY, Cadence.TWO_WEEKLY, Cadence.MONTHLY

CADENCES: dict[str, dict[str, Cadence]] = {
    "high": {"data": D, "fairness": D, "model": D, "explanation": W, "quality": D},
    "medium": {"data": W, "fairness": D, "model": W, "explanation": T, "quality": W},
    "low": {"data": T, "fairness": D, "model": T, "explanation": M, "quality": T},
}
"""By risk and family. Data quality follows the data; fairness is daily at every risk."""

AT = {D: time(2, tzinfo=UTC), W: time(3, tzinfo=UTC), T: time(3, tzinfo=UTC), M: time(4, tzinfo=UTC)}
FIRST_SUNDAY = datetime(1970, 1, 4, tzinfo=UTC)


def _is_due_on(cadence: Cadence, day: datetime) -> bool:
    if cadence is M:
        return day.day == 1
    return (day - FIRST_SUNDAY).days % cadence.value == 0


def latest_due(cadence: Cadence, now: datetime) -> datetime:
    """The last due time that is not after now."""
    day = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    while not _is_due_on(cadence, day) or datetime.combine(day, AT[cadence]) > now:
        day -= DAY
    return datetime.combine(day, AT[cadence])


def previous_due(cadence: Cadence, due: datetime) -> datetime:
    """The due time before a due time."""
    return (due - DAY).replace(day=1) if cadence is M else due - cadence.span


def next_due(cadence: Cadence, now: datetime) -> datetime:
    """The first due time after now."""
    day = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    while not _is_due_on(cadence, day) or datetime.combine(day, AT[cadence]) <= now:
        day += DAY
    return datetime.combine(day, AT[cadence])


def window_of(cadence: Cadence, due: datetime) -> Window:
    """What the run due at this time looks at: whole days, up to the midnight before it."""
    end = due.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return Window(end - cadence.span, end)


def window_until(cadence: Cadence, end: datetime) -> Window:
    """What an analysis on demand looks at: as long a window, up to this moment."""
    return Window(end - cadence.span, end)


def days_of(window: Window) -> list[Window]:
    """The window cut at every UTC midnight inside it, oldest piece first."""
    cuts = [window.start]
    midnight = window.start.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + DAY
    while midnight < window.end:
        cuts.append(midnight)
        midnight += DAY
    return [Window(start, end) for start, end in pairwise((*cuts, window.end))]
