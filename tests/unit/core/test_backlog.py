"""What is still to be analysed, against windows counted by hand."""

from datetime import UTC, datetime, timedelta

import pytest

from fairlead.core.backlog import GIVEN_UP, KEPT, MOST, RETRIES, Backlog, calendar
from fairlead.core.plan import Window
from fairlead.core.schedule import Cadence, latest_due

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)


def midnight(day: int, month: int = 3) -> datetime:
    return datetime(2026, month, day, tzinfo=UTC)


def window(day: int, days: int = 1) -> Window:
    return Window(midnight(day) - days * DAY, midnight(day))


def analysed(*days: int, span: int = 1, before: Backlog | None = None) -> Backlog:
    backlog = before or Backlog()
    for day in days:
        backlog = backlog.with_success(window(day, span))
    return backlog


def owed(backlog: Backlog, cadence: Cadence = Cadence.DAILY, now: datetime = NOW) -> list[int]:
    return [due.day for due in backlog.owed(calendar(cadence, now), now)]


def test_nothing_tried_yet_asks_for_the_latest_window_only() -> None:
    assert Backlog().owed(calendar(Cadence.DAILY, NOW), NOW) == [datetime(2026, 3, 20, 2, tzinfo=UTC)]
    assert owed(Backlog(), Cadence.MONTHLY) == [1]


def test_analysed_up_to_the_latest_asks_for_nothing() -> None:
    assert owed(analysed(20)) == []
    assert owed(analysed(15, span=7), Cadence.WEEKLY) == []


def test_missed_windows_are_made_up_oldest_first() -> None:
    assert owed(analysed(16)) == [17, 18, 19, 20]
    assert owed(analysed(1, span=7), Cadence.WEEKLY) == [8, 15]


@pytest.mark.parametrize("cadence", Cadence)
def test_at_most_the_latest_31_are_made_up(cadence: Cadence) -> None:
    end = datetime(2020, 1, 1, tzinfo=UTC)
    found = Backlog().with_success(Window(end - cadence.span, end)).owed(calendar(cadence, NOW), NOW)
    assert len(found) == MOST
    assert found[-1] == latest_due(cadence, NOW)
    assert found == sorted(found)


def test_window_analysed_in_the_future_asks_for_nothing() -> None:
    end = midnight(1, month=5)
    assert Backlog().with_success(Window(end - DAY, end)).owed(calendar(Cadence.DAILY, NOW), NOW) == []


def test_failed_window_is_owed_although_later_ones_succeeded() -> None:
    backlog = analysed(16, 17).with_failure(window(18), NOW - 2 * DAY)
    assert owed(analysed(19, 20, before=backlog)) == [18]
    assert owed(analysed(18, 19, 20, before=backlog)) == []


def test_gap_that_nobody_tried_is_owed() -> None:
    """Another process took it up and died."""
    assert owed(analysed(17, 20)) == [18, 19]


def test_first_window_that_failed_is_owed_although_nothing_came_before() -> None:
    assert owed(analysed(19, 20, before=Backlog().with_failure(window(18), NOW - 2 * DAY))) == [18]


def test_failing_window_is_given_up_in_the_end_but_never_the_newest() -> None:
    backlog = analysed(17)
    for day in (18, 20):
        backlog = backlog.with_failure(window(day), NOW)
    backlog = analysed(19, before=backlog)
    assert owed(backlog, now=NOW + GIVEN_UP) == [18, 20, 21, 22, 23]
    assert owed(backlog, now=NOW + GIVEN_UP + HOUR) == [21, 22, 23]
    failing = analysed(8, span=7).with_failure(window(15, 7), NOW - 5 * DAY)
    assert owed(failing, Cadence.WEEKLY, NOW) == [15]


def test_waits_grow_and_are_forgiven() -> None:
    backlog, now = Backlog(), NOW
    for wait in (*RETRIES, RETRIES[-1]):
        backlog = backlog.with_failure(window(20), now)
        assert backlog.is_waiting(window(20), now + wait - timedelta(microseconds=1))
        assert not backlog.is_waiting(window(20), now + wait)
        now += wait
    assert not backlog.with_failure(window(20), now).forgiven().is_waiting(window(20), now)
    assert backlog.failed[window(20)].first == NOW
    assert not backlog.is_waiting(window(19), NOW)


def test_failure_after_a_success_of_another_process_changes_nothing() -> None:
    assert analysed(20).with_failure(window(20), NOW) == analysed(20)


def test_risk_raised_asks_for_the_days_since_the_last_longer_window() -> None:
    assert owed(analysed(15, span=14)) == [16, 17, 18, 19, 20]


def test_risk_lowered_asks_for_nothing_that_was_seen_day_by_day() -> None:
    assert owed(analysed(*range(1, 21)), Cadence.TWO_WEEKLY) == []
    later = midnight(15) + 14 * DAY + 12 * HOUR
    assert owed(analysed(*range(1, 21)), Cadence.TWO_WEEKLY, later) == [29]


def test_risk_changed_and_changed_back() -> None:
    backlog = analysed(15, span=14, before=analysed(1, 2, 3))
    assert owed(analysed(18, before=backlog)) == [16, 17, 19, 20]


def test_memory_is_bounded() -> None:
    backlog = Backlog()
    for number in range(500):
        end = midnight(1) + number * DAY
        backlog = backlog.with_success(Window(end - DAY, end)).with_failure(Window(end - 7 * DAY, end), end)
    assert len(backlog.analysed[DAY]) == len(backlog.failed) == KEPT
    assert backlog.first == midnight(1)
    now = end + 12 * HOUR
    assert backlog.owed(calendar(Cadence.DAILY, now), now) == []
