"""The HTTP application."""

from collections.abc import Sequence

from fastapi import APIRouter, Depends, FastAPI

from fairlead import __version__
from fairlead.api import (
    alerts,
    analyses,
    audit,
    baselines,
    checkins,
    containment,
    exceptions,
    exposing,
    health,
    incidents,
    maintenance,
    oncall,
    predictions,
    records,
    reports,
    slack,
)
from fairlead.api.description import describe
from fairlead.api.gate import Gate
from fairlead.api.guard import HEADERS, Guard
from fairlead.api.limits import Limits
from fairlead.api.operations import Operations, as_described
from fairlead.api.password import Password, Web
from fairlead.api.problem import handle_problems
from fairlead.api.service import Service
from fairlead.api.throttle import Throttle

ROUTERS = (
    exposing.router,
    alerts.router,
    analyses.router,
    audit.router,
    baselines.router,
    checkins.router,
    exceptions.router,
    containment.router,
    health.router,
    incidents.router,
    maintenance.router,
    oncall.router,
    predictions.router,
    records.router,
    reports.router,
    slack.router,
)


def create_server(service: Service, web: Web | None = None, *, routers: Sequence[APIRouter] = ROUTERS) -> FastAPI:
    """All routes over one service; with a web configuration, behind its passwords and headers."""
    server = FastAPI(
        title="fairlead",
        version=__version__,
        openapi_url="/api/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        dependencies=[Depends(as_described)],
    )
    server.state.service = service
    server.state.throttle = Throttle()
    server.state.operations = Operations(server)
    handle_problems(server)
    server.add_middleware(Limits)
    server.add_middleware(Gate)
    server.add_middleware(Guard)
    if web is not None:
        server.add_middleware(Password, web=web, headers=HEADERS)
    for router in routers:
        server.include_router(router)
    server.openapi = describe(server, routers)  # type: ignore[method-assign]  # FastAPI's way to extend the document
    return server
