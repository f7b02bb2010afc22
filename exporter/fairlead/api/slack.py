"""Where Alertmanager's Slack receivers send when fairlead is to keep the limit of messages."""

from typing import Annotated, Protocol

from fastapi import APIRouter, Depends, Path, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import PlainTextResponse

from fairlead.api.access import allowed, service_of
from fairlead.api.problem import documented, problem
from fairlead.core.access import Caller, Permission

MOST_BYTES = 1 << 20

router = APIRouter(tags=["alerts"])


class Slack(Protocol):
    """Implemented in app."""

    def knows(self, receiver: str) -> bool:
        """Whether messages for it are taken."""

    def receive(self, receiver: str, body: bytes, caller: Caller) -> None:
        """Keep a message, or see that it says nothing new; ValueError for what is none."""


@router.post("/api/v1/alerts/slack/{receiver}", response_class=PlainTextResponse, responses=documented(400, 404, 413))
async def slack(
    request: Request,
    caller: Annotated[Caller, Depends(allowed(Permission.DELIVER))],
    receiver: Annotated[str, Path(max_length=128)],
) -> Response:
    """Keep a message that Alertmanager rendered for Slack, and hand it on as the limits allow.

    200 when it is kept for good; 503, upon which Alertmanager tries again, when it is not.
    """
    messages = service_of(request).slack
    if not messages.knows(receiver):
        return problem(404, f"receiver: must be configured in alerting.slack, got {receiver!r}")
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            return problem(413, f"body: must be at most {MOST_BYTES} bytes, got more")
    try:
        await run_in_threadpool(messages.receive, receiver, body, caller)
    except ValueError as error:
        return problem(400, str(error))
    return PlainTextResponse("ok")
