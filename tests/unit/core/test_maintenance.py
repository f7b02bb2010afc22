"""Maintenance windows: how long, and when they are over."""

from datetime import UTC, datetime, timedelta

import pytest

from fairlead.core.incident import RefusedError
from fairlead.core.maintenance import Maintenance, Phase, ended, planned

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def window(start: timedelta = HOUR, end: timedelta = 2 * HOUR, *models: str, reason: str = "upgrade") -> Maintenance:
    return planned(models or ("a",), NOON + start, NOON + end, reason, by="ana", now=NOON)


def test_phases() -> None:
    one = window()
    phases = [one.phase(NOON + hours * HOUR) for hours in (0.99, 1, 1.99, 2)]
    assert phases == [Phase.PLANNED, Phase.ACTIVE, Phase.ACTIVE, Phase.OVER]
    assert ended(one, "bo", NOON).phase(NOON + HOUR) is Phase.OVER
    with pytest.raises(RefusedError, match="must be planned or active to be ended, got over"):
        ended(one, "bo", NOON + 2 * HOUR)


def test_one_that_should_have_begun_begins_now_and_models_are_there_once() -> None:
    assert window(-DAY).starts_at == NOON
    assert window(HOUR, DAY, "a", "b", "a").models == ("a", "b")
    assert window(-40 * DAY, 30 * DAY).ends_at == NOON + 30 * DAY


@pytest.mark.parametrize(
    ("start", "end", "message"),
    [
        (HOUR, HOUR, "ends_at: must be in the future and after starts_at"),
        (-2 * HOUR, -HOUR, "ends_at: must be in the future and after starts_at"),
        (HOUR, HOUR + 30 * DAY + timedelta(seconds=1), "ends_at: must be at most 30 days after the start"),
        (367 * DAY, 368 * DAY, "starts_at: must be within the next 366 days"),
    ],
)
def test_what_cannot_be_planned(start: timedelta, end: timedelta, message: str) -> None:
    with pytest.raises(RefusedError, match=message):
        window(start, end)


def test_a_reason_and_a_model_are_required() -> None:
    with pytest.raises(RefusedError, match="reason: must be given"):
        window(reason=" ")
    with pytest.raises(RefusedError, match="models: must be at least one"):
        planned((), NOON, NOON + HOUR, "x", by="ana", now=NOON)
