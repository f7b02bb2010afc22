"""Exactly one person at any moment, without gaps, at the same time of the wall clock, and overrides win."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from fairlead.core.rotation import Override, Rotation, on_call, shifts

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia", "UTC")
MOMENTS = st.datetimes(datetime(2009, 1, 1), datetime(2032, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - its bounds
PEOPLE = ("ana", "ben", "cleo")
MONDAY = date(2026, 1, 5)


@st.composite
def rotations(draw: st.DrawFn) -> Rotation:
    moments = sorted(draw(st.lists(MOMENTS, max_size=6, unique=True)))
    pairs = zip(moments[::2], moments[1::2], strict=False)
    overrides = tuple(Override(begin, end, draw(st.sampled_from(("dan", *PEOPLE)))) for begin, end in pairs)
    start = draw(st.dates(date(2010, 1, 1), date(2030, 1, 1)))
    at = time(draw(st.integers(0, 23)), draw(st.sampled_from((0, 15, 30))))
    people = PEOPLE[: draw(st.integers(1, 3))]
    return Rotation("primary", people, start, at, ZoneInfo(draw(st.sampled_from(ZONES))), overrides)


def handovers(rotation: Rotation, around: datetime) -> list[tuple[datetime, str]]:
    """Turns about a moment, counted one by one from the start: slow, and without any division."""
    day, number, found = rotation.start, 0, []
    step = 1 if around.date() >= day else -1
    while abs(day - around.date()) > timedelta(days=15) and (day < around.date()) == (step == 1):
        day, number = day + step * timedelta(days=7), number + step
    for offset in range(-3, 4):
        begin = datetime.combine(day + offset * timedelta(days=7), rotation.handover, rotation.zone)
        found.append((begin.astimezone(UTC), rotation.people[(number + offset) % len(rotation.people)]))
    return found


@given(rotation=rotations(), at=MOMENTS)
def test_one_person_and_it_is_whose_week_it_is_unless_somebody_stands_in(rotation: Rotation, at: datetime) -> None:
    shift = on_call(rotation, at)
    assert shift.begin <= at < shift.end
    stand_ins = [one.person for one in rotation.overrides if one.begin <= at < one.end]
    turns = [person for begin, person in handovers(rotation, at) if begin <= at]
    assert shift.person == (stand_ins or turns[-1:])[0]


@given(rotation=rotations(), begin=MOMENTS, days=st.integers(0, 60))
def test_shifts_follow_each_other_without_gap_or_overlap(rotation: Rotation, begin: datetime, days: int) -> None:
    end = begin + timedelta(days=days)
    found = list(shifts(rotation, begin, end))
    assert bool(found) == (days > 0)
    for before, after in pairwise(found):
        assert before.end == after.begin
    if found:
        assert found[0].begin <= begin
        assert found[-1].end >= end
    for shift in found:
        assert shift.begin < shift.end <= shift.begin + timedelta(days=7, hours=25) or any(
            (shift.begin, shift.end) == (one.begin, one.end) for one in rotation.overrides
        )
        assert on_call(rotation, max(shift.begin, begin)) == shift


@given(rotation=rotations(), at=MOMENTS)
def test_without_overrides_a_week_begins_at_the_same_time_of_the_clock(rotation: Rotation, at: datetime) -> None:
    plain = Rotation(rotation.name, PEOPLE[:2], rotation.start, rotation.handover, rotation.zone)
    shift = on_call(plain, at)
    local = shift.begin.astimezone(rotation.zone)
    assume(local.replace(tzinfo=None) == datetime.combine(local.date(), rotation.handover))  # clocks skip some times
    assert local.weekday() == rotation.start.weekday()
    assert on_call(plain, shift.begin - timedelta(microseconds=1)).person != shift.person


def test_nine_stays_nine_in_summer_and_winter() -> None:
    rotation = Rotation("primary", PEOPLE, MONDAY, time(9), BERLIN)
    winter, summer = datetime(2026, 3, 25, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)
    assert on_call(rotation, winter).begin == datetime(2026, 3, 23, 8, tzinfo=UTC)
    assert on_call(rotation, summer).begin == datetime(2026, 3, 30, 7, tzinfo=UTC)
    assert on_call(rotation, winter).end - on_call(rotation, winter).begin == timedelta(days=7, hours=-1)
    autumn = on_call(rotation, datetime(2026, 10, 20, tzinfo=UTC))
    assert autumn.end - autumn.begin == timedelta(days=7, hours=1)


@pytest.mark.parametrize(
    ("zone", "start", "handover", "moment"),
    [
        ("Europe/Berlin", date(2026, 3, 29), time(2, 30), datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),  # skipped
        ("Europe/Berlin", date(2026, 10, 25), time(2, 30), datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),  # twice
        ("Pacific/Apia", date(2011, 12, 30), time(9), datetime(2011, 12, 30, 19, tzinfo=UTC)),  # a day is skipped
    ],
)
def test_times_that_clocks_skip_or_show_twice(zone: str, start: date, handover: time, moment: datetime) -> None:
    rotation = Rotation("primary", PEOPLE, start, handover, ZoneInfo(zone))
    assert on_call(rotation, moment).begin == moment
    assert on_call(rotation, moment).person == "ana"
    assert on_call(rotation, moment - timedelta(seconds=1)).person == "cleo"


def test_a_stand_in_ends_where_the_week_goes_on() -> None:
    stand_in = Override(datetime(2026, 1, 6, tzinfo=UTC), datetime(2026, 1, 7, tzinfo=UTC), "dan")
    rotation = Rotation("primary", PEOPLE, MONDAY, time(9), UTC, (stand_in,))
    found = list(shifts(rotation, datetime(2026, 1, 5, 9, tzinfo=UTC), datetime(2026, 1, 13, tzinfo=UTC)))
    assert [(shift.person, shift.begin.day, shift.end.day) for shift in found] == [
        ("ana", 5, 6),
        ("dan", 6, 7),
        ("ana", 7, 12),
        ("ben", 12, 19),
    ]
