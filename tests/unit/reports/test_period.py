"""Periods: what is written, when they begin and end, and the last one that is over."""

from calendar import monthrange
from datetime import UTC, datetime, timedelta

import pytest

from fairlead.errors import ReportError
from fairlead.reports.period import Unit, last_period, period_of

LATER = datetime(2040, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2026-11-30", "2026-11-30", "2026-12-01"),
        ("2024-02-29", "2024-02-29", "2024-03-01"),
        ("2026-W48", "2026-11-23", "2026-11-30"),
        ("2026-W01", "2025-12-29", "2026-01-05"),
        ("2026-W53", "2026-12-28", "2027-01-04"),
        ("2026-12", "2026-12-01", "2027-01-01"),
        ("2026-Q4", "2026-10-01", "2027-01-01"),
        ("2026-Q1", "2026-01-01", "2026-04-01"),
    ],
)
def test_bounds(text: str, start: str, end: str) -> None:
    period = period_of(text, LATER)
    assert [period.start.isoformat(), period.end.isoformat()] == [f"{day}T00:00:00+00:00" for day in (start, end)]


@pytest.mark.parametrize("text", ["", "2026", "2026-13", "2026-00", "2026-Q5", "2025-W53", "2026-W00", "2026-02-30", "26-11", "2026-11 ", "٢٠٢٦-١١", "2026-1", "9999-12", "0000-01"])  # fmt: skip  # noqa: E501
def test_odd_ones(text: str) -> None:
    with pytest.raises(ReportError, match="period: must be a day"):
        period_of(text, datetime.max.replace(tzinfo=UTC))


def test_a_period_must_be_over() -> None:
    end = datetime(2026, 12, 1, tzinfo=UTC)
    assert period_of("2026-11", end).end == end
    with pytest.raises(ReportError, match="must be over"):
        period_of("2026-11", end - timedelta(seconds=1))


@pytest.mark.parametrize("unit", Unit)
def test_the_last_one_is_over_and_the_next_one_is_not(unit: Unit) -> None:
    """Every day of six years."""
    for number in range(6 * 366):
        now = datetime(2023, 1, 1, 13, tzinfo=UTC) + number * DAY
        period = last_period(unit, now)
        length = period.end - period.start
        assert period.end <= now < period.end + max(length, timedelta(days=92 if unit is Unit.QUARTER else 31) * (unit in {Unit.MONTH, Unit.QUARTER}))  # fmt: skip  # noqa: E501
        days = {Unit.DAY: 1, Unit.WEEK: 7, Unit.MONTH: monthrange(period.start.year, period.start.month)[1]}
        assert length == (days[unit] * DAY if unit in days else length)
