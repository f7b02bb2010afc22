"""The HTTP application."""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Annotated

from fastapi import FastAPI, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse, StreamingResponse
from pydantic import BaseModel, Field, ValidationError

from fairlead import __version__
from fairlead.api.landing import landing
from fairlead.api.service import Service
from fairlead.errors import StoreError

log = logging.getLogger(__name__)

MAX_WEBHOOK_BYTES = 8 << 20
PLAIN = "text/plain; version=0.0.4; charset=utf-8"
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
}

Text = Annotated[str, Field(max_length=256)]


class Alert(BaseModel):
    """One alert of a webhook message; further fields are kept as they are."""

    model_config = {"extra": "allow"}

    status: Annotated[str, Field(pattern="^(firing|resolved)$")]
    fingerprint: Annotated[str, Field(pattern="^[0-9a-f]{1,64}$")]
    startsAt: Annotated[str, Field(max_length=40)]  # noqa: N815 - Alertmanager's name
    labels: dict[str, str]


class Message(BaseModel):
    """Alertmanager's webhook message, version 4."""

    version: Annotated[str, Field(pattern="^4$")]
    receiver: Text
    alerts: list[Alert]


def create_server(service: Service) -> FastAPI:
    """All routes over one service."""
    server = FastAPI(
        title="fairlead", version=__version__, openapi_url="/api/v1/openapi.json", docs_url=None, redoc_url=None
    )

    @server.middleware("http")
    async def secured(request: Request, answer: Callable[[Request], Awaitable[Response]]) -> Response:
        response = await answer(request)
        response.headers.update(HEADERS)
        return response

    @server.get("/metrics", response_class=PlainTextResponse)
    async def metrics(request: Request) -> Response:
        """The exposition, as text 0.0.4 or OpenMetrics 1.0, gzip on request."""
        compressed = wants_gzip(request.headers.get("accept-encoding", ""))
        page = service.exposition(request.headers.get("accept", ""), compressed)
        if page is None:
            return Response("no snapshot yet\n", 503, media_type=PLAIN)
        pieces, length, media_type = page
        headers = {"Content-Length": str(length), "Vary": "Accept, Accept-Encoding"}
        if compressed:
            headers["Content-Encoding"] = "gzip"
        return StreamingResponse(_in_turn(pieces), headers=headers, media_type=media_type)

    @server.get("/-/healthy", response_class=PlainTextResponse)
    async def healthy() -> str:
        """The process answers."""
        return "healthy\n"

    @server.get("/-/ready", response_class=PlainTextResponse)
    async def ready() -> Response:
        """The last results are exposed."""
        if service.snapshot() is None:
            return PlainTextResponse("not ready\n", 503)
        return PlainTextResponse("ready\n")

    @server.post("/-/reload", response_class=PlainTextResponse)
    async def reload() -> Response:
        """Read the configuration again; an invalid one changes nothing."""
        reason = await run_in_threadpool(service.reload)
        return PlainTextResponse("reloaded\n") if reason is None else PlainTextResponse(f"{reason}\n", 500)

    @server.get("/", response_class=HTMLResponse)
    async def root() -> str:
        """What this is and where to go."""
        return landing(service.snapshot())

    @server.get("/runbooks/{alert}", response_class=PlainTextResponse)
    async def runbook(alert: str) -> Response:
        """What to do about an alert, in Markdown."""
        text = await run_in_threadpool(service.runbook, alert)
        if text is None:
            return PlainTextResponse(f"runbooks: must be the name of an alert, got {alert[:128]!r}\n", 404)
        return Response(text, media_type="text/markdown; charset=utf-8")

    @server.post("/api/v1/alerts/webhook")
    async def webhook(request: Request) -> Response:
        """Keep what Alertmanager delivers. 400 only for what can never be read, 503 for what is worth a retry."""
        body = b""
        async for chunk in request.stream():
            body += chunk
            if len(body) > MAX_WEBHOOK_BYTES:
                return _problem(413, f"body: must be at most {MAX_WEBHOOK_BYTES} bytes, got more")
        try:
            message = Message.model_validate_json(body)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            where = ".".join(str(part) for part in first["loc"]) or "body"
            return _problem(400, f"{where}: {first['msg'].lower()}")
        alerts = [alert.model_dump() for alert in message.alerts]
        try:
            new = await run_in_threadpool(service.receive_alerts, alerts, message.receiver)
        except StoreError as error:
            log.warning("webhook not kept", extra={"reason": str(error)})
            return _problem(503, str(error))
        return JSONResponse({"received": len(alerts), "new": new})

    return server


def wants_gzip(accept_encoding: str) -> bool:
    """Whether an Accept-Encoding header names gzip and does not refuse it."""
    for offer in accept_encoding.lower().split(","):
        coding, _, weight = offer.replace(" ", "").partition(";q=")
        if coding == "gzip":
            return weight == "" or weight.strip("0.") != ""
    return False


async def _in_turn(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    """Each piece when the one before it is under way, made by the event loop, as threads would cost more."""
    for piece in pieces:
        yield piece


def _problem(status: int, detail: str) -> Response:
    return JSONResponse({"status": status, "detail": detail}, status, media_type="application/problem+json")
