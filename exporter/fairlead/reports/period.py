"""Periods of reports in UTC: 2026-11-30, 2026-W48, 2026-11, 2026-Q4."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import Enum

from fairlead.errors import ReportError

EXPECTED = "a day (2026-11-30), week (2026-W48), month (2026-11) or quarter (2026-Q4)"


class Unit(Enum):
    """How long a period is, and how it is written."""

    DAY = r"(\d{4})-(\d{2})-(\d{2})"
    WEEK = r"(\d{4})-W(\d{2})"
    MONTH = r"(\d{4})-(\d{2})"
    QUARTER = r"(\d{4})-Q([1-4])"


@dataclass(frozen=True, slots=True)
class Period:
    """Windows that end after `start` and not after `end` belong to it: the last one of November ends with it."""

    name: str
    start: datetime
    end: datetime


def period_of(text: str, now: datetime) -> Period:
    """The period that is written like this, if it is over; a report of one that is not would change."""
    for unit in Unit:
        found = re.fullmatch(unit.value, text, re.ASCII)
        if found is None:
            continue
        try:
            start, end = _bounds(unit, [int(part) for part in found.groups()])
        except (ValueError, OverflowError):
            break
        if end > now:
            raise ReportError(f"period: must be over, got {text}, which ends at {end.isoformat()}")
        return Period(text, start, end)
    raise ReportError(f"period: must be {EXPECTED}, got {text[:64]!r}")


def last_period(unit: Unit, now: datetime) -> Period:
    """The last one that is over."""
    day = now.astimezone(UTC).date()
    if unit is Unit.DAY:
        return period_of((day - timedelta(days=1)).isoformat(), now)
    if unit is Unit.WEEK:
        year, week, _ = (day - timedelta(days=7)).isocalendar()
        return period_of(f"{year}-W{week:02}", now)
    if unit is Unit.MONTH:
        before = day.replace(day=1) - timedelta(days=1)
        return period_of(f"{before:%Y-%m}", now)
    before = date(day.year, (day.month - 1) // 3 * 3 + 1, 1) - timedelta(days=1)
    return period_of(f"{before.year}-Q{(before.month + 2) // 3}", now)


def _bounds(unit: Unit, numbers: list[int]) -> tuple[datetime, datetime]:
    if unit is Unit.DAY:
        first = date(*numbers)
        return _midnight(first), _midnight(first + timedelta(days=1))
    if unit is Unit.WEEK:
        first = date.fromisocalendar(numbers[0], numbers[1], 1)
        return _midnight(first), _midnight(first + timedelta(days=7))
    year, month, months = (numbers[0], numbers[1], 1) if unit is Unit.MONTH else (numbers[0], 3 * numbers[1] - 2, 3)
    after = year * 12 + month - 1 + months
    return _midnight(date(year, month, 1)), _midnight(date(after // 12, after % 12 + 1, 1))


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
