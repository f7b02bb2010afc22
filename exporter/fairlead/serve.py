"""`fairlead serve`: the monitor in one thread, HTTP in the main one, until a signal says stop."""

import logging
import os
import signal
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from fairlead.api.server import create_server
from fairlead.app.exporter import Exporter
from fairlead.app.web import WebFile
from fairlead.console.routes import add_console
from fairlead.errors import FairleadError

log = logging.getLogger(__name__)

STOP_SECONDS = 4
"""For open requests, and again for the analysis; container engines kill what takes longer than ten seconds."""


class Server(uvicorn.Server):
    """Ends on SIGTERM and SIGINT by returning, so that what comes after it still happens."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Ask for the end; a second signal does not wait for open requests."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.handle_exit)
        yield


def listen(address: str) -> socket.socket:
    """A socket for host:port, [ipv6]:port or :port (every address of this machine)."""
    host, separator, port = address.rpartition(":")
    if not separator or not port.isdecimal() or int(port) > 65535:
        raise FairleadError(f"--web.listen-address: must be host:port, got {address!r}")
    host = host.removeprefix("[").removesuffix("]")
    try:
        if not host and socket.has_dualstack_ipv6():
            found = socket.create_server(("", int(port)), family=socket.AF_INET6, dualstack_ipv6=True)
        else:
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            found = socket.create_server((host, int(port)), family=family)
        # Connections inherit it. Without it a body waits 40 ms for the client to confirm the headers.
        found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return found
    except OSError as error:
        raise FairleadError(f"--web.listen-address: must be free, got {address!r}: {error.strerror}") from error


def http_config(exporter: Exporter, web: WebFile | None) -> uvicorn.Config:
    """How to answer: over TLS where the web configuration says so."""
    config = uvicorn.Config(
        add_console(create_server(exporter, web)),
        http=_protocol(web) if web else "auto",
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=STOP_SECONDS,
        proxy_headers=False,  # api/source.py reads them, where the configuration trusts a proxy
        server_header=False,
    )
    config.load()
    config.ssl = web.context() if web else None
    return config


def _protocol(web: WebFile) -> type[H11Protocol]:
    """HTTP on connections of clients that the web configuration admits; others are cut off before they say anything."""

    class Admitting(H11Protocol):
        def connection_made(self, transport: Any) -> None:
            """After the handshake."""
            session = transport.get_extra_info("ssl_object")
            if session is not None and not web.admits(session.getpeercert()):
                log.warning("client certificate not admitted")
                transport.abort()
                return
            super().connection_made(transport)

        def connection_lost(self, exc: Exception | None) -> None:
            """Nothing to end where nothing began."""
            if self.transport is not None:
                super().connection_lost(exc)

    return Admitting


def serve(exporter: Exporter, addresses: Sequence[str], web: WebFile | None = None) -> None:
    """Answer and monitor until SIGTERM or SIGINT; SIGHUP reloads."""
    sockets = [listen(address) for address in addresses]
    config = http_config(exporter, web)
    monitor = threading.Thread(target=exporter.run, name="fairlead-monitor", daemon=True)

    def reload(_signal: int, _frame: FrameType | None) -> None:
        threading.Thread(target=exporter.reload, name="fairlead-reload", daemon=True).start()

    signal.signal(signal.SIGHUP, reload)
    monitor.start()
    for address in addresses:
        log.info("listening", extra={"address": address})
    try:
        Server(config).run(sockets)
    finally:
        exporter.stop()
        monitor.join(STOP_SECONDS)
        log.info("stopped")
    if monitor.is_alive() or exporter.busy():
        _abandon()


def _abandon() -> None:
    """End at once in the middle of an analysis, which the next start makes up.

    Python would end under the feet of the threads that count, and they would abort the process.
    """
    log.warning("analysis abandoned")
    logging.shutdown()
    os._exit(0)
