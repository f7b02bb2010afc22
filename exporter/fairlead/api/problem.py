"""Every error of the API is one problem+json document: status, title, detail (where: must be X, got Y), and errors."""

import logging
import secrets
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from fairlead.errors import FairleadError, StoreError

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
MOST_ERRORS = 100


class Problem(BaseModel):
    """RFC 9457, without a type: the status says which kind it is."""

    status: int
    title: str
    detail: str
    errors: list[str] = []


class ProblemError(Exception):
    """Ends a request with this status; the detail, and further errors, are shown to the caller."""

    def __init__(
        self, status: int, detail: str, headers: Mapping[str, str] | None = None, errors: Sequence[str] = ()
    ) -> None:
        self.status, self.detail, self.headers, self.errors = status, detail, dict(headers or {}), list(errors)
        super().__init__(detail)


def problem(
    status: int, detail: str, errors: list[str] | None = None, headers: Mapping[str, str] | None = None
) -> Response:
    """The response that tells a problem."""
    lines = [_encodable(line) for line in errors or []]
    content = Problem(status=status, title=HTTPStatus(status).phrase, detail=_encodable(detail), errors=lines)
    return JSONResponse(content.model_dump(exclude_defaults=True), status, dict(headers or {}), MEDIA_TYPE)


def internal(error: Exception, method: str, path: str) -> Response:
    """The response to what nobody expected: it names the log entry that has the traceback, and nothing else."""
    number = secrets.token_hex(8)
    log.error(
        "request failed",
        extra={"error_id": number, "method": method, "path": path[:256]},
        exc_info=(type(error), error, error.__traceback__),
    )
    return problem(500, f"internal error; the log says more at error_id {number}")


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """These statuses as OpenAPI responses."""
    schema = {"$ref": "#/components/schemas/Problem"}
    return {
        status: {"description": HTTPStatus(status).phrase, "content": {MEDIA_TYPE: {"schema": schema}}}
        for status in statuses
    }


def handle_problems(server: FastAPI) -> None:
    """Answer every error with a problem document."""

    @server.exception_handler(ProblemError)
    async def known(_request: Request, error: ProblemError) -> Response:
        return problem(error.status, error.detail, error.errors, error.headers)

    @server.exception_handler(RequestValidationError)
    async def invalid(_request: Request, error: RequestValidationError) -> Response:
        lines = [_sentence(one) for one in error.errors()[:MOST_ERRORS]]
        return problem(422, lines[0], lines)

    @server.exception_handler(HTTPException)
    async def unknown(request: Request, error: HTTPException) -> Response:
        detail = f"{request.url.path[:256]}: {error.detail}".lower() if error.status_code == 404 else str(error.detail)
        return problem(error.status_code, detail, headers=error.headers)

    @server.exception_handler(StoreError)
    async def unstored(_request: Request, error: StoreError) -> Response:
        log.warning("request not answered, the store fails", extra={"reason": str(error)})
        return problem(503, str(error), headers={"Retry-After": "5"})

    @server.exception_handler(FairleadError)
    async def refused(_request: Request, error: FairleadError) -> Response:
        lines = str(error).splitlines() or [type(error).__name__]
        return problem(409, lines[0], lines)


def _sentence(error: Mapping[str, Any]) -> str:
    """where: what must be."""
    where = ".".join(str(part) for part in error["loc"]) or "body"
    message = str(error["msg"])
    return f"{where}: {message[:1].lower()}{message[1:]}"


def _encodable(text: str) -> str:
    """The text with escapes for half surrogate pairs, which no answer can hold."""
    return text.encode(errors="backslashreplace").decode()
