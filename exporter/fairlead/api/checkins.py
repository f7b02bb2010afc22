"""Agents, tasks and feeds report here that they are alive, done or delivered."""

from datetime import datetime
from typing import Annotated, Any, Literal, Protocol

from fastapi import APIRouter, Depends, Path, Request, Response
from pydantic import BaseModel, StringConstraints

from fairlead.api.access import allowed, service_of
from fairlead.api.body import Body
from fairlead.api.once import Once, once
from fairlead.api.problem import ProblemError, documented
from fairlead.core.access import Caller, Permission

Name = Annotated[str, Path(min_length=1, max_length=128)]
Write = Annotated[Once, Depends(once(Permission.PUSH))]
READERS = Depends(allowed(Permission.HEALTH))


class Checkins(Protocol):
    """Implemented in app."""

    def report(self, name: str, status: str, message: str, caller: Caller) -> dict[str, Any] | None:
        """Keep a report; None for a name that is not configured."""

    def published(self) -> None:
        """Expose what was reported, once it is committed."""

    def one(self, name: str) -> dict[str, Any] | None:
        """One check-in; None for a name that is not configured."""

    def all(self) -> list[dict[str, Any]]:
        """All configured check-ins."""


class Report(Body):
    """A failure is kept and shown, but does not count as a check-in."""

    status: Literal["ok", "failed"] = "ok"
    message: Annotated[str, StringConstraints(max_length=4096)] = ""


class Checkin(BaseModel):
    """due: when it is overdue unless it reports before; status and message are those of the last report."""

    name: str
    team: str
    kind: Literal["agent", "task", "feed"]
    interval_seconds: float
    waiting_since: datetime
    last_ok: datetime | None
    last_failed: datetime | None
    due: datetime
    overdue: bool
    status: Literal["ok", "failed"] | None
    message: str | None
    reported_by: str | None


class AllCheckins(BaseModel):
    """All that are configured."""

    items: list[Checkin]


router = APIRouter(tags=["check-ins"])


@router.post("/api/v1/checkins/{name}", response_model=Checkin, responses=documented(404))
def report(request: Request, name: Name, write: Write, body: Report | None = None) -> Response:
    """Report; without a body all is well."""
    checkins, told = service_of(request).checkins, body or Report()

    def work() -> Checkin:
        return _known(name, checkins.report(name, told.status, told.message, write.caller))

    answer = write(work)
    checkins.published()
    return answer


@router.get("/api/v1/checkins/{name}", responses=documented(404), dependencies=[READERS])
def one(request: Request, name: Name) -> Checkin:
    """One check-in."""
    return _known(name, service_of(request).checkins.one(name))


@router.get("/api/v1/checkins", dependencies=[READERS])
def every(request: Request) -> AllCheckins:
    """All check-ins in the order of the configuration."""
    return AllCheckins.model_validate({"items": service_of(request).checkins.all()})


def _known(name: str, found: dict[str, Any] | None) -> Checkin:
    if found is None:
        raise ProblemError(404, f"checkin: must be a configured one, got {name!r}")
    return Checkin.model_validate(found)
