"""Who may call an endpoint: each names the permission that it needs, and nothing is open by default."""

from collections.abc import Callable

from fastapi import Request

from fairlead.api.problem import ProblemError
from fairlead.api.service import Service
from fairlead.core.access import Caller, Permission


def service_of(request: Request) -> Service:
    """The service behind the server."""
    service: Service = request.app.state.service
    return service


def allowed(permission: Permission) -> Callable[[Request], Caller]:
    """A dependency that is the caller, if the caller may; else 401 or 403."""

    def caller(request: Request) -> Caller:
        found = service_of(request).access.authenticate(
            request.headers.get("authorization", ""), request.client.host if request.client else ""
        )
        if found is None:
            raise ProblemError(
                401, "authorization: must be a valid bearer token", {"WWW-Authenticate": 'Bearer realm="fairlead"'}
            )
        if not found.may(permission):
            raise ProblemError(403, f"role: must have the permission {permission}, got {found.role}")
        return found

    caller.permission = permission  # type: ignore[attr-defined]  # what the test of the access matrix reads
    return caller
