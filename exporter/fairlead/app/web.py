"""What `--web.config.file` says now."""

import logging
import ssl
import threading
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from fairlead.app.passwords import Passwords
from fairlead.config.web import Web, context_of, load_web
from fairlead.errors import ConfigError

log = logging.getLogger(__name__)

State = tuple[tuple[int, int, int] | None, ...]


class WebFile:
    """Read again when it or a file that it names changes; while it has a mistake, what was read before counts."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._reading = threading.Lock()
        self._web = load_web(path)
        self._context = self._new_context(self._web)
        self._state = self._seen(self._web)
        self._passwords = Passwords()

    def current(self) -> Web:
        """The file as it is now."""
        if self._seen(self._web) != self._state:
            self._read()
        return self._web

    def remembered(self, user: str, password: str) -> bool:
        """Whether this password was found right before."""
        return self._passwords.remembered(self._web.users, user, password)

    def check(self, user: str, password: str) -> bool:
        """Whether this is the password of a user."""
        return self._passwords.check(self._web.users, user, password)

    def context(self) -> ssl.SSLContext | None:
        """For the listeners; every connection gets the certificate that is there now."""
        first = self._context
        if first is not None:
            first.sni_callback = self._renew
        return first

    def admits(self, certificate: dict[str, Any] | None) -> bool:
        """Whether a client with this certificate may connect: one of its names must be allowed, where some are."""
        tls = self.current().tls
        if tls is None or tls.client_allowed_sans is None:
            return True
        return bool(set(_names(certificate or {})) & set(tls.client_allowed_sans))

    def _renew(self, connection: ssl.SSLObject, _name: str | None, _context: ssl.SSLContext) -> None:
        """During the handshake: certificate, key and client CA as they are now."""
        self.current()
        if self._context is not None:
            connection.context = self._context

    def _read(self) -> None:
        with self._reading:
            state = self._seen(self._web)
            if state == self._state:
                return
            try:
                web = load_web(self._path)
                if (web.tls is None) != (self._web.tls is None):
                    raise ConfigError(str(self._path), [])
                self._context, self._web = self._new_context(web), web
            except (ConfigError, OSError) as error:
                reason = str(error) or f"{self._path}: tls_server_config: must not come or go while fairlead runs"
                log.error("web configuration not reloaded", extra={"reason": reason})
                self._state = state
            else:
                self._state = self._seen(web)
                log.info("web configuration reloaded")

    def _new_context(self, web: Web) -> ssl.SSLContext | None:
        return context_of(web.tls) if web.tls else None

    def _seen(self, web: Web) -> State:
        tls = web.tls
        named = (tls.cert_file, tls.key_file, tls.client_ca_file) if tls else ()
        return tuple(_state(Path(file)) for file in (str(self._path), *named) if file)


def _state(path: Path) -> tuple[int, int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns, status.st_size


def _names(certificate: dict[str, Any]) -> list[str]:
    """Alternative names of a certificate: DNS, mail, URI, and addresses in their shortest form."""
    found = []
    for kind, value in certificate.get("subjectAltName", ()):
        if kind == "IP Address":
            found.append(str(ip_address(value.strip())))
        elif kind in {"DNS", "email", "URI"}:
            found.append(value)
    return found
