"""All pages of the console."""

from fastapi import APIRouter, FastAPI, Request, Response

from fairlead.console import exceptions, fleet, incidents, login, models, oncall
from fairlead.console.page import Page
from fairlead.console.rendering import FOLDER, Pages

router = APIRouter(route_class=Page)


@router.get("/console.css", include_in_schema=False)
def stylesheet(request: Request) -> Response:
    """The one stylesheet; pages name its version, so it may be kept."""
    content = (FOLDER / "console.css").read_bytes()
    return Response(content, media_type="text/css; charset=utf-8", headers={"Cache-Control": "max-age=86400"})


@router.get("/icon.svg", include_in_schema=False)
def icon(request: Request) -> Response:
    """What browsers show beside the title."""
    content = (FOLDER / "icon.svg").read_bytes()
    return Response(content, media_type="image/svg+xml", headers={"Cache-Control": "max-age=86400"})


ROUTERS = (router, login.router, fleet.router, models.router, incidents.router, exceptions.router, oncall.router)


def add_console(server: FastAPI) -> FastAPI:
    """The server with the console's pages beside its API."""
    server.state.console = Pages()
    for one in ROUTERS:
        server.include_router(one)
    return server
