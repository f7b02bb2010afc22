"""Planned maintenance: for a time, WARNING alerts of some models are silent. CRITICAL ones never are."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from fairlead.core.incident import RefusedError

AT_MOST = timedelta(days=30)
AHEAD = timedelta(days=366)


class Phase(StrEnum):
    """Where a window stands."""

    PLANNED = "planned"
    ACTIVE = "active"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Maintenance:
    """From starts_at up to before ends_at, or before ended_at if somebody ended it."""

    models: tuple[str, ...]
    starts_at: datetime
    ends_at: datetime
    reason: str
    created_by: str
    created_at: datetime
    ended_by: str | None = None
    ended_at: datetime | None = None
    id: int = 0

    @property
    def name(self) -> str:
        """MNT-3: what people call it."""
        return f"MNT-{self.id}"

    def phase(self, now: datetime) -> Phase:
        """Where it stands now."""
        if self.ended_at is not None or now >= self.ends_at:
            return Phase.OVER
        return Phase.ACTIVE if now >= self.starts_at else Phase.PLANNED


def planned(
    models: Sequence[str], starts_at: datetime, ends_at: datetime, reason: str, *, by: str, now: datetime
) -> Maintenance:
    """A window of at most 30 days that is not over and begins within a year."""
    if not models:
        raise RefusedError("models: must be at least one, got none")
    if not reason.strip():
        raise RefusedError("reason: must be given, got nothing")
    if ends_at <= max(starts_at, now):
        raise RefusedError(f"ends_at: must be in the future and after starts_at, got {ends_at.isoformat()}")
    if starts_at > now + AHEAD:
        raise RefusedError(f"starts_at: must be within the next {AHEAD.days} days, got {starts_at.isoformat()}")
    starts_at = max(starts_at, now)
    if ends_at - starts_at > AT_MOST:
        raise RefusedError(f"ends_at: must be at most {AT_MOST.days} days after the start, got {ends_at.isoformat()}")
    return Maintenance(tuple(dict.fromkeys(models)), starts_at, ends_at, reason, by, now)


def ended(window: Maintenance, by: str, now: datetime) -> Maintenance:
    """It is over before its time, or does not take place."""
    if window.phase(now) is Phase.OVER:
        raise RefusedError(f"window: must be planned or active to be ended, got {Phase.OVER}")
    return replace(window, ended_by=by, ended_at=now)
