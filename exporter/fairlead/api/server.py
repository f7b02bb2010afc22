"""The HTTP application."""

from collections.abc import Awaitable, Callable

from fastapi import FastAPI, Request, Response

from fairlead import __version__
from fairlead.api import alerts, audit, exposing
from fairlead.api.gate import Gate
from fairlead.api.problem import handle_problems
from fairlead.api.service import Service
from fairlead.api.throttle import Throttle

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
}

ROUTERS = (exposing.router, alerts.router, audit.router)


def create_server(service: Service) -> FastAPI:
    """All routes over one service."""
    server = FastAPI(
        title="fairlead", version=__version__, openapi_url="/api/v1/openapi.json", docs_url=None, redoc_url=None
    )
    server.state.service = service
    server.state.throttle = Throttle()
    handle_problems(server)
    server.add_middleware(Gate)

    @server.middleware("http")
    async def secured(request: Request, answer: Callable[[Request], Awaitable[Response]]) -> Response:
        response = await answer(request)
        response.headers.update(HEADERS)
        return response

    for router in ROUTERS:
        server.include_router(router)
    return server
