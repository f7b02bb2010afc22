"""Which days are due, and which WARNINGs belong to a day."""

from datetime import UTC, date, datetime, time, timedelta

from hypothesis import given
from hypothesis import strategies as st

from fairlead.core.alert import Alert
from fairlead.core.digest import CATCH_UP, due, end_of, last_due, told, warned
from fairlead.core.incident import Incident, Status

NINE = time(9)
END = datetime(2026, 3, 10, 9, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def alert(number: int, began: datetime, ended: datetime | None = None, **labels: str) -> Alert:
    about = {"alertname": "A", "severity": "warning", "model": f"m{number}", **labels}
    return Alert(f"{number}", about, ended is None, began, ended, {"summary": f"s{number}"})


def test_a_day_is_due_from_nine_on() -> None:
    assert last_due(END - timedelta(microseconds=1), NINE) == date(2026, 3, 9)
    assert last_due(END, NINE) == date(2026, 3, 10)
    assert end_of(date(2026, 3, 10), NINE) == END
    assert last_due(END.replace(hour=23), time(23, 30)) == date(2026, 3, 9)


def test_days_after_a_downtime_are_due_oldest_first_and_a_week_at_most() -> None:
    since = date(2026, 3, 7)
    assert due(END, NINE, since, ()) == [date(2026, 3, day) for day in (8, 9, 10)]
    assert due(END, NINE, since, {date(2026, 3, 9)}) == [date(2026, 3, day) for day in (8, 10)]
    assert due(END, NINE, date(2026, 3, 10), ()) == []
    assert due(END, NINE, date(2026, 3, 12), ()) == []
    assert len(due(END, NINE, date(2025, 1, 1), ())) == CATCH_UP


@given(st.lists(st.integers(0, 40 * 24 * 60), min_size=1, max_size=60))
def test_looking_at_any_times_does_each_day_once(minutes: list[int]) -> None:
    begin, done, last = END - 40 * DAY, set[date](), date(2026, 1, 28)
    for minute in sorted(minutes):
        now = begin + minute * timedelta(minutes=1)
        for day in due(now, NINE, last, done):
            assert day not in done
            assert end_of(day, NINE) <= now
            done.add(day)
        assert last_due(now, NINE) in done | {last}


def test_warnings_that_fired_in_the_day() -> None:
    start = END - DAY
    alerts = [
        alert(1, start - 5 * DAY),  # still fires
        alert(2, start - 5 * DAY),
        alert(2, start - 5 * DAY, start - HOUR),  # ended before
        alert(3, start - HOUR),
        alert(3, start - HOUR, start + HOUR),  # ended in it
        alert(4, END),  # begins after
        alert(5, start + HOUR, severity="critical"),
        alert(6, start + HOUR, environment="staging"),
        alert(7, start, start + HOUR),
        alert(7, start + 2 * HOUR),  # again
        alert(8, start + HOUR),
        alert(8, start + HOUR, END + HOUR),  # ended after, so it still fired
    ]
    found = {one.model: one for one in warned(reversed(alerts), start, END)}
    assert sorted(found) == ["m1", "m3", "m7", "m8"]
    assert [found[name].ended_at for name in sorted(found)] == [None, start + HOUR, None, None]
    assert found["m7"].began_at == start + 2 * HOUR
    assert found["m1"].summary == "s1"


def test_incidents_that_are_open_or_were_closed_in_the_day() -> None:
    def incident(number: int, opened: datetime, closed: datetime | None = None) -> Incident:
        status = Status.RESOLVED if closed else Status.OPEN
        return Incident("m", "data", "critical", "t", opened, status, resolved_at=closed, id=number)

    start = END - DAY
    kept = [
        incident(4, start + HOUR),
        incident(1, start - 90 * DAY),
        incident(2, start - 90 * DAY, start - HOUR),
        incident(3, start - 90 * DAY, start),
        incident(5, END),
    ]
    assert [one.id for one in told(kept, start, END)] == [1, 3, 4]
