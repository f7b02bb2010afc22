"""An exporter that answers on a port of this process."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import httpx
import uvicorn
from fastapi import APIRouter

from fairlead.api.server import ROUTERS, create_server
from fairlead.api.service import Service
from fairlead.app.exporter import Exporter
from fairlead.console.routes import add_console
from fairlead.serve import listen
from tests.support.workspace import Workspace

HOSTILE = "<script>alert('x')</script> & \"q\" {{ 7*7 }}"
"""Name of a model."""


@dataclass(frozen=True)
class Rig:
    """A workspace, the exporter that serves it, and a client."""

    space: Workspace
    exporter: Exporter
    client: httpx.Client

    def page(self) -> str:
        """The metrics page."""
        return str(self.client.get("/metrics").text)


@contextmanager
def client_of(service: Service, token: str = "", routers: Sequence[APIRouter] = ROUTERS) -> Iterator[httpx.Client]:
    """A client of this service behind a real HTTP server, with this bearer token."""
    listener = listen("127.0.0.1:0")
    application = add_console(create_server(service, routers=routers))
    config = uvicorn.Config(application, log_config=None, access_log=False, proxy_headers=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()
    try:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        base = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with httpx.Client(base_url=base, headers=headers, timeout=30) as client:
            yield client
    finally:
        server.should_exit = True
        thread.join(10)
