"""Incidents: the list, and one with its alerts, its timeline and the forms to act on it."""

from datetime import timedelta
from typing import Annotated, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from fastapi.responses import RedirectResponse

from fairlead.api.cursor import cursor_of, position
from fairlead.api.problem import ProblemError
from fairlead.console.form import Sent, sent
from fairlead.console.moves import MOVES, offered
from fairlead.console.page import Page, status_of
from fairlead.console.rendering import render, segment
from fairlead.console.visitor import Visitor, service_of, visiting
from fairlead.core.access import Permission
from fairlead.core.families import FAMILIES
from fairlead.core.incident import ACCEPTED_AT_MOST, Category, RootCause, Status
from fairlead.core.timeline import Filter
from fairlead.errors import FairleadError

MOST = 50
"""Incidents of a page."""
CHOICES = {"unclosed": (Status.OPEN, Status.ACKNOWLEDGED), "any": (), **{one.value: (one,) for one in Status}}
"""What the list can be narrowed to."""

Reader = Annotated[Visitor, Depends(visiting(Permission.INCIDENTS_READ))]
Number = Annotated[int, Path(ge=1, le=999_999_999)]
Words = Annotated[str, Query(max_length=256)]
Which = Literal["unclosed", "any", "open", "acknowledged", "resolved", "accepted_risk"]

router = APIRouter(route_class=Page)


@router.get("/incidents", include_in_schema=False)
def incidents(
    request: Request,
    visitor: Reader,
    *,
    status: Which = "unclosed",
    model: Words = "",
    family: Words = "",
    severity: Words = "",
    cursor: Annotated[str | None, Query(max_length=64)] = None,
) -> Response:
    """Incidents, newest first; at first those that are not closed."""
    statuses = tuple(one.value for one in CHOICES[status])
    wanted = Filter(statuses, model or None, family or None, severity or None)
    found = service_of(request).incidents.page(wanted, MOST + 1, position(cursor))
    chosen = {"status": status, "model": model, "family": family, "severity": severity}
    return render(
        request,
        "incidents.html",
        incidents=found[:MOST],
        following=cursor_of(found[MOST - 1].id) if len(found) > MOST else None,
        chosen=chosen,
        choices=list(CHOICES),
        families=[*FAMILIES, "composite", "platform", "indicator", "baseline"],
        later=cursor is not None,
    )


@router.get("/incidents/INC-{number}", include_in_schema=False)
def incident(request: Request, visitor: Reader, number: Number) -> Response:
    """One incident. A look at one of fairness is in the audit log."""
    done = MOVES.get(request.query_params.get("done", ""))
    return _shown(request, visitor, number, done=done.done if done else "")


@router.get("/incidents/INC-{number}/evidence", include_in_schema=False)
def evidence(request: Request, visitor: Reader, number: Number) -> Response:
    """All that is known about it, as a zip; the download is in the audit log."""
    content = service_of(request).incidents.evidence(number, visitor.caller)
    headers = {"Content-Disposition": f'attachment; filename="INC-{number}.zip"'}
    return Response(content, media_type="application/zip", headers=headers)


@router.post("/incidents/INC-{number}/{move}", include_in_schema=False)
def act(
    request: Request,
    form: Annotated[Sent, Depends(sent(Permission.INCIDENTS))],
    number: Number,
    move: Annotated[str, Path(max_length=16)],
) -> Response:
    """Make a move, once however often the form is sent; what is refused comes back with what was typed."""
    wanted, service = MOVES.get(move), service_of(request)
    if wanted is None:
        raise ProblemError(404, f"move: must be one of {', '.join(MOVES)}, got {move!r}")
    try:
        form.once(lambda: {"incident": wanted.act(service.incidents, number, form).name})
    except ProblemError as error:
        if error.status != 422:
            raise
        return _shown(request, form.visitor, number, status=422, refused=(move, error.detail), typed=form.fields)
    except FairleadError as error:
        status = status_of(error)
        if status in {404, 503}:
            raise
        return _shown(request, form.visitor, number, status=status, refused=(move, str(error)), typed=form.fields)
    return RedirectResponse(f"/incidents/INC-{number}?done={move}", 303)


@router.get("/alerts/{fingerprint}", include_in_schema=False)
def alert(
    request: Request,
    visitor: Annotated[Visitor, Depends(visiting(Permission.OVERVIEW))],
    fingerprint: Annotated[str, Path(pattern="^[0-9a-f]{1,64}$")],
    model: Words = "",
    family: Words = "",
) -> Response:
    """Where links in messages lead: to the incident that has the alert, else to that of its model and family.

    Without an incident it is the model; rungs of an escalation are alerts that no incident has.
    """
    service, reads = service_of(request), visitor.may(Permission.INCIDENTS_READ)
    found = service.incidents.holding(fingerprint)
    if found is None and model and family and reads:
        open_ones = Filter(("open", "acknowledged"), model, family)
        found = next(iter(service.incidents.page(open_ones, 1)), None)
    if found is not None:
        return RedirectResponse(f"/incidents/{found.name}", 303)
    model = model or service.incidents.subject_of(fingerprint)
    if model in monitored(request):
        return RedirectResponse(f"/models/{segment(model)}", 303)
    if model and reads:
        return RedirectResponse(f"/incidents?{urlencode({'status': 'any', 'model': model, 'family': family})}", 303)
    return render(request, "unknown-alert.html", 404, fingerprint=fingerprint)


def monitored(request: Request) -> set[str]:
    """Names of the models that have a page."""
    snapshot = service_of(request).snapshot()
    return {one.name for one in (snapshot.models if snapshot else ())}


def _shown(
    request: Request,
    visitor: Visitor,
    number: int,
    *,
    status: int = 200,
    done: str = "",
    refused: tuple[str, str] = ("", ""),
    typed: dict[str, str] | None = None,
) -> Response:
    service, caller = service_of(request), visitor.caller
    found, alerts, timeline = service.incidents.get(number, caller)
    return render(
        request,
        "incident.html",
        status,
        incident=found,
        alerts=alerts,
        timeline=timeline,
        offered=offered(found, caller),
        may_act=caller.may(Permission.INCIDENTS),
        monitored=found.model in monitored(request),
        done=done,
        refused_move=refused[0],
        refused_why=refused[1],
        typed=typed or {},
        causes=[one.value for one in RootCause],
        categories=[one.value for one in Category if one is not Category.ACCEPTED_RISK],
        last_day=(service.incidents.now() + ACCEPTED_AT_MOST - timedelta(days=1)).date().isoformat(),
    )
