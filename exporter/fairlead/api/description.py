"""The OpenAPI document: what FastAPI knows of the routes, and every status, permission and limit that it does not."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from fairlead.api.problem import Problem, documented
from fairlead.core.access import Permission

ALWAYS = (413, 414, 431, 500, 503)
SECURED = (401, 403, 429)
SECURITY = {"bearer": {"type": "http", "scheme": "bearer"}}


def describe(server: FastAPI, routers: Sequence[APIRouter]) -> Callable[[], dict[str, Any]]:
    """What makes the document, once."""

    def document() -> dict[str, Any]:
        if server.openapi_schema is None:
            server.openapi_schema = _document(server, routers)
        return server.openapi_schema

    return document


def permission_of(route: APIRoute) -> Permission | None:
    """What a caller of the route needs, wherever its dependencies say so."""
    return next(_permissions(route.dependant), None)


def routes_of(routers: Sequence[APIRouter]) -> Iterator[APIRoute]:
    """Their routes."""
    return (route for router in routers for route in router.routes if isinstance(route, APIRoute))


def _permissions(dependant: Dependant) -> Iterator[Permission]:
    for needed in dependant.dependencies:
        permission = getattr(needed.call, "permission", None)
        if permission is not None:
            yield permission
        yield from _permissions(needed)


def _document(server: FastAPI, routers: Sequence[APIRouter]) -> dict[str, Any]:
    document = get_openapi(title=server.title, version=server.version, routes=server.routes)
    for route in routes_of(routers):
        for method in route.methods or ():
            operation = document["paths"].get(route.path_format, {}).get(method.lower())
            if operation is not None:
                _complete(operation, route, method)
    components = document.setdefault("components", {})
    components["securitySchemes"] = SECURITY
    schemas = components.setdefault("schemas", {})
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    schemas["Problem"] = Problem.model_json_schema()
    return document


def _complete(operation: dict[str, Any], route: APIRoute, method: str) -> None:
    """Add the statuses that the layers around a route answer, and who may call it."""
    permission = permission_of(route)
    statuses = set(ALWAYS)
    if permission is not None:
        operation["security"] = [{"bearer": []}]
        operation["x-permission"] = permission.value
        statuses.update(SECURED)
    if route.path.startswith("/api/v1/"):
        statuses.add(422)
    if "{" in route.path:
        statuses.update((404, 422))
    if "requestBody" in operation:
        statuses.update((415, 422))
    if method not in {"GET", "HEAD"}:
        statuses.update((400, 409))
    told = operation["responses"]
    for status, response in documented(*sorted(statuses)).items():
        if str(status) not in told or status == 422:
            told[str(status)] = response
