"""Alertmanager's webhook."""

import logging
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field, ValidationError

from fairlead.api.access import allowed, service_of
from fairlead.api.problem import problem
from fairlead.core.access import Permission
from fairlead.errors import StoreError

log = logging.getLogger(__name__)

MAX_WEBHOOK_BYTES = 8 << 20

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


router = APIRouter()


@router.post("/api/v1/alerts/webhook", dependencies=[Depends(allowed(Permission.DELIVER))])
async def webhook(request: Request) -> Response:
    """Keep what Alertmanager delivers. 400 only for what can never be read, 503 for what is worth a retry."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_WEBHOOK_BYTES:
            return problem(413, f"body: must be at most {MAX_WEBHOOK_BYTES} bytes, got more")
    try:
        message = Message.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "body"
        return problem(400, f"{where}: {first['msg'].lower()}")
    alerts = [alert.model_dump() for alert in message.alerts]
    try:
        new = await run_in_threadpool(service_of(request).receive_alerts, alerts, message.receiver)
    except StoreError as error:
        log.warning("webhook not kept", extra={"reason": str(error)})
        return problem(503, str(error))
    return JSONResponse({"received": len(alerts), "new": new})
