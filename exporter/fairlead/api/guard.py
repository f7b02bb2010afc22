"""Around everything: headers that browsers obey, and an answer to what nobody expected."""

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fairlead.api.problem import internal

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
}


class Guard:
    """Adds the headers to every answer that has none of its own, and answers 500 where the application raises."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the application answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def guarded(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)  # pages have a stricter policy of their own
            await send(message)

        try:
            await self._app(scope, receive, guarded)
        except Exception as error:
            response = internal(error, scope["method"], scope["path"])
            if started:  # half an answer is out: end it as one that broke
                raise
            await response(scope, receive, guarded)
