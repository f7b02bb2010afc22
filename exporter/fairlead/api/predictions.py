"""Pushed predictions and labels."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from fairlead.api.access import allowed, service_of
from fairlead.api.once import REPLAYED
from fairlead.api.problem import documented, problem
from fairlead.api.pushing import ARROW, JSON, MOST_BYTES, PARQUET, Push
from fairlead.core.access import Permission
from fairlead.core.logged import LABELS, PREDICTIONS


class Accepted(BaseModel):
    """Rows that are on disk: how many were new, how many were there before, and what is not kept of them."""

    batch: str | None
    accepted: int
    repeated: int
    dropped: int
    unlisted: list[str]


router = APIRouter()

CONTENT = {
    JSON: {"schema": {"type": "object"}},
    ARROW: {"schema": {"type": "string", "format": "binary"}},
    PARQUET: {"schema": {"type": "string", "format": "binary"}},
}
OPENAPI: dict[str, Any] = {"requestBody": {"required": True, "content": CONTENT}}
PROBLEMS = documented(400, 401, 403, 404, 409, 413, 415, 422, 503)

Model = Annotated[str | None, Query(max_length=128, description="Name of the model, unless the body says it.")]
Batch = Annotated[str | None, Query(max_length=128, description="What names this batch, as Idempotency-Key does.")]
Key = Annotated[str | None, Header(max_length=128, alias="Idempotency-Key")]


def _route(path: str) -> Callable[[Callable[..., Awaitable[Response]]], Callable[..., Awaitable[Response]]]:
    pushing = [Depends(allowed(Permission.PUSH))]
    return router.post(
        path, status_code=201, response_model=Accepted, responses=PROBLEMS, dependencies=pushing, openapi_extra=OPENAPI
    )


@_route("/api/v1/predictions")
async def predictions(request: Request, model: Model = None, batch: Batch = None, key: Key = None) -> Response:
    """Keep predictions of one model; they are on disk when this answers 201."""
    return await _push(request, PREDICTIONS, model, batch, key)


@_route("/api/v1/labels")
async def labels(request: Request, model: Model = None, batch: Batch = None, key: Key = None) -> Response:
    """Keep labels of one model; they are on disk when this answers 201."""
    return await _push(request, LABELS, model, batch, key)


async def _push(request: Request, kind: str, model: str | None, batch: str | None, key: str | None) -> Response:
    if batch is not None and key is not None and batch != key:
        return problem(422, f"batch: must be the same as Idempotency-Key, got {batch!r} and {key!r}")
    service = service_of(request).predictions
    media_type = request.headers.get("content-type", JSON).partition(";")[0].strip().lower()
    held, pieces = 0, list[bytes]()
    try:
        async for piece in request.stream():
            if held + len(piece) > MOST_BYTES:
                return problem(413, f"body: must be at most {MOST_BYTES:,} bytes, got more")
            if not service.hold(len(piece)):
                return problem(503, "body: too many bodies are being read", headers={"Retry-After": "1"})
            held += len(piece)
            pieces.append(piece)
        coding = request.headers.get("content-encoding", "")
        outcome = await service.push(Push(kind, b"".join(pieces), media_type, coding, model, key or batch))
    finally:
        service.hold(-held)
    if outcome.mistakes:
        headers = {} if outcome.retry_after is None else {"Retry-After": str(outcome.retry_after)}
        return problem(outcome.status, outcome.mistakes[0], outcome.mistakes, headers)
    headers = {REPLAYED: "true"} if outcome.repeated else {}
    return JSONResponse(outcome.content, outcome.status, headers)
