"""A simulated year of due times, against an expectation written as plain lists of days."""

from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise

import pytest

from fairlead.core.families import FAMILIES
from fairlead.core.plan import Window
from fairlead.core.schedule import CADENCES, Cadence, latest_due, next_due, previous_due, window_of, window_until

START, END = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
A_TWO_WEEKLY_SUNDAY = datetime(2026, 1, 4, 3, tzinfo=UTC)
DAYS = {"daily": 1, "weekly": 7, "two-weekly": 14, "monthly": 30}

POLICY = {
    "high": {"data": "daily", "fairness": "daily", "model": "daily", "explanation": "weekly"},
    "medium": {"data": "weekly", "fairness": "daily", "model": "weekly", "explanation": "two-weekly"},
    "low": {"data": "two-weekly", "fairness": "daily", "model": "two-weekly", "explanation": "monthly"},
}
"""Policy §3, with its note that fairness is daily at every risk."""

PAIRS = [(risk, family, name) for risk, families in POLICY.items() for family, name in families.items()]


def calendar(name: str) -> list[datetime]:
    """Due times of one year: daily 02:00, Sundays 03:00, every second Sunday 03:00, the 1st of a month 04:00."""
    days = [START + timedelta(days=number) for number in range(365)]
    sundays = [day.replace(hour=3) for day in days if day.isoweekday() == 7]
    due = {
        "daily": [day.replace(hour=2) for day in days],
        "weekly": sundays,
        "two-weekly": sundays[sundays.index(A_TWO_WEEKLY_SUNDAY) % 2 :: 2],
        "monthly": [datetime(2026, month, 1, 4, tzinfo=UTC) for month in range(1, 13)],
    }
    return due[name]


@pytest.mark.parametrize(("risk", "family", "name"), PAIRS)
def test_year_of_due_times(risk: str, family: str, name: str) -> None:
    cadence, now, found = CADENCES[risk][family], START - timedelta(microseconds=1), []
    while (now := next_due(cadence, now)) < END:
        found.append(now)
    assert found == calendar(name)


@pytest.mark.parametrize(("risk", "family", "name"), PAIRS)
def test_every_hour_of_a_year_knows_its_latest_and_next_due_time(risk: str, family: str, name: str) -> None:
    cadence, due = CADENCES[risk][family], calendar(name)
    for hour in range(24 * 40, 24 * 360, 7):
        now = START + timedelta(hours=hour)
        assert latest_due(cadence, now) == max(moment for moment in due if moment <= now)
        assert next_due(cadence, now) == min([moment for moment in due if moment > now], default=next_due(cadence, now))


@pytest.mark.parametrize(("risk", "family", "name"), PAIRS)
def test_each_due_time_knows_the_one_before(risk: str, family: str, name: str) -> None:
    for before, due in pairwise(calendar(name)):
        assert previous_due(CADENCES[risk][family], due) == before


@pytest.mark.parametrize(("risk", "family", "name"), PAIRS)
def test_window_ends_at_the_midnight_before_and_spans_the_cadence(risk: str, family: str, name: str) -> None:
    for due in calendar(name):
        window = window_of(CADENCES[risk][family], due)
        assert window.end == datetime(due.year, due.month, due.day, tzinfo=UTC)
        assert window.end - window.start == timedelta(days=DAYS[name])


@pytest.mark.parametrize("name", ["daily", "weekly", "two-weekly"])
def test_windows_leave_no_gap(name: str) -> None:
    cadence = Cadence(DAYS[name])
    windows = [window_of(cadence, due) for due in calendar(name)]
    assert [window.start for window in windows[1:]] == [window.end for window in windows[:-1]]


def test_every_family_has_a_cadence_and_quality_follows_the_data() -> None:
    for families in CADENCES.values():
        assert set(families) == set(FAMILIES)
        assert families["quality"] is families["data"]
        assert families["fairness"] is Cadence.DAILY


def test_due_time_itself_is_the_latest_and_not_the_next() -> None:
    due = datetime(2026, 3, 1, 2, tzinfo=UTC)
    assert latest_due(Cadence.DAILY, due) == due
    assert next_due(Cadence.DAILY, due) == due + timedelta(days=1)
    assert latest_due(Cadence.DAILY, due - timedelta(microseconds=1)) == due - timedelta(days=1)


def test_leap_day_is_a_day() -> None:
    assert next_due(Cadence.DAILY, datetime(2028, 2, 28, 12, tzinfo=UTC)) == datetime(2028, 2, 29, 2, tzinfo=UTC)
    assert next_due(Cadence.MONTHLY, datetime(2028, 2, 29, tzinfo=UTC)) == datetime(2028, 3, 1, 4, tzinfo=UTC)


def test_zone_of_the_clock_does_not_matter() -> None:
    nairobi = timezone(timedelta(hours=3))
    assert latest_due(Cadence.DAILY, datetime(2026, 3, 2, 4, tzinfo=nairobi)) == datetime(2026, 3, 1, 2, tzinfo=UTC)
    assert latest_due(Cadence.DAILY, datetime(2026, 3, 2, 5, tzinfo=nairobi)) == datetime(2026, 3, 2, 2, tzinfo=UTC)


def test_on_demand_window_ends_now() -> None:
    now = datetime(2026, 3, 4, 15, 30, tzinfo=UTC)
    assert window_until(Cadence.WEEKLY, now) == Window(now - timedelta(days=7), now)
