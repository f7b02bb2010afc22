"""Incidents: lists, one with all that happened, and what people do with it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from fairlead.api.access import allowed, service_of
from fairlead.api.cursor import Cursor, Limit, Page, page_of, position
from fairlead.api.incident_service import Incidents
from fairlead.api.once import Once, once
from fairlead.api.problem import ProblemError, documented
from fairlead.core.access import Caller, Permission
from fairlead.core.families import FAMILIES
from fairlead.core.incident import Acceptance, Category, Closing, Opening, RootCause, Status
from fairlead.core.incident import Incident as Kept
from fairlead.core.timeline import Filter
from fairlead.errors import ForbiddenMoveError, UnknownIncidentError

Reader = Annotated[Caller, Depends(allowed(Permission.INCIDENTS_READ))]
Act = Annotated[Once, Depends(once(Permission.INCIDENTS))]
Name = Annotated[str, Path(pattern=r"^INC-[1-9][0-9]{0,8}$", description="Public name, such as INC-7.")]
Filtered = Annotated[str | None, Query(max_length=256)]
Statuses = Annotated[list[Status], Query(description="Any of these; may be given several times.")]
Text = Annotated[str, Field(min_length=1, max_length=20_000)]
Person = Annotated[str, Field(min_length=1, max_length=256)]

ACTED = documented(404, 409, 422)

router = APIRouter(prefix="/api/v1/incidents", tags=["incidents"])


class Incident(BaseModel):
    """Where an incident stands. waiting_since is when the first of its alerts began, or when it was reopened."""

    incident: str
    model: str
    family: str
    severity: str
    status: Status
    title: str
    opened_at: datetime
    waiting_since: datetime
    recovered_at: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    assigned_to: str | None
    resolved_at: datetime | None
    resolved_by: str | None
    resolution: str | None
    root_cause: RootCause | None
    category: Category | None
    requested_by: str | None
    accepted_until: datetime | None
    postmortem_due: datetime | None
    postmortem_at: datetime | None
    postmortem_by: str | None
    previous: str | None


class IncidentAlert(BaseModel):
    """An alert of an incident; ends_at is null while it fires."""

    fingerprint: str
    severity: str
    labels: dict[str, str]
    annotations: dict[str, str]
    first_at: datetime
    starts_at: datetime
    ends_at: datetime | None


class TimelineEvent(BaseModel):
    """Who did what, when. seconds is how long an acknowledgement or a closing took."""

    at: datetime
    actor: str
    role: str
    what: str
    text: str
    seconds: float | None


class WholeIncident(Incident):
    """An incident with its alerts and its timeline, oldest first."""

    alerts: list[IncidentAlert]
    timeline: list[TimelineEvent]


class Body(BaseModel):
    """What is sent: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")


class Opened(Body):
    """What is wrong with which part of a configured model, in a line, and why somebody should look into it."""

    model: Person
    family: Annotated[str, Field(pattern=f"^({'|'.join(FAMILIES)})$")]
    severity: Literal["warning", "critical"]
    title: Annotated[str, Field(min_length=1, max_length=256, pattern=r"\S")]
    reason: Annotated[str, Field(max_length=20_000)] = ""


class Note(Body):
    """A few words, or none."""

    text: Annotated[str, Field(max_length=20_000)] = ""


class Comment(Body):
    """A line for the timeline."""

    text: Text


class Assignment(Body):
    """Who is to look into it."""

    to: Person


class Resolution(Body):
    """A critical incident needs all three."""

    resolution: Text | None = None
    root_cause: RootCause | None = None
    category: Category | None = None


class AcceptedRisk(Body):
    """Who asks for it, why, and until when, at most 30 days; the caller approves."""

    rationale: Text
    root_cause: RootCause
    requested_by: Person
    until: AwareDatetime


class Reason(Body):
    """Why it was not over."""

    reason: Text


class PostMortem(Body):
    """What was learnt."""

    text: Text


def filtered(
    status: Statuses = [],  # noqa: B006 - never changed
    model: Filtered = None,
    family: Filtered = None,
    severity: Filtered = None,
) -> Filter:
    """What a list is asked for."""
    return Filter(tuple(one.value for one in status), model, family, severity)


