"""The exposition, health, reload, landing page and runbooks."""

from collections.abc import AsyncIterator, Iterator
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, PlainTextResponse, StreamingResponse

from fairlead.api.access import allowed, service_of
from fairlead.api.landing import landing
from fairlead.api.problem import problem
from fairlead.core.access import Caller, Permission

router = APIRouter()


@router.get("/metrics", response_class=PlainTextResponse)
async def metrics(request: Request) -> Response:
    """The exposition, as text 0.0.4 or OpenMetrics 1.0, gzip on request."""
    compressed = wants_gzip(request.headers.get("accept-encoding", ""))
    page = service_of(request).exposition(request.headers.get("accept", ""), compressed)
    if page is None:
        return problem(503, "metrics: must have a snapshot, got none yet")
    pieces, length, media_type = page
    headers = {"Content-Length": str(length), "Vary": "Accept, Accept-Encoding"}
    if compressed:
        headers["Content-Encoding"] = "gzip"
    return StreamingResponse(_in_turn(pieces), headers=headers, media_type=media_type)


@router.get("/-/healthy", response_class=PlainTextResponse)
async def healthy() -> str:
    """The process answers."""
    return "healthy\n"


@router.get("/-/ready", response_class=PlainTextResponse)
async def ready(request: Request) -> Response:
    """The last results are exposed."""
    if service_of(request).snapshot() is None:
        return problem(503, "ready: must have a snapshot, got none yet")
    return PlainTextResponse("ready\n")


@router.post("/-/reload", response_class=PlainTextResponse)
async def reload(request: Request, caller: Annotated[Caller, Depends(allowed(Permission.OPERATE))]) -> Response:
    """Read the configuration again; an invalid one changes nothing."""
    await run_in_threadpool(service_of(request).audit.note, caller, "config.reload", "configuration")
    reason = await run_in_threadpool(service_of(request).reload)
    if reason is None:
        return PlainTextResponse("reloaded\n")
    lines = reason.splitlines()
    return problem(500, lines[0], lines)


@router.get("/", response_class=HTMLResponse)
async def root(request: Request) -> str:
    """What this is and where to go."""
    return landing(service_of(request).snapshot())


@router.get("/runbooks/{alert}", response_class=PlainTextResponse)
async def runbook(request: Request, alert: str) -> Response:
    """What to do about an alert, in Markdown."""
    text = await run_in_threadpool(service_of(request).runbook, alert)
    if text is None:
        return problem(404, f"runbooks: must be the name of an alert, got {alert[:128]!r}")
    return Response(text, media_type="text/markdown; charset=utf-8")


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
