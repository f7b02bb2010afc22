"""What is kept of an incident besides its state: its alerts, and line by line what happened."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Attached:
    """An alert of an incident: when it first began, when it last did, and when it ended, if it does not fire."""

    incident: int
    fingerprint: str
    severity: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    first_at: datetime
    starts_at: datetime
    ends_at: datetime | None

    @property
    def firing(self) -> bool:
        """Whether it fired when last heard of."""
        return self.ends_at is None


@dataclass(frozen=True, slots=True)
class Event:
    """One line of a timeline. severity is the incident's at that time; seconds passed until an answer, if it is one."""

    incident: int
    at: datetime
    actor: str
    role: str
    what: str
    text: str = ""
    severity: str = ""
    seconds: float | None = None
    id: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """What of a line is counted."""

    id: int
    what: str
    family: str
    severity: str
    seconds: float | None


@dataclass(frozen=True, slots=True)
class Filter:
    """Which incidents a list has; None, and no status, is any."""

    status: tuple[str, ...] = ()
    model: str | None = None
    family: str | None = None
    severity: str | None = None
