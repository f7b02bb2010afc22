"""Finished runs with few words."""

from datetime import UTC, datetime, timedelta

from fairlead.core.measurement import Measurement, NotComputed
from fairlead.core.plan import Window
from fairlead.core.run import Run

HOUR = timedelta(hours=1)
DAY = 24 * HOUR


def midnight(day: int) -> datetime:
    """The beginning of a day of March 2026."""
    return datetime(2026, 3, 1, tzinfo=UTC) + (day - 1) * DAY


def run(
    day: int = 10,
    *,
    model: str = "credit",
    family: str = "data",
    trigger: str = "scheduled",
    value: float = 0.1,
    failure: str | None = None,
    id: int = 0,
) -> Run:
    """A run over the day before, finished at two in the morning; a failed one has no outcomes."""
    end = midnight(day)
    outcomes = () if failure else (Measurement("feature_psi", value, (("feature", "income"),), 0.02, 100, 1000),)
    missing = () if failure else (NotComputed("feature_psi", "no values in the window", (("feature", "age"),)),)
    return Run(
        model,
        "3",
        family,
        Window(end - DAY, end),
        trigger,
        end + 2 * HOUR,
        end + 2 * HOUR + timedelta(seconds=3),
        "2026-03-01-v1",
        0 if failure else 100,
        outcomes,
        missing,
        failure,
        id,
    )
