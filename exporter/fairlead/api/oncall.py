"""Who is on call."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Protocol

from fastapi import APIRouter, Depends, Query, Request
from pydantic import AwareDatetime, BaseModel

from fairlead.api.access import allowed, service_of
from fairlead.api.problem import ProblemError, documented
from fairlead.core.access import Permission
from fairlead.core.rotation import Turn as Kept

READERS = Depends(allowed(Permission.INCIDENTS_READ))
At = Annotated[AwareDatetime | None, Query(description="Another moment than now.")]


class Oncall(Protocol):
    """Implemented in app."""

    def now(self) -> datetime:
        """By the clock of this process."""

    def at(self, moment: datetime) -> Sequence[Kept]:
        """Who is on call at a moment, one for each rotation."""


class Turn(BaseModel):
    """Who is on call in a rotation, how to reach them, since and until when, and who is next."""

    rotation: str
    name: str
    email: str
    slack: str
    phone: str
    since: datetime
    until: datetime
    next: str


class Turns(BaseModel):
    """One for each rotation, in the order of the configuration."""

    at: datetime
    items: list[Turn]


router = APIRouter(tags=["on call"])


@router.get("/api/v1/oncall", responses=documented(422), dependencies=[READERS])
def oncall(request: Request, at: At = None) -> Turns:
    """Who is on call; nobody where no rotation is configured."""
    found = service_of(request).oncall
    moment = at or found.now()
    try:
        turns = found.at(moment)
    except OverflowError:
        raise ProblemError(422, "query.at: must be a time within the calendar, got one at its end") from None
    return Turns(at=moment, items=[Turn.model_validate(one, from_attributes=True) for one in turns])
