"""Writes that may be repeated: the same caller, Idempotency-Key and request get the same answer, and one effect.

Every route that writes takes a `Once` instead of a `Caller`, and does its work inside it:

    @router.post("/api/v1/incidents/{incident}/comment", response_model=IncidentView)
    def comment(request: Request, incident: str, body: Comment, once: Annotated[Once, Depends(once(_P.INCIDENTS))]):
        return once(lambda: service_of(request).incidents.comment(incident, body.text, once.caller))

The work runs in one writing transaction of the store, with or without a key: what it writes, its audit entry and the
kept answer are committed together or not at all. It returns what is answered (a pydantic model, a dataclass or plain
data). Whatever it raises (ProblemError, FairleadError) undoes everything and is not kept: the caller may try again.

Work that takes long must not hold the store meanwhile. It comes in two steps, of which only the second one writes:

    return once.after(lambda: compute(...), lambda computed: service.baselines.keep(computed, once.caller), status=201)

Handlers are plain `def`. An answer that tells a secret must not be kept: such a route takes a `Caller`.
"""

import json
from collections.abc import Callable
from hashlib import sha256
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Header, Request, Response
from fastapi.encoders import jsonable_encoder

from fairlead.api.access import allowed, service_of
from fairlead.api.problem import ProblemError
from fairlead.api.service import Answers
from fairlead.core.access import Caller, Permission
from fairlead.core.answer import Answer

Prepared = TypeVar("Prepared")
Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=128,
        pattern="^[!-~]+$",
        description="Chosen by the caller; a request that is repeated with it within a day has its effect once.",
    ),
]
REPLAYED = "Idempotency-Replayed"


class Once:
    """One write of one caller."""

    def __init__(self, caller: Caller, key: str | None, digest: str, answers: Answers) -> None:
        self.caller, self.key = caller, key
        self._digest, self._answers = digest, answers

    def __call__(self, work: Callable[[], object], status: int = 200) -> Response:
        """Do the work in one writing transaction, unless it is done already; the answer."""
        return self.after(lambda: None, lambda _: work(), status)

    def after(self, prepare: Callable[[], Prepared], keep: Callable[[Prepared], object], status: int = 200) -> Response:
        """The same in two steps: what takes long outside the transaction, then what writes inside it."""
        if self.key is None:
            prepared = prepare()
            with self._answers.together():
                content = _json(keep(prepared))
            return _response(status, content)
        with self._answers.turn(self.caller.name, self.key) as mine:
            if not mine:
                raise ProblemError(409, "idempotency-key: a request with it is still executed", {"Retry-After": "5"})
            return self._found(self.key) or self._execute(self.key, prepare(), keep, status)

    def _execute(self, key: str, prepared: Prepared, keep: Callable[[Prepared], object], status: int) -> Response:
        with self._answers.together():
            found = self._found(key)
            if found is not None:  # another process was faster
                return found
            answer = Answer(self._digest, status, _json(keep(prepared)))
            self._answers.keep(self.caller.name, key, answer)
        return _response(status, answer.content)

    def _found(self, key: str) -> Response | None:
        """The answer that is kept under the key, if it is to this request."""
        answer = self._answers.find(self.caller.name, key)
        if answer is None:
            return None
        if answer.request != self._digest:
            raise ProblemError(422, "header.idempotency-key: must be new for each request, got one of another request")
        return _response(answer.status, answer.content, {REPLAYED: "true"})


def once(permission: Permission) -> Callable[..., Any]:
    """A dependency that is a write of the caller, if the caller may; else 401 or 403."""

    async def write(request: Request, caller: Annotated[Caller, Depends(allowed(permission))], key: Key = None) -> Once:
        return Once(caller, key, await _digest(request), service_of(request).answers)

    write.permission = permission  # type: ignore[attr-defined]  # what the test of the access matrix reads
    return write


async def _digest(request: Request) -> str:
    """SHA-256 of all of a request that says what is wanted."""
    url = request.url
    parts = (request.method, url.path, url.query, request.headers.get("content-type", ""))
    body = await request.body()
    return sha256(json.dumps(parts).encode() + b"\n" + body).hexdigest()


def _json(result: object) -> str:
    return json.dumps(jsonable_encoder(result), ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _response(status: int, content: str, headers: dict[str, str] | None = None) -> Response:
    return Response(content, status, headers, "application/json")
