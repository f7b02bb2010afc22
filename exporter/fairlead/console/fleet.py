"""All models, worst first."""

from collections.abc import Sequence
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request, Response

from fairlead.console.page import Page
from fairlead.console.rendering import render
from fairlead.console.visitor import Visitor, service_of, visiting
from fairlead.core.access import Permission
from fairlead.core.standing import Standing

MOST = 100
"""Models of a page."""

Viewer = Annotated[Visitor, Depends(visiting(Permission.OVERVIEW))]
Words = Annotated[str, Query(max_length=128)]
Severity = Literal["", "critical", "warning", "inconclusive", "info", "none"]

router = APIRouter(route_class=Page)


@router.get("/models", include_in_schema=False)
def fleet(
    request: Request, visitor: Viewer, name: Words = "", severity: Severity = "", page: Annotated[int, Query(ge=1)] = 1
) -> Response:
    """The fleet; that somebody sees its fairness is in the audit log."""
    service = service_of(request)
    if visitor.caller.may(Permission.FAIRNESS):
        service.audit.note(visitor.caller, "fleet.read", request.url.path)
    everything = service.standings.all(visitor.caller)
    found = [one for one in everything if _is_wanted(one, name.casefold(), severity)]
    start = (page - 1) * MOST
    return render(
        request,
        "fleet.html",
        standings=found[start : start + MOST],
        counts=_counts(everything),
        total=len(found),
        start=start,
        name=name,
        severity=severity,
        page=page,
        more=len(found) > start + MOST,
    )


def _is_wanted(one: Standing, name: str, severity: str) -> bool:
    said = _severity(one)
    return name in f"{one.model} {one.team}".casefold() and severity in {"", said}


def _severity(one: Standing) -> str:
    return "none" if one.severity is None else one.severity.name.lower()


def _counts(standings: Sequence[Standing]) -> dict[str, int]:
    """How many models have each severity."""
    counts: dict[str, int] = {}
    for one in standings:
        counts[_severity(one)] = counts.get(_severity(one), 0) + 1
    return counts
