"""The OpenAPI document: complete, valid, and open to everyone."""

from typing import Any

import httpx
import pytest
from schemathesis import openapi

from fairlead.api.description import permission_of, routes_of
from fairlead.api.server import ROUTERS, create_server

DOCUMENT: dict[str, Any] = create_server(None).openapi()  # type: ignore[arg-type]  # no route is called
OPERATIONS = {
    f"{method.upper()} {path}": operation
    for path, operations in DOCUMENT["paths"].items()
    for method, operation in operations.items()
}
KEPT_AS_THEY_ARE = {"Alert", "Message"}
"""Bodies of others, who may add fields."""


def test_the_document_is_valid() -> None:
    openapi.from_dict(DOCUMENT).validate()


def test_it_needs_no_token(shared: Any) -> None:
    answer = httpx.get(f"{shared.client.base_url}/api/v1/openapi.json")
    assert answer.status_code == 200
    assert answer.json() == create_server(None).openapi()  # type: ignore[arg-type]


@pytest.mark.parametrize("name", OPERATIONS)
def test_errors_are_problem_documents(name: str) -> None:
    responses = OPERATIONS[name]["responses"]
    assert {"413", "414", "431", "500", "503"} <= set(responses)
    for status, response in responses.items():
        if int(status) >= 400:
            assert list(response["content"]) == ["application/problem+json"], status


def test_who_may_is_described() -> None:
    for route in routes_of(ROUTERS):
        for method in route.methods or ():
            operation, permission = OPERATIONS[f"{method} {route.path_format}"], permission_of(route)
            assert operation.get("x-permission") == permission
            assert ("security" in operation) == (permission is not None)
            assert {"401", "403", "429"} <= set(operation["responses"]) or permission is None


def test_everything_of_the_api_needs_a_permission() -> None:
    open_to_all = {route.path for route in routes_of(ROUTERS) if permission_of(route) is None}
    assert not [path for path in open_to_all if path.startswith("/api/")]


def bodies() -> set[str]:
    """Names of the schemas that callers send, and of those inside them."""
    found: set[str] = set()

    def visit(schema: Any) -> None:
        if isinstance(schema, list):
            for one in schema:
                visit(one)
        elif isinstance(schema, dict):
            name = schema.get("$ref", "").rpartition("/")[2]
            if name and name not in found:
                found.add(name)
                visit(DOCUMENT["components"]["schemas"][name])
            for one in schema.values():
                visit(one)

    for operation in OPERATIONS.values():
        visit(operation.get("requestBody", {}))
    return found - KEPT_AS_THEY_ARE


def test_bodies_refuse_unknown_fields() -> None:
    schemas = DOCUMENT["components"]["schemas"]
    objects = [name for name in bodies() if schemas[name].get("type") == "object"]
    assert [name for name in objects if schemas[name].get("additionalProperties") is not False] == []


def test_writes_may_be_repeated() -> None:
    """Each takes a key, but for those that are the same when repeated anyway."""
    the_same_anyway = {"/-/reload", "/api/v1/alerts/webhook", "/api/v1/alerts/slack/{receiver}"}
    for name, operation in OPERATIONS.items():
        method, path = name.split(" ")
        if method != "GET" and path not in the_same_anyway:
            assert "Idempotency-Key" in [one["name"] for one in operation.get("parameters", ())], name
