"""Maintenance windows, in which WARNINGs of some models are silent."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Protocol

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from pydantic import AwareDatetime, BaseModel, Field

from fairlead.api.access import allowed, service_of
from fairlead.api.body import Body, Name, Prose
from fairlead.api.cursor import Cursor, Limit, Page, page_of, position
from fairlead.api.once import Once, once
from fairlead.api.problem import ProblemError, documented
from fairlead.core.access import Caller, Permission
from fairlead.core.maintenance import Maintenance as Kept
from fairlead.core.maintenance import Phase
from fairlead.errors import UnknownMaintenanceError

Reader = Annotated[Caller, Depends(allowed(Permission.INCIDENTS_READ))]
Act = Annotated[Once, Depends(once(Permission.MAINTENANCE))]
Public = Annotated[str, Path(pattern=r"^MNT-[1-9][0-9]{0,8}$", description="Public name, such as MNT-3.")]


class Maintenance(Protocol):
    """Implemented in app. What is not allowed raises MaintenanceError, or a kind of it."""

    def now(self) -> datetime:
        """By the clock of this process."""

    def page(self, limit: int, before: int | None = None, *, over: bool = True) -> list[Kept]:
        """Newest first."""

    def add(
        self, caller: Caller, models: Sequence[str], starts_at: datetime | None, ends_at: datetime, reason: str
    ) -> Kept:
        """Plan a window; without a start it begins now."""

    def end(self, number: int, caller: Caller) -> Kept:
        """It is over, or does not take place."""

    def published(self) -> None:
        """Expose and carry out what was changed, once it is committed."""


class MaintenanceWindow(BaseModel):
    """Where it stands. ended_at is when somebody ended it before its time."""

    window: str
    models: list[str]
    phase: Phase
    starts_at: datetime
    ends_at: datetime
    reason: str
    created_by: str
    created_at: datetime
    ended_by: str | None
    ended_at: datetime | None


class MaintenancePlan(Body):
    """Which models, from when (now, if it is left out) and until when, at most 30 days, and why."""

    models: Annotated[list[Name], Field(min_length=1, max_length=1000)]
    starts_at: AwareDatetime | None = None
    ends_at: AwareDatetime
    reason: Prose


router = APIRouter(prefix="/api/v1/monitoring/maintenance", tags=["maintenance"])


@router.get("", responses=documented(422))
def windows(
    request: Request,
    _caller: Reader,
    over: Annotated[bool, Query(description="Also those that are over.")] = True,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[MaintenanceWindow]:
    """Maintenance windows, newest first."""
    found, now = _of(request).page(limit + 1, position(cursor), over=over), _of(request).now()
    return page_of(found, limit, lambda one: _shown(one, now))


@router.post("", response_model=MaintenanceWindow, status_code=201, responses=documented(409, 422))
def plan(request: Request, act: Act, body: MaintenancePlan) -> Response:
    """Plan a window: WARNINGs of these models are silent in it, CRITICALs never are."""
    return _done(
        request,
        act,
        lambda: _of(request).add(act.caller, body.models, body.starts_at, body.ends_at, body.reason),
        status=201,
    )


@router.post("/{window}/end", response_model=MaintenanceWindow, responses=documented(404, 409, 422))
def end(request: Request, act: Act, window: Public) -> Response:
    """End a window before its time, or call it off."""
    return _done(request, act, lambda: _of(request).end(int(window.removeprefix("MNT-")), act.caller))


def _of(request: Request) -> Maintenance:
    return service_of(request).maintenance


def _shown(one: Kept, now: datetime) -> MaintenanceWindow:
    facts = {name: getattr(one, name) for name in MaintenanceWindow.model_fields if hasattr(one, name)}
    return MaintenanceWindow(**{**facts, "window": one.name, "phase": one.phase(now)})


def _done(request: Request, act: Once, move: Callable[[], Kept], status: int = 200) -> Response:
    """Do it once, and show what has become of the window; one that is not known is 404."""
    try:
        answer = act(lambda: _shown(move(), _of(request).now()), status)
    except UnknownMaintenanceError as error:
        raise ProblemError(404, str(error)) from None
    _of(request).published()
    return answer
