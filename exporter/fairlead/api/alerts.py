"""Alertmanager's webhook."""

import logging
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse
from pydantic import AfterValidator, BaseModel, Field, ValidationError

from fairlead.api.access import allowed, service_of
from fairlead.api.problem import problem
from fairlead.core.access import Caller, Permission
from fairlead.core.alert import Alert as Told
from fairlead.core.alert import begun, moment
from fairlead.errors import StoreError

log = logging.getLogger(__name__)

MAX_WEBHOOK_BYTES = 8 << 20


def _moment(text: str) -> str:
    moment(text)
    return text


Text = Annotated[str, Field(max_length=256)]
Moment = Annotated[str, Field(max_length=40), AfterValidator(_moment)]


class Alert(BaseModel):
    """One alert of a webhook message; further fields are kept as they are."""

    model_config = {"extra": "allow"}

    status: Annotated[str, Field(pattern="^(firing|resolved)$")]
    fingerprint: Annotated[str, Field(pattern="^[0-9a-f]{1,64}$")]
    startsAt: Moment  # noqa: N815 - Alertmanager's name
    endsAt: Moment = "0001-01-01T00:00:00Z"  # noqa: N815
    labels: dict[str, str]
    annotations: dict[str, str] = {}


class Message(BaseModel):
    """Alertmanager's webhook message, version 4."""

    version: Annotated[str, Field(pattern="^4$")]
    receiver: Text
    alerts: list[Alert]


router = APIRouter()


@router.post("/api/v1/alerts/webhook")
async def webhook(request: Request, caller: Annotated[Caller, Depends(allowed(Permission.DELIVER))]) -> Response:
    """Keep what Alertmanager delivers, and open or join incidents, all or nothing.

    400 only for what can never be read, 503 for what is worth a retry.
    """
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
    incidents = service_of(request).incidents
    now = incidents.now()
    raw = [alert.model_dump(exclude_unset=True) for alert in message.alerts]
    alerts = [_told(alert, now) for alert in message.alerts]
    try:
        new = await run_in_threadpool(incidents.receive, raw, alerts, message.receiver, caller, now)
    except StoreError as error:
        log.warning("webhook not kept", extra={"reason": str(error)})
        return problem(503, str(error))
    return JSONResponse({"received": len(alerts), "new": new})


def _told(alert: Alert, now: datetime) -> Told:
    """As the incidents take it."""
    starts_at, note = begun(moment(alert.startsAt), now)
    firing = alert.status == "firing"
    ends_at = None if firing else moment(alert.endsAt) or now
    return Told(alert.fingerprint, alert.labels, firing, starts_at, ends_at, alert.annotations, note)
