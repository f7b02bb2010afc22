"""Accepted risks: who asks for which, why, until when, and what is decided."""

from collections.abc import Callable
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from fastapi.responses import RedirectResponse

from fairlead.api.cursor import cursor_of, position
from fairlead.api.exceptions import Exceptions
from fairlead.api.problem import ProblemError
from fairlead.console.form import LINE, Sent, sent
from fairlead.console.page import Page, status_of
from fairlead.console.rendering import render
from fairlead.console.visitor import Visitor, service_of, visiting
from fairlead.core.access import Caller, Permission
from fairlead.core.exception import Exemption, Filter, Standing, Subject
from fairlead.core.incident import ACCEPTED_AT_MOST, acceptors
from fairlead.core.schedule import DAY
from fairlead.core.thresholds import COMPARISONS
from fairlead.errors import FairleadError

MOST = 50
"""Exceptions of a page."""
CHOICES: dict[str, tuple[Standing, ...]] = {
    "current": (Standing.REQUESTED, Standing.APPROVED),
    "any": (),
    **{one.value: (one,) for one in Standing},
}

Words = Annotated[str, Query(max_length=128)]
Which = Literal["current", "any", "requested", "approved", "refused", "revoked", "expired"]

router = APIRouter(route_class=Page)


@router.get("/exceptions", include_in_schema=False)
def exceptions(
    request: Request,
    visitor: Annotated[Visitor, Depends(visiting(Permission.INCIDENTS_READ))],
    *,
    status: Which = "current",
    model: Words = "",
    cursor: Annotated[str | None, Query(max_length=64)] = None,
) -> Response:
    """Requests and accepted risks, newest first; at first those that are not over."""
    done = MOVES.get(request.query_params.get("done", ""))
    return _shown(request, visitor, which=status, model=model, cursor=cursor, done=done[0] if done else "")


@router.post("/exceptions/{move}", include_in_schema=False)
def act(
    request: Request,
    form: Annotated[Sent, Depends(sent(Permission.EXCEPTIONS))],
    move: Annotated[str, Path(max_length=16)],
) -> Response:
    """Ask, decide or end; what is refused comes back with what was typed."""
    if move not in MOVES:
        raise ProblemError(404, f"move: must be one of {', '.join(MOVES)}, got {move!r}")
    service = service_of(request).exceptions
    try:
        form.once(lambda: {"exception": MOVES[move][1](service, form).name})
    except (FairleadError, ProblemError) as error:
        status = error.status if isinstance(error, ProblemError) else status_of(error)
        if status not in {403, 409, 422}:
            raise
        why = error.detail if isinstance(error, ProblemError) else str(error)
        return _shown(request, form.visitor, code=status, refused=(move, why), typed=form.fields)
    service.published()
    return RedirectResponse(f"/exceptions?done={move}", 303)


def decides(one: Exemption, caller: Caller) -> bool:
    """Whether a decision of this caller would be taken: for the page, the service decides."""
    asks = one.requested_by.strip().casefold() == caller.name.strip().casefold()
    return one.status is Standing.REQUESTED and caller.role in acceptors(one.subject.family) and not asks


def _shown(
    request: Request,
    visitor: Visitor,
    *,
    code: int = 200,
    which: str = "current",
    model: str = "",
    cursor: str | None = None,
    done: str = "",
    refused: tuple[str, str] = ("", ""),
    typed: dict[str, str] | None = None,
) -> Response:
    service, caller = service_of(request), visitor.caller
    found = service.exceptions.page(Filter(CHOICES[which], model or None), MOST + 1, position(cursor))
    snapshot = service.snapshot()
    return render(
        request,
        "exceptions.html",
        code,
        exceptions=found[:MOST],
        following=cursor_of(found[MOST - 1].id) if len(found) > MOST else None,
        later=cursor is not None,
        chosen={"status": which, "model": model},
        choices=list(CHOICES),
        may_ask=caller.may(Permission.EXCEPTIONS),
        decided={one.id for one in found if decides(one, caller)},
        models=[one.name for one in (snapshot.models if snapshot else ())],
        metrics=list(COMPARISONS),
        done=done,
        refused_move=refused[0],
        refused_why=refused[1],
        typed=typed or {},
        last_day=(service.analyses.now() + ACCEPTED_AT_MOST - DAY).date().isoformat(),
    )


def _request(exceptions: Exceptions, form: Sent) -> Exemption:
    subject = Subject(*(form.text(name, 128) for name in ("model", "metric", "feature", "attribute")))
    if not subject.model:
        raise ProblemError(422, "model: must be given, got nothing")
    return exceptions.request(form.visitor.caller, subject, form.text("rationale"), form.day("until"))


def _approve(exceptions: Exceptions, form: Sent) -> Exemption:
    return exceptions.approve(_number(form), form.visitor.caller, form.text("reason"))


def _refuse(exceptions: Exceptions, form: Sent) -> Exemption:
    return exceptions.refuse(_number(form), form.visitor.caller, form.text("reason"))


def _revoke(exceptions: Exceptions, form: Sent) -> Exemption:
    return exceptions.revoke(_number(form), form.visitor.caller, form.text("reason"))


def _number(form: Sent) -> int:
    found = form.text("exception", LINE).removeprefix("EXC-")
    if not (found.isascii() and found.isdecimal() and len(found) <= 9):
        raise ProblemError(422, f"exception: must be a name such as EXC-7, got {found[:64]!r}")
    return int(found)


MOVES: dict[str, tuple[str, Callable[[Exceptions, Sent], Exemption]]] = {
    "request": ("Requested: another person decides.", _request),
    "approve": ("Approved.", _approve),
    "refuse": ("Refused.", _refuse),
    "revoke": ("Ended.", _revoke),
}
"""By the end of the path: what is said when it is done, and what it does."""