@router.get("", responses=documented(422))
def incidents(
    request: Request,
    _caller: Reader,
    wanted: Annotated[Filter, Depends(filtered)],
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[Incident]:
    """Incidents, newest first."""
    found = _of(request).page(wanted, limit + 1, position(cursor))
    return page_of(found, limit, _shown)


@router.post("", response_model=Incident, status_code=201, responses=documented(409, 422))
def open_by_hand(request: Request, act: Act, body: Opened) -> Response:
    """Open an incident that no alert opens. 409 names the one of this model and family that is not closed, if any."""
    known = service_of(request).analyses.families()
    if body.model not in known:
        raise ProblemError(422, f"body.model: must be a configured model, got {body.model[:64]!r}")
    opening = Opening(**body.model_dump())
    return act(lambda: _shown(_of(request).open(opening, act.caller)), 201)


@router.get("/{incident}", responses=documented(404, 422))
def incident(request: Request, caller: Reader, incident: Name) -> WholeIncident:
    """One incident with its alerts and its timeline. Looks at fairness incidents are in the audit log."""
    with _answered():
        found, alerts, timeline = _of(request).get(_number(incident), caller)
    return WholeIncident(
        **_shown(found).model_dump(),
        alerts=[IncidentAlert.model_validate(alert, from_attributes=True) for alert in alerts],
        timeline=[TimelineEvent.model_validate(event, from_attributes=True) for event in timeline],
    )


@router.post("/{incident}/acknowledge", response_model=Incident, responses=ACTED)
def acknowledge(request: Request, act: Act, incident: Name, body: Note | None = None) -> Response:
    """Say that you look into it. The first wins: 409 tells the others who that is; the same person may say it again."""
    text = body.text if body else ""
    return _done(act, lambda: _of(request).acknowledge(_number(incident), act.caller, text))


@router.post("/{incident}/assign", response_model=Incident, responses=ACTED)
def assign(request: Request, act: Act, incident: Name, body: Assignment) -> Response:
    """Say who looks into it."""
    return _done(act, lambda: _of(request).assign(_number(incident), act.caller, body.to))


@router.post("/{incident}/comment", response_model=Incident, responses=ACTED)
def comment(request: Request, act: Act, incident: Name, body: Comment) -> Response:
    """Add a line to the timeline, also of a closed incident."""
    return _done(act, lambda: _of(request).comment(_number(incident), act.caller, body.text))


@router.post("/{incident}/resolve", response_model=Incident, responses=ACTED)
def resolve(request: Request, act: Act, incident: Name, body: Resolution) -> Response:
    """Close an acknowledged incident. A critical one needs a resolution, a root cause and a category."""
    closing = Closing(body.resolution, body.root_cause, body.category)
    return _done(act, lambda: _of(request).resolve(_number(incident), act.caller, closing))


@router.post("/{incident}/accept-risk", response_model=Incident, responses=ACTED)
def accept_risk(request: Request, act: Act, incident: Name, body: AcceptedRisk) -> Response:
    """Approve, at another person's request, to live with it: a compliance officer for fairness, else a lead or CTO."""
    acceptance = Acceptance(body.rationale, body.root_cause, body.requested_by, body.until)
    answer = _done(act, lambda: _of(request).accept_risk(_number(incident), act.caller, acceptance))
    service_of(request).exceptions.published()
    return answer


@router.post("/{incident}/reopen", response_model=Incident, responses=ACTED)
def reopen(request: Request, act: Act, incident: Name, body: Reason) -> Response:
    """Open a closed incident again: it was not over, and what was accepted of it is not."""
    answer = _done(act, lambda: _of(request).reopen(_number(incident), act.caller, body.reason))
    service_of(request).exceptions.published()
    return answer


@router.post("/{incident}/post-mortem", response_model=Incident, responses=ACTED)
def post_mortem(request: Request, act: Act, incident: Name, body: PostMortem) -> Response:
    """Write what was learnt, once, after the closing."""
    return _done(act, lambda: _of(request).postmortem(_number(incident), act.caller, body.text))


@router.get(
    "/{incident}/evidence",
    response_class=Response,
    responses={200: {"content": {"application/zip": {}}}, **documented(404, 422)},
)
def evidence(request: Request, caller: Reader, incident: Name) -> Response:
    """All that is known about it, as a zip with a manifest of hashes. The download is in the audit log."""
    with _answered():
        content = _of(request).evidence(_number(incident), caller)
    headers = {"Content-Disposition": f'attachment; filename="{incident}.zip"', "Cache-Control": "no-store"}
    return Response(content, media_type="application/zip", headers=headers)


def _of(request: Request) -> Incidents:
    return service_of(request).incidents


def _number(name: str) -> int:
    return int(name.removeprefix("INC-"))


def _shown(one: Kept) -> Incident:
    facts = {name: getattr(one, name) for name in Incident.model_fields if hasattr(one, name)}
    previous = None if one.previous is None else f"INC-{one.previous}"
    return Incident(**{**facts, "incident": one.name, "waiting_since": one.clock, "previous": previous})


def _done(act: Once, move: Callable[[], Kept]) -> Response:
    """Make a move once, and show what has become of the incident."""
    with _answered():
        return act(lambda: _shown(move()))


@contextmanager
def _answered() -> Iterator[None]:
    """An unknown incident is 404, a role that may not is 403; other moves that are not allowed are 409."""
    try:
        yield
    except UnknownIncidentError as error:
        raise ProblemError(404, str(error)) from None
    except ForbiddenMoveError as error:
        raise ProblemError(403, str(error)) from None
