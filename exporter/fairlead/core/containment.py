"""Containment: what the serving platform is asked to do about a model, and who may lift it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from fairlead.core.access import Role

LIFTERS = (Role.ML_LEAD, Role.COMPLIANCE_OFFICER, Role.CTO, Role.ADMIN)
"""Who may lift it: people who answer for a model, never a program."""
SLOWLY = timedelta(minutes=15)
LONGEST = timedelta(minutes=1)


class Action(StrEnum):
    """What the platform is asked to do."""

    FREEZE = "freeze"
    MANUAL_REVIEW = "manual_review"
    UNFREEZE = "unfreeze"


class State(StrEnum):
    """What became of a call: one that is superseded by a later one is not made any more, one that is held never was."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    SUPERSEDED = "superseded"
    HELD = "held"


@dataclass(frozen=True, slots=True)
class Call:
    """A call of the platform. key and body are the same at every try; incident is None for one that lifts."""

    model: str
    action: Action
    state: State
    key: str
    body: str
    reason: str
    ordered_by: str
    ordered_at: datetime
    incident: int | None = None
    since: datetime | None = None
    tries: int = 0
    again_at: datetime | None = None
    delivered_at: datetime | None = None
    failure: str | None = None
    id: int = 0


def pause(tries: int, retries: int) -> timedelta:
    """How long to wait after so many tries: 1, 2, 4 … 60 seconds, and after the retries a quarter of an hour."""
    if tries > retries:
        return SLOWLY
    return min(timedelta(seconds=1 << min(tries - 1, 10)), LONGEST)


def contains(last: Call | None) -> bool:
    """Whether a model is contained, by the last call that was not held."""
    return last is not None and last.action is not Action.UNFREEZE
