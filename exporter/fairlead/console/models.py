"""One model: what its last analyses measured, how its features are distributed, its baselines, and Analyze now."""

from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Path, Request, Response
from fastapi.responses import RedirectResponse

from fairlead.api.problem import ProblemError
from fairlead.console.form import Sent, sent
from fairlead.console.measured import rows
from fairlead.console.page import Page
from fairlead.console.rendering import render
from fairlead.console.visitor import Visitor, service_of, visiting
from fairlead.core.access import Caller, Permission
from fairlead.core.histogram import Histogram
from fairlead.core.run import Run
from fairlead.core.snapshot import ModelState
from fairlead.core.timeline import Filter

BASELINES, INCIDENTS = 20, 5
"""Of each, so many are listed."""

Name = Annotated[str, Path(min_length=1, max_length=128)]
Number = Annotated[int, Path(ge=1, le=2**31 - 1)]

router = APIRouter(route_class=Page)


@router.get("/models/{name:path}", include_in_schema=False)
def model(
    request: Request, visitor: Annotated[Visitor, Depends(visiting(Permission.OVERVIEW))], name: Name
) -> Response:
    """Everything about a model; that somebody reads its fairness is in the audit log."""
    service, caller = service_of(request), visitor.caller
    state = _state(request, name)
    families = [one for one in state.next_due if one != "fairness" or caller.may(Permission.FAIRNESS)]
    incidents = []
    if caller.may(Permission.INCIDENTS_READ):
        wanted = Filter(("open", "acknowledged"), model=name)
        incidents = service.incidents.page(wanted, INCIDENTS)
    return render(
        request,
        "model.html",
        model=state,
        families=[_family(request, caller, state, family) for family in families],
        charts=_charts(request, caller, state),
        baselines=service.baselines.page(name, None, None, None, BASELINES),
        incidents=incidents,
        shows_due=caller.may(Permission.HEALTH),
        asked=request.query_params.get("asked", "")[:10],
    )


@router.post("/models/{name:path}/analyze", include_in_schema=False)
def analyze(request: Request, form: Annotated[Sent, Depends(sent(Permission.ANALYSE))], name: Name) -> Response:
    """Ask for an analysis of the families that are chosen, or of all."""
    service = service_of(request)
    known = service.analyses.families().get(name)
    if known is None:
        raise ProblemError(404, f"model: must be a configured model, got {name!r}")
    family = form.text("family", 16)
    if family and family not in known:
        raise ProblemError(422, f"family: must be measured of model {name!r}, got {family!r}")
    number = service.analyses.request(form.visitor.caller, [name], [family] if family else [], None)
    if number is None:
        raise ProblemError(429, "queue: must have room, got as many requests as may wait", {"Retry-After": "60"})
    service.analyses.wake()
    return RedirectResponse(f"/models/{quote(name, safe='')}?asked={number}", 303)


@router.get("/analyses/{number}", include_in_schema=False)
def analysis(
    request: Request, visitor: Annotated[Visitor, Depends(visiting(Permission.ANALYSE))], number: Number
) -> Response:
    """How far a requested analysis is."""
    found = service_of(request).analyses.get(number)
    if found is None:
        raise ProblemError(404, f"analyses: must be the id of a request, got {number}")
    return render(request, "analysis.html", wanted=found[0], runs=found[1])


def _state(request: Request, name: str) -> ModelState:
    snapshot = service_of(request).snapshot()
    for state in snapshot.models if snapshot else ():
        if state.name == name:
            return state
    raise ProblemError(404, f"model: must be a configured model, got {name!r}")


def _family(request: Request, caller: Caller, state: ModelState, family: str) -> dict[str, Any]:
    """The last run of a family with its rows, and when the next one is due."""
    run = state.runs.get(family)
    record = None if run is None else service_of(request).records.one(run.id, caller)
    return {
        "family": family,
        "record": record,
        "rows": [] if record is None else rows(record),
        "due": state.next_due[family],
        "succeeded": state.last_success.get(family),
    }


def _charts(request: Request, caller: Caller, state: ModelState) -> dict[str, Any]:
    """Histograms of the window that was last analysed for drift, those that moved most first."""
    run: Run | None = state.runs.get("data") or state.runs.get("model")
    found: list[Histogram] = [] if run is None else list(service_of(request).distributions.of(run, caller))
    return {"run": run, "histograms": sorted(found, key=lambda one: -one.distance)}
