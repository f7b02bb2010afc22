"""In front of what is no API: basic authentication, headers and a rate limit, where the operator wants them."""

import binascii
from base64 import b64decode
from collections.abc import Mapping
from math import ceil
from typing import Protocol

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fairlead.api.gate import is_behind
from fairlead.api.service import Service
from fairlead.api.source import network_of, source_of
from fairlead.api.throttle import Throttle

TOKENS_ONLY = frozenset({"/-/reload"})
"""Outside the API, and still only for bearer tokens: a password gives no role."""


class Settings(Protocol):
    """What a request needs of the web configuration."""

    @property
    def headers(self) -> dict[str, str]:
        """For every answer."""

    @property
    def users(self) -> dict[str, str]:
        """Hash of the password of each; none: no password is asked for."""

    @property
    def interval(self) -> float:
        """Seconds between two requests; 0: no limit."""

    @property
    def burst(self) -> int:
        """How many may come at once."""


class Web(Protocol):
    """The web configuration, as it is now."""

    def current(self) -> Settings:
        """As it is now."""

    def remembered(self, user: str, password: str) -> bool:
        """Whether this password was found right before."""

    def check(self, user: str, password: str) -> bool:
        """Whether this is the password of a user; slow."""


class Password:
    """Lets requests through that carry a right user and password, or need none."""

    def __init__(self, app: ASGIApp, web: Web, headers: Mapping[str, str]) -> None:
        self._app, self._web, self._headers = app, web, headers
        self._limit = Throttle(most=1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 401 or 429, or let the application answer; add the configured headers."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        settings = await run_in_threadpool(self._web.current)

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
                for name, value in settings.headers.items():
                    if value:
                        headers[name] = value
                    else:
                        del headers[name]
            await send(message)

        refusal = self._limited(settings) or await self._refused(settings, HTTPConnection(scope))
        await (refusal or self._app)(scope, receive, with_headers)

    def _limited(self, settings: Settings) -> Response | None:
        """429 when requests come faster than the configured rate, whoever sends them."""
        if not settings.interval:
            return None
        if (self._limit.burst, self._limit.per_second) != (settings.burst, 1 / settings.interval):
            self._limit = Throttle(settings.burst, 1 / settings.interval, 1)
        wait = self._limit.spend("")
        return PlainTextResponse("too many requests\n", 429, {"Retry-After": str(ceil(wait))}) if wait else None

    async def _refused(self, settings: Settings, request: HTTPConnection) -> Response | None:
        """401 without the right password; 429 from where wrong ones came too often, unless this one is known."""
        path = request.scope["path"]
        if not settings.users or is_behind(path) or path in TOKENS_ONLY:
            return None
        offered = credentials(request.headers.get("authorization", ""))
        if offered is None:
            return _unauthorized()
        if self._web.remembered(*offered):
            return None
        service: Service = request.app.state.service
        throttle: Throttle = request.app.state.throttle
        network = network_of(source_of(request, service.access.trusts))
        if wait := throttle.spend(network):  # before bcrypt is asked, so that many at once are no more than one by one
            return PlainTextResponse("too many wrong passwords\n", 429, {"Retry-After": str(ceil(wait))})
        if await run_in_threadpool(self._web.check, *offered):
            return None
        return _unauthorized()


def _unauthorized() -> Response:
    return PlainTextResponse("unauthorized\n", 401, {"WWW-Authenticate": 'Basic realm="fairlead", charset="UTF-8"'})


def credentials(authorization: str) -> tuple[str, str] | None:
    """User and password of a header."""
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        user, colon, password = b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return None
    return (user, password) if colon else None
