"""Who looks at a page: found by the cookie of a session; everybody else is asked to log in first."""

import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from urllib.parse import quote, urlsplit

from fastapi import Request, Response

from fairlead.api.problem import ProblemError
from fairlead.api.source import address_of, source_of
from fairlead.console.service import Service
from fairlead.core.access import Caller, Permission

SESSION, LOGIN = "fairlead_session", "fairlead_login"
SECURE = "__Host-"
"""Before the name of a cookie that only TLS carries: no other host of the domain can set one, either."""
HOME = "/models"
MOST = 2048
"""Characters of an address to come back to."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody with a session; token proves that a form is one of ours."""

    caller: Caller
    secret: str
    token: str

    def may(self, permission: str) -> bool:
        """Whether the role allows it; for templates."""
        return self.caller.may(Permission(permission))


class LoginNeededError(Exception):
    """A page that nobody sees without a session; back is where to go afterwards."""

    def __init__(self, back: str) -> None:
        self.back = back
        super().__init__(back)


def service_of(request: Request) -> Service:
    """The service behind the server."""
    service: Service = request.app.state.service
    return service


def visiting(permission: Permission) -> Callable[[Request], Visitor]:
    """A dependency that is the visitor, if the role allows it; else the login page, or 403."""

    def visitor(request: Request) -> Visitor:
        secret = request.cookies.get(cookie_name(request, SESSION), "")
        caller = service_of(request).sessions.find(secret, source(request)) if secret else None
        if caller is None:
            raise LoginNeededError(_back(request))
        found = Visitor(caller, secret, form_token(secret))
        request.state.visitor = found
        if not caller.may(permission):
            raise ProblemError(403, f"role: must have the permission {permission}, got {caller.role}")
        return found

    visitor.permission = permission  # type: ignore[attr-defined]  # what the test of the access matrix reads
    return visitor


def form_token(secret: str) -> str:
    """What a form must carry that belongs to this cookie; it tells nothing about the cookie."""
    return hmac.new(secret.encode(errors="surrogatepass"), b"form", sha256).hexdigest()


def is_token(offered: str, secret: str) -> bool:
    """Whether a form carries the right token; in constant time."""
    return bool(secret) and hmac.compare_digest(offered.encode(errors="replace"), form_token(secret).encode())


def source(request: Request) -> str:
    """The address of the visitor."""
    return source_of(request, service_of(request).access.trusts)


def is_secure(request: Request) -> bool:
    """Whether TLS carries the request: here, or in front of a proxy that is trusted to say so."""
    if request.url.scheme == "https":
        return True
    peer = address_of(request.client.host) if request.client else None
    trusted = peer is not None and service_of(request).access.trusts(peer)
    return trusted and request.headers.get("x-forwarded-proto", "").strip().lower() == "https"


def cookie_name(request: Request, name: str) -> str:
    """The name of a cookie on this connection."""
    return SECURE + name if is_secure(request) else name


def set_cookie(request: Request, response: Response, name: str, value: str) -> None:
    """Until the browser ends; no script reads it, and no other site sends it with a form."""
    response.set_cookie(
        cookie_name(request, name), value, secure=is_secure(request), httponly=True, samesite="lax", path="/"
    )


def drop_cookie(request: Request, response: Response, name: str) -> None:
    """Forget a cookie."""
    response.delete_cookie(
        cookie_name(request, name), secure=is_secure(request), httponly=True, samesite="lax", path="/"
    )


def new_secret() -> str:
    """256 random bits."""
    return secrets.token_urlsafe(32)


def local(path: str) -> str:
    """The path, if it is one of this server that a browser cannot take for another one; else where visitors begin."""
    if not path.startswith("/") or path.startswith("//") or len(path) > MOST:
        return HOME
    if "\\" in path or not path.isprintable() or not path.isascii() or " " in path:
        return HOME
    try:
        parts = urlsplit(path)
    except ValueError:
        return HOME
    return HOME if parts.scheme or parts.netloc or parts.path.startswith("//") else path


def login_address(back: str) -> str:
    """The login page that leads there."""
    return f"/login?next={quote(back, safe='')}"


def _back(request: Request) -> str:
    """The page itself, or the page that a form was on: the path above its own."""
    path = quote(request.url.path) if request.scope.get("raw_path") is None else request.scope["raw_path"].decode()
    if request.method != "GET":
        return local(path.rpartition("/")[0])
    query = request.url.query
    return local(f"{path}?{query}" if query else path)
