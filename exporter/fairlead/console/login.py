"""Logging in with a bearer token, and out."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse

from fairlead.api.gate import retry_after
from fairlead.api.problem import ProblemError
from fairlead.api.source import network_of
from fairlead.api.throttle import Throttle
from fairlead.console.form import TOKEN, Sent, fields_of, refuse_other_sites, sent
from fairlead.console.page import Page
from fairlead.console.rendering import render
from fairlead.console.visitor import (
    LOGIN,
    MOST,
    SESSION,
    cookie_name,
    drop_cookie,
    form_token,
    is_token,
    local,
    new_secret,
    service_of,
    set_cookie,
    source,
)
from fairlead.core.access import Permission
from fairlead.errors import RoleError

router = APIRouter(route_class=Page)
Next = Annotated[str, Query(alias="next", max_length=MOST)]


@router.get("/login", include_in_schema=False)
def ask(request: Request, back: Next = "", out: bool = False) -> Response:
    """The form; its token belongs to a cookie of its own, which ends when somebody is let in."""
    secret = request.cookies.get(cookie_name(request, LOGIN), "") or new_secret()
    said = "You are logged out." if out else ""
    response = render(request, "login.html", back=local(back), token=form_token(secret), error="", said=said)
    set_cookie(request, response, LOGIN, secret)
    return response


@router.post("/login", include_in_schema=False)
async def enter(request: Request) -> Response:
    """Open a session, always a new one, and go where the visitor wanted to."""
    refuse_other_sites(request)
    secret = request.cookies.get(cookie_name(request, LOGIN), "")
    fields = await fields_of(request)
    if not is_token(fields.get(TOKEN, ""), secret):
        raise ProblemError(403, "form: must come from a page of this browser, got another: load the page again")
    back = local(fields.get("next", ""))
    try:
        opened = await run_in_threadpool(_open, request, fields.get("credential", "").strip())
    except ProblemError as error:
        response: Response = render(
            request, "login.html", error.status, back=back, token=form_token(secret), error=error.detail, said=""
        )
        response.headers.update(error.headers)
        return response
    response = RedirectResponse(back, 303)
    set_cookie(request, response, SESSION, opened)
    drop_cookie(request, response, LOGIN)
    return response


@router.post("/logout", include_in_schema=False)
def leave(request: Request, form: Annotated[Sent, Depends(sent(Permission.OVERVIEW))]) -> Response:
    """End the session here and in the store."""
    service_of(request).sessions.close(form.visitor.secret, form.visitor.caller)
    response = RedirectResponse("/login?out=true", 303)
    drop_cookie(request, response, SESSION)
    return response


def _open(request: Request, credential: str) -> str:
    """The secret of a new session; whoever fails too often waits, as at the API."""
    throttle: Throttle = request.app.state.throttle
    service, address = service_of(request), source(request)
    try:
        caller = service.access.authenticate(f"Bearer {credential}", address)
    except RoleError as error:
        raise ProblemError(403, str(error)) from None
    if caller is None:
        if credential and (seconds := throttle.spend(network_of(address))):
            raise ProblemError(429, "token: must be valid, got too many that were not", retry_after(seconds))
        raise ProblemError(401, "token: must be valid, got one that is not, or has expired or was revoked")
    if not caller.may(Permission.OVERVIEW):
        raise ProblemError(403, f"role: must be one of people, got {caller.role}")
    opened = service.sessions.open(credential, address)
    if opened is None:
        raise ProblemError(401, "token: must be valid, got one that has ended just now")
    return opened[0]
