"""Timestamps as microseconds since 1970, UTC: ISO 8601 text (UTC where it names no zone), or integers with a unit."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
LOWEST = (datetime(1, 1, 2, tzinfo=UTC) - EPOCH) // MICROSECOND
HIGHEST = (datetime(9999, 12, 30, tzinfo=UTC) - EPOCH) // MICROSECOND
PER_SECOND = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
DAY = 86_400_000_000


def micros(moment: datetime) -> int:
    """An aware moment, or one of UTC."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (aware - EPOCH) // MICROSECOND


def of_text(text: str) -> int | None:
    """ISO 8601; None for anything else."""
    try:
        return micros(datetime.fromisoformat(text.strip()))
    except (ValueError, OverflowError):
        return None


def of_number(number: int | float, unit: str) -> int | None:
    """So many units since 1970, rounded down; None for what is no number."""
    try:
        exact = Decimal(number) * 1_000_000 / PER_SECOND[unit] if isinstance(number, float) else None
        return number * 1_000_000 // PER_SECOND[unit] if exact is None else int(exact // 1)  # type: ignore[return-value]
    except (ValueError, OverflowError, ArithmeticError):
        return None


def expected(unit: str | None) -> str:
    """What a timestamp must be."""
    return "an ISO 8601 timestamp of the years 1 to 9999" if unit is None else f"a number of {unit} since 1970"
