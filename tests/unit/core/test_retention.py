"""Periods of the policy, at their boundaries."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from fairlead.core.retention import FOR_EVER, PERIODS, Period, cutoffs, is_due, is_kept_alert

NOW = datetime(2026, 3, 10, 12, 30, 15, 250, tzinfo=UTC)


def test_periods_are_those_of_the_policy() -> None:
    assert cutoffs(NOW) == {
        "predictions": datetime(2025, 12, 10, 12, 30, 15, 250, tzinfo=UTC),
        "runs": datetime(2021, 3, 10, 12, 30, 15, 250, tzinfo=UTC),
        "alerts": datetime(2025, 3, 10, 12, 30, 15, 250, tzinfo=UTC),
        "audit": datetime(2021, 3, 10, 12, 30, 15, 250, tzinfo=UTC),
        "requests": datetime(2025, 12, 10, 12, 30, 15, 250, tzinfo=UTC),
        "answers": datetime(2026, 3, 3, 12, 30, 15, 250, tzinfo=UTC),
    }
    assert not FOR_EVER & PERIODS.keys()


@pytest.mark.parametrize(
    ("now", "years", "before"),
    [
        (datetime(2028, 2, 29, tzinfo=UTC), 5, datetime(2023, 2, 28, tzinfo=UTC)),
        (datetime(2028, 2, 29, tzinfo=UTC), 4, datetime(2024, 2, 29, tzinfo=UTC)),
        (datetime(2029, 3, 1, tzinfo=UTC), 5, datetime(2024, 3, 1, tzinfo=UTC)),
    ],
)
def test_leap_days(now: datetime, years: int, before: datetime) -> None:
    assert Period(years=years).before(now) == before


@pytest.mark.parametrize(
    ("labels", "kept"),
    [
        ({"severity": "critical"}, True),
        ({"severity": "CRITICAL"}, True),
        ({"severity": "warning"}, False),
        ({"severity": "info"}, False),
        ({}, True),
        (None, True),
    ],
)
def test_critical_alerts_stay(labels: object, kept: bool) -> None:
    assert is_kept_alert({"labels": labels}) is kept


def test_it_is_due_at_first_and_every_day_at_one_in_utc() -> None:
    assert is_due(None, NOW)
    midnight = datetime(2026, 3, 10, tzinfo=UTC)
    one, microsecond = midnight + timedelta(hours=1), timedelta(microseconds=1)
    assert not is_due(midnight, one - microsecond)
    assert is_due(midnight, one)
    assert not is_due(one, one + timedelta(hours=23, minutes=59))
    assert is_due(one, one + timedelta(days=1))
    assert is_due(one - timedelta(days=3), midnight)
    assert not is_due(one, one.astimezone(timezone(timedelta(hours=-8))))
