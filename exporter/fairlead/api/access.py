"""Who may call an endpoint: each names the permission that it needs, and nothing is open by default."""

from collections.abc import Callable

from fastapi import Request

from fairlead.api.gate import authenticated
from fairlead.api.problem import ProblemError
from fairlead.api.service import Service
from fairlead.core.access import Caller, Permission


def service_of(request: Request) -> Service:
    """The service behind the server."""
    service: Service = request.app.state.service
    return service


def allowed(permission: Permission) -> Callable[[Request], Caller]:
    """A dependency that is the caller, if the caller may; else 403."""

    def caller(request: Request) -> Caller:
        found: Caller = getattr(request.state, "caller", None) or authenticated(request)
        if not found.may(permission):
            raise ProblemError(403, f"role: must have the permission {permission}, got {found.role}")
        return found

    caller.permission = permission  # type: ignore[attr-defined]  # what the test of the access matrix reads
    return caller


def audited_read(what: str, permission: Permission = Permission.FAIRNESS) -> Callable[[Request], Caller]:
    """Like `allowed`, and that the caller reads this is kept in the audit log before it is answered."""
    allowed_caller = allowed(permission)

    def caller(request: Request) -> Caller:
        found = allowed_caller(request)
        audit_read(request, found, what)
        return found

    caller.permission = permission  # type: ignore[attr-defined]
    return caller


def audit_read(request: Request, caller: Caller, what: str) -> None:
    """Keep in the audit log that a caller reads this; for what is protected only sometimes."""
    query = {"query": request.url.query[:1024]} if request.url.query else {}
    service_of(request).audit.note(caller, f"{what}.read", request.url.path, **query)
