"""The routes of the server with the permission that each asks for."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute, Route

from fairlead.api.server import create_server
from fairlead.core.access import ALLOWED, Permission, Role


@dataclass(frozen=True)
class Endpoint:
    """A method, a path, and what callers need; None for what is open."""

    method: str
    path: str
    needs: Permission | None

    @property
    def url(self) -> str:
        """The path with something in its place for each parameter."""
        return re.sub(r"{[^}]*}", "1", self.path)

    def allows(self, role: Role) -> bool:
        """Whether this role gets in."""
        return self.needs is None or self.needs in ALLOWED[role]


def endpoints() -> list[Endpoint]:
    """All of them, in the order of their paths."""
    server = create_server(None)  # type: ignore[arg-type]  # no route is called
    found = []
    for route in _routes(server.routes):
        needs = set(_permissions(route.dependant)) if isinstance(route, APIRoute) else set()
        assert len(needs) <= 1, route.path
        methods = (route.methods or set()) - {"HEAD"}
        found += [Endpoint(method, route.path_format, next(iter(needs), None)) for method in methods]
    return sorted(found, key=lambda one: (one.path, one.method))


def _routes(routes: Iterable[BaseRoute]) -> Iterator[Route | APIRoute]:
    """Newer FastAPI keeps included routers as they are; ours name their whole paths."""
    for route in routes:
        if (inner := getattr(route, "original_router", None)) is not None:
            yield from _routes(inner.routes)
        else:
            assert isinstance(route, Route | APIRoute), f"{route}: must be a route with one path"
            yield route


def _permissions(dependant: Dependant) -> Iterator[Permission]:
    for inner in dependant.dependencies:
        if (permission := getattr(inner.call, "permission", None)) is not None:
            yield permission
        yield from _permissions(inner)


def access_table() -> str:
    """Every endpoint and role as a table in Markdown."""
    roles = list(Role)
    head = f"| endpoint | needs | {' | '.join(role.value for role in roles)} |"
    lines = [head, "|---|---|" + "---|" * len(roles)]
    for one in endpoints():
        marks = " | ".join("✓" if one.allows(role) else "–" for role in roles)
        lines.append(f"| {one.method} {one.path} | {one.needs.value if one.needs else 'nothing'} | {marks} |")
    return "\n".join(lines) + "\n"
