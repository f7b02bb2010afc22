"""Who is on call: people who take turns week by week, and overrides.

A turn begins each week at the same time of a clock on the wall, so that it is an hour shorter or longer when clocks
change. Times that a clock skips are read as the later, those that it shows twice as the earlier.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

WEEK = timedelta(weeks=1)


@dataclass(frozen=True, slots=True)
class Override:
    """Somebody else from one moment until another, which is not part of it."""

    begin: datetime
    end: datetime
    person: str


@dataclass(frozen=True, slots=True)
class Rotation:
    """start is the day of a handover to the first of the people; overrides do not overlap."""

    name: str
    people: Sequence[str]
    start: date
    handover: time
    zone: tzinfo
    overrides: Sequence[Override] = ()


@dataclass(frozen=True, slots=True)
class Shift:
    """One person from one moment until another, which is not part of it."""

    person: str
    begin: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Turn:
    """Who is on call in a rotation, how to reach them, since and until when, and who is next."""

    rotation: str
    name: str
    email: str
    slack: str
    phone: str
    since: datetime
    until: datetime
    next: str


def on_call(rotation: Rotation, at: datetime) -> Shift:
    """The shift of whoever is on call at a moment, exactly one: an override wins over the turn of the week."""
    number = _turn(rotation, at)
    begin, end = _handover(rotation, number), _handover(rotation, number + 1)
    for one in rotation.overrides:
        if one.begin <= at < one.end:
            return Shift(one.person, one.begin, one.end)
        if one.end <= at:
            begin = max(begin, one.end)
        else:
            end = min(end, one.begin)
    return Shift(rotation.people[number % len(rotation.people)], begin, end)


def shifts(rotation: Rotation, begin: datetime, end: datetime) -> Iterator[Shift]:
    """The shifts that touch a span, in order and without a gap."""
    at = begin
    while at < end:
        shift = on_call(rotation, at)
        yield shift
        at = shift.end


def _turn(rotation: Rotation, at: datetime) -> int:
    """Number of the week since the start, negative before it."""
    number = (at.astimezone(rotation.zone).date() - rotation.start) // WEEK
    return number if _handover(rotation, number) <= at else number - 1


def _handover(rotation: Rotation, number: int) -> datetime:
    day = rotation.start + number * WEEK
    return datetime.combine(day, rotation.handover, rotation.zone).astimezone(UTC)
