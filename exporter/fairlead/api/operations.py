"""Requests must be as the description says: no unknown and no repeated query parameter, and a body of a known type."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI, Request

from fairlead.api.problem import ProblemError


@dataclass(frozen=True, slots=True)
class Operation:
    """Query parameters, with whether each may be repeated, and media types of the body (none: it is not read)."""

    query: Mapping[str, bool]
    media_types: tuple[str, ...]


class Operations:
    """All operations of a server, by method and path, from its description."""

    def __init__(self, server: FastAPI) -> None:
        self._server = server
        self._known: dict[tuple[str, str], Operation] = {}

    def of(self, request: Request) -> Operation | None:
        """The operation that a request is for."""
        if not self._known:
            paths = self._server.openapi()["paths"]
            self._known = {
                (method.upper(), path): _operation(one) for path, ones in paths.items() for method, one in ones.items()
            }
        return self._known.get((request.method, request.scope["route"].path_format))


async def as_described(request: Request) -> None:
    """A dependency of every route: ends what is not as described."""
    if not request.url.path.startswith("/api/v1/"):
        return
    operation = request.app.state.operations.of(request)
    if operation is None:
        return
    mistakes = _mistakes(request, operation)
    if mistakes:
        raise ProblemError(422, mistakes[0], errors=mistakes)
    if operation.media_types and request.headers.get("content-length") != "0":
        _require_media_type(request, operation.media_types)


def _mistakes(request: Request, operation: Operation) -> list[str]:
    given = request.query_params.multi_items()
    counts: dict[str, int] = {}
    for name, _ in given:
        counts[name] = counts.get(name, 0) + 1
    known = ", ".join(operation.query) or "none"
    unknown = [name for name in counts if name not in operation.query]
    mistakes = [f"query.{name[:128]}: must be a parameter of this path ({known})" for name in unknown]
    mistakes += [
        f"query.{name}: must be given once, got {count}"
        for name, count in counts.items()
        if count > 1 and not operation.query.get(name, True)
    ]
    mistakes += [f"query.{name[:128]}: must not contain U+0000" for name, value in given if "\0" in name + value]
    paths = request.path_params.items()
    return mistakes + [f"path.{name}: must not contain U+0000" for name, value in paths if "\0" in str(value)]


def _require_media_type(request: Request, accepted: tuple[str, ...]) -> None:
    given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if given not in accepted and not ("application/json" in accepted and given.endswith("+json")):
        known = " or ".join(accepted)
        raise ProblemError(415, f"content-type: must be {known}, got {given[:128] or 'none'}", {"Accept": known})


def _operation(described: Mapping[str, Any]) -> Operation:
    query = {one["name"]: _many(one["schema"]) for one in described.get("parameters", ()) if one["in"] == "query"}
    return Operation(query, tuple(described.get("requestBody", {}).get("content", ())))


def _many(schema: Mapping[str, Any]) -> bool:
    return any(one.get("type") == "array" for one in (schema, *schema.get("anyOf", ())))
