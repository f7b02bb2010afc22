"""In front of /api/v1: nobody comes in without valid credentials, whatever a route asks for."""

from math import ceil

from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from fairlead.api.problem import ProblemError, problem
from fairlead.api.service import Service
from fairlead.api.source import network_of, source_of
from fairlead.api.throttle import Throttle
from fairlead.core.access import Caller
from fairlead.errors import RoleError, StoreError

BEHIND = "/api/v1"
OPEN = frozenset({"/api/v1/openapi.json"})
"""What anybody may read: the description of the interface, which is the same in every installation."""
CHALLENGE = {"WWW-Authenticate": 'Bearer realm="fairlead"'}


class Gate:
    """Lets requests with a valid bearer token through, with the caller in their state, before any body is read."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 401, 403 or 429, or let the application answer."""
        if scope["type"] != "http" or not is_behind(scope["path"]):
            await self._app(scope, receive, send)
            return
        request = HTTPConnection(scope)
        try:
            request.state.caller = await run_in_threadpool(authenticated, request)
        except ProblemError as error:
            response = problem(error.status, error.detail, headers=error.headers)
        except StoreError as error:
            response = problem(503, str(error), headers={"Retry-After": "5"})
        else:
            await self._app(scope, receive, send)
            return
        await response(scope, receive, send)


def is_behind(path: str) -> bool:
    """Whether a path is one that nobody gets to without credentials."""
    return (path == BEHIND or path.startswith(f"{BEHIND}/")) and path not in OPEN


def authenticated(request: HTTPConnection) -> Caller:
    """The caller; 401 without valid credentials, 429 after too many wrong ones, 403 for who has no role.

    Valid credentials are let in even from an address that others fail from: they have too many bits to be guessed.
    """
    service: Service = request.app.state.service
    throttle: Throttle = request.app.state.throttle
    authorization, source = request.headers.get("authorization", ""), source_of(request, service.access.trusts)
    try:
        caller = service.access.authenticate(authorization, source)
    except RoleError as error:
        raise ProblemError(403, str(error)) from None
    if caller is not None:
        return caller
    if authorization and (seconds := throttle.spend(network_of(source))):
        raise ProblemError(429, "authorization: must be valid, got too many that were not", retry_after(seconds))
    raise ProblemError(401, "authorization: must be a valid bearer token", CHALLENGE)


def retry_after(seconds: float) -> dict[str, str]:
    """The header that says when to come again."""
    return {"Retry-After": str(ceil(seconds))}
