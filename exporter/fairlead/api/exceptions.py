"""Accepted risks: who asks, who decides, and which are in force."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
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
from fairlead.core.exception import Exemption, Filter, Standing, Subject
from fairlead.errors import ForbiddenExemptionError, UnknownExemptionError

Reader = Annotated[Caller, Depends(allowed(Permission.INCIDENTS_READ))]
Act = Annotated[Once, Depends(once(Permission.EXCEPTIONS))]
Public = Annotated[str, Path(pattern=r"^EXC-[1-9][0-9]{0,8}$", description="Public name, such as EXC-7.")]
Narrow = Annotated[str, Field(max_length=128)]
Filtered = Annotated[str | None, Query(max_length=256)]
Statuses = Annotated[list[Standing], Query(description="Any of these; may be given several times.")]

ACTED = documented(404, 409, 422)


class Exceptions(Protocol):
    """Implemented in app. Moves that are not allowed raise ExemptionError, or a kind of it."""

    def page(self, wanted: Filter, limit: int, before: int | None = None) -> list[Exemption]:
        """Newest first, each as it stands now."""

    def request(self, caller: Caller, subject: Subject, rationale: str, until: datetime) -> Exemption:
        """Ask to live with what a metric of a model says."""

    def approve(self, number: int, caller: Caller, note: str = "") -> Exemption:
        """Agree."""

    def refuse(self, number: int, caller: Caller, reason: str) -> Exemption:
        """Say no."""

    def revoke(self, number: int, caller: Caller, reason: str) -> Exemption:
        """End it before its time."""

    def published(self) -> None:
        """Expose and carry out what was changed, once it is committed."""


class AcceptedException(BaseModel):
    """Where it stands. feature and attribute are empty when it is about all of them."""

    exception: str
    model: str
    metric: str
    family: str
    feature: str
    attribute: str
    status: Standing
    rationale: str
    requested_by: str
    requested_at: datetime
    until: datetime
    decided_by: str | None
    decided_at: datetime | None
    decision: str | None
    revoked_by: str | None
    revoked_at: datetime | None
    revoked_because: str | None
    incident: str | None


class ExceptionRequest(Body):
    """What is to be lived with, why, and until when: at most 30 days. feature or attribute narrow it."""

    model: Name
    metric: Name
    feature: Narrow = ""
    attribute: Narrow = ""
    rationale: Prose
    until: AwareDatetime


class Approval(Body):
    """A few words, or none."""

    note: Annotated[str, Field(max_length=16_384)] = ""


class ExceptionReason(Body):
    """Why not, or why not any longer."""

    reason: Prose


router = APIRouter(prefix="/api/v1/monitoring/exceptions", tags=["exceptions"])


def filtered(
    status: Statuses = [],  # noqa: B006 - never changed
    model: Filtered = None,
    metric: Filtered = None,
) -> Filter:
    """What a list is asked for."""
    return Filter(tuple(status), model, metric)


@router.get("", responses=documented(422))
def exceptions(
    request: Request,
    _caller: Reader,
    wanted: Annotated[Filter, Depends(filtered)],
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[AcceptedException]:
    """Accepted risks and requests, newest first."""
    found = _of(request).page(wanted, limit + 1, position(cursor))
    return page_of(found, limit, _shown)


@router.post("", response_model=AcceptedException, status_code=201, responses=documented(409, 422))
def ask(request: Request, act: Act, body: ExceptionRequest) -> Response:
    """Ask to live with what a metric of a model says; another person decides."""
    subject = Subject(body.model, body.metric, body.feature, body.attribute)
    return _done(
        request, act, lambda: _of(request).request(act.caller, subject, body.rationale, body.until), status=201
    )


@router.post("/{exception}/approve", response_model=AcceptedException, responses=ACTED)
def approve(request: Request, act: Act, exception: Public, body: Approval | None = None) -> Response:
    """Agree: a compliance officer for fairness, else a lead, CTO or administrator; never the one who asks."""
    note = body.note if body else ""
    return _done(request, act, lambda: _of(request).approve(_number(exception), act.caller, note))


@router.post("/{exception}/refuse", response_model=AcceptedException, responses=ACTED)
def refuse(request: Request, act: Act, exception: Public, body: ExceptionReason) -> Response:
    """Say no, and why: the same people as for an approval."""
    return _done(request, act, lambda: _of(request).refuse(_number(exception), act.caller, body.reason))


@router.post("/{exception}/revoke", response_model=AcceptedException, responses=ACTED)
def revoke(request: Request, act: Act, exception: Public, body: ExceptionReason) -> Response:
    """End one before its time, or withdraw a request: its alerts are told again."""
    return _done(request, act, lambda: _of(request).revoke(_number(exception), act.caller, body.reason))


def _of(request: Request) -> Exceptions:
    return service_of(request).exceptions


def _number(name: str) -> int:
    return int(name.removeprefix("EXC-"))


def _shown(one: Exemption) -> AcceptedException:
    facts = {name: getattr(one, name) for name in AcceptedException.model_fields if hasattr(one, name)}
    about = {name: getattr(one.subject, name) for name in ("model", "metric", "family", "feature", "attribute")}
    incident = None if one.incident is None else f"INC-{one.incident}"
    return AcceptedException(**{**facts, **about, "exception": one.name, "incident": incident})


def _done(request: Request, act: Once, move: Callable[[], Exemption], status: int = 200) -> Response:
    """Make a move once, and show what has become of it."""
    with _answered():
        answer = act(lambda: _shown(move()), status)
    _of(request).published()
    return answer


@contextmanager
def _answered() -> Iterator[None]:
    """An unknown exception is 404, a role that may not is 403; other moves that are not allowed are 409."""
    try:
        yield
    except UnknownExemptionError as error:
        raise ProblemError(404, str(error)) from None
    except ForbiddenExemptionError as error:
        raise ProblemError(403, str(error)) from None
