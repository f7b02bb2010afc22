"""What is refused before anything reads it: too long, too large, too deep, or JSON that is not quite JSON.

A body is counted as it comes, so that neither a wrong nor a missing Content-Length helps. A route that takes larger
bodies than the rest has a line in `BODY_BYTES`.
"""

import asyncio
import json
import re
import sys
from collections.abc import Mapping
from typing import Any

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fairlead.api.problem import problem

URL_BYTES = 8 << 10
HEADER_BYTES = 32 << 10
DEFAULT_BODY_BYTES = 1 << 20
BODY_BYTES: Mapping[str, int] = {
    "/api/v1/alerts/webhook": 8 << 20,
    "/api/v1/predictions": 32 << 20,
    "/api/v1/labels": 32 << 20,
}
"""Path → most bytes of its body."""
UNREAD = frozenset({"/api/v1/predictions", "/api/v1/labels"})
"""Paths that check their own JSON: it may be compressed, and hold NaN and infinite numbers as logs do."""
DEPTH = 32
"""Most lists and objects inside each other."""
LEFTOVER_BYTES, LEFTOVER_SECONDS = 16 << 20, 2.0
"""Of a refused body: read and dropped, so that the caller sees the answer instead of a broken connection."""

_STRINGS = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
_SUSPICIOUS = re.compile(rb"NaN|Infinity|\\u0000|\\u[dD][89a-fA-F]|[0-9]{4000}")
_OTHERS = bytes(byte for byte in range(256) if byte not in b"[]{}")
_ALIKE = bytes.maketrans(b"{}", b"[]")


class Limits:
    """Passes on the requests that keep the limits."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer 413, 414, 422 or 431, or let the application answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        most = BODY_BYTES.get(scope["path"], DEFAULT_BODY_BYTES)
        refused = _refusal(scope, headers, most)
        if refused is not None:
            await _refuse(refused, scope, receive, send)
            return
        limited = _Limited(receive, most)
        if scope["path"] in UNREAD or "json" not in headers.get("content-type", ""):
            await self._app(scope, limited, send)
            return
        try:
            body = await limited.whole()
        except HTTPException as error:
            await _refuse((error.status_code, error.detail), scope, receive, send)
            return
        mistake = json_mistake(body)
        if mistake is not None:
            await problem(422, mistake)(scope, receive, send)
            return
        await self._app(scope, limited.again(body), send)


def _refusal(scope: Scope, headers: Headers, most: int) -> tuple[int, str] | None:
    """Why a request is refused before its body is read: status and detail."""
    length = len(scope.get("raw_path") or b"") + len(scope["query_string"])
    if length > URL_BYTES:
        return 414, f"url: must be at most {URL_BYTES} bytes, got {length}"
    length = sum(len(name) + len(value) for name, value in scope["headers"])
    if length > HEADER_BYTES:
        return 431, f"headers: must be at most {HEADER_BYTES} bytes, got {length}"
    announced = headers.get("content-length", "0")
    if announced.isdecimal() and int(announced[:20]) > most:
        return 413, f"body: must be at most {most} bytes, got {announced[:20]}"
    return None


async def _refuse(refused: tuple[int, str], scope: Scope, receive: Receive, send: Send) -> None:
    """Answer, then drop what still comes, and close."""
    response = problem(*refused, headers={"Connection": "close"})
    await send({"type": "http.response.start", "status": response.status_code, "headers": response.raw_headers})
    await send({"type": "http.response.body", "body": response.body, "more_body": True})
    if "expect" not in Headers(scope=scope):
        await _drop(receive)
    await send({"type": "http.response.body", "body": b""})


async def _drop(receive: Receive) -> None:
    left = LEFTOVER_BYTES
    try:
        async with asyncio.timeout(LEFTOVER_SECONDS):
            while left > 0:
                message = await receive()
                left -= len(message.get("body", b""))
                if message["type"] != "http.request" or not message.get("more_body", False):
                    return
    except TimeoutError:
        return


class _Limited:
    """A body that may not be larger than so many bytes."""

    def __init__(self, receive: Receive, most: int) -> None:
        self._receive, self._most, self._seen = receive, most, 0

    async def __call__(self) -> Message:
        message = await self._receive()
        self._seen += len(message.get("body", b""))
        if self._seen > self._most:
            raise HTTPException(413, f"body: must be at most {self._most} bytes, got more")
        return message

    async def whole(self) -> bytes:
        """All of it."""
        pieces = []
        while True:
            message = await self()
            pieces.append(message.get("body", b""))
            if message["type"] != "http.request" or not message.get("more_body", False):
                return b"".join(pieces)

    def again(self, body: bytes) -> Receive:
        """The body once more, then what follows it."""
        waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> Message:
            return waiting.pop() if waiting else await self._receive()

        return receive


def json_mistake(body: bytes) -> str | None:
    """Why a body is refused that some parsers take: depth, numbers that are none, characters that no store holds."""
    try:
        body.decode()
    except ValueError:
        return "body: must be UTF-8"
    if _too_deep(body):
        return f"body: must be at most {DEPTH} levels deep, got more"
    return None if _SUSPICIOUS.search(body) is None else _mistake_inside(body)


def _mistake_inside(body: bytes) -> str | None:
    """The same for numbers and text, found by reading all of it."""
    try:
        content = json.loads(body, parse_constant=_no_number)
    except _NoNumberError as error:
        return f"body: numbers must be finite, got {error}"
    except json.JSONDecodeError:
        return None  # the parser of the route tells where
    except ValueError:
        return f"body: numbers must have at most {sys.get_int_max_str_digits()} digits, got more"
    return _text_mistake(content)


def _too_deep(body: bytes) -> bool:
    """Whether lists and objects are nested deeper than allowed; each round removes the innermost ones."""
    if body.count(b"[") + body.count(b"{") <= DEPTH:
        return False
    left = _STRINGS.sub(b"", body).translate(_ALIKE, _OTHERS)
    for _ in range(DEPTH):
        inner = left.replace(b"[]", b"")
        if len(inner) == len(left):  # never closed: no JSON, which the parser of the route says if it can
            return left.count(b"[") > DEPTH
        left = inner
    return b"[" in left


class _NoNumberError(ValueError):
    """NaN or an infinity."""


def _no_number(constant: str) -> None:
    raise _NoNumberError(constant)


def _text_mistake(content: Any) -> str | None:
    """What is wrong with any text in there."""
    if isinstance(content, str):
        if "\0" in content:
            return "body: text must not contain the character U+0000"
        if any("\ud800" <= letter <= "\udfff" for letter in content):
            return "body: text must be Unicode, got half a surrogate pair"
        return None
    inner = [*content, *content.values()] if isinstance(content, dict) else content if isinstance(content, list) else ()
    return next((mistake for one in inner if (mistake := _text_mistake(one)) is not None), None)
