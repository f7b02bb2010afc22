"""A local receiver of everything Alertmanager sends: HTTP calls and mails, kept in the order of arrival."""

import json
import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self, TypeVar

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from fairlead.demo.processes import free_port

T = TypeVar("T")

SLACK_ANSWER = b"ok"
SNS_ANSWER = (
    b'<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/">'
    b"<PublishResult><MessageId>0</MessageId></PublishResult></PublishResponse>"
)


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP POST: path without a slash at the end, header names in lower case, json None when it is none."""

    path: str
    headers: Mapping[str, str]
    body: bytes
    json: Any
    received: float


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail; ``recipients`` and ``login`` are from the SMTP dialogue, the rest from the message."""

    to: str
    subject: str
    text: str
    html: str
    sender: str
    recipients: tuple[str, ...]
    login: tuple[str, str] | None
    message: EmailMessage
    received: float


class Sink:
    """One HTTP and one SMTP server on free loopback ports, running inside ``with``."""

    def __init__(self) -> None:
        self._arrived = threading.Condition()
        self._requests: list[Request] = []
        self._mails: list[Mail] = []
        self._http = _HttpServer(self._keep_request)
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True)
        self.smtp_port = free_port()
        self._smtp = Controller(
            _MailHandler(self._keep_mail),
            hostname="127.0.0.1",
            port=self.smtp_port,
            server_hostname="sink.localhost",
            auth_require_tls=False,
            auth_exclude_mechanism=["LOGIN"],  # Alertmanager does not understand aiosmtpd's prompts
            authenticator=_accept_login,
        )

    @property
    def http_url(self) -> str:
        """Base URL of the HTTP server, without a slash at the end."""
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    @property
    def smtp_host_port(self) -> str:
        """Address of the SMTP server as Alertmanager's ``smarthost`` wants it."""
        return f"127.0.0.1:{self.smtp_port}"

    @property
    def requests(self) -> tuple[Request, ...]:
        """The calls received so far."""
        with self._arrived:
            return tuple(self._requests)

    @property
    def mails(self) -> tuple[Mail, ...]:
        """The mails received so far."""
        with self._arrived:
            return tuple(self._mails)

    def requests_to(self, path: str) -> tuple[Request, ...]:
        """The calls received so far on one path."""
        return tuple(request for request in self.requests if request.path == path)

    def clear(self) -> None:
        """Forget what was received."""
        with self._arrived:
            self._requests.clear()
            self._mails.clear()

    def wait_for(self, predicate: Callable[["Sink"], T | None], timeout: float = 30) -> T:
        """The first truthy answer of ``predicate``, asked on each arrival; TimeoutError lists what came."""
        deadline = time.monotonic() + timeout
        while True:
            answer = predicate(self)
            if answer:
                return answer
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError(f"not seen within {timeout:g} s; received: {self._received()}")
            with self._arrived:
                self._arrived.wait(min(left, 0.2))

    def start(self) -> Self:
        """Start both servers."""
        logging.getLogger("mail.log").setLevel(logging.ERROR)  # aiosmtpd warns about itself at each login
        self._thread.start()
        self._smtp.start()
        return self

    def stop(self) -> None:
        """Stop both servers and close their sockets; does nothing when they are stopped."""
        if self._thread.is_alive():
            self._smtp.stop()
            self._http.shutdown()
            self._thread.join()
            self._http.server_close()

    def _received(self) -> list[str]:
        return [request.path for request in self.requests] + [f"mail to {mail.to}" for mail in self.mails]

    def _keep_request(self, request: Request) -> None:
        with self._arrived:
            self._requests.append(request)
            self._arrived.notify_all()

    def _keep_mail(self, mail: Mail) -> None:
        with self._arrived:
            self._mails.append(mail)
            self._arrived.notify_all()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


class _HttpServer(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, keep: Callable[[Request], None]) -> None:
        self.keep = keep
        super().__init__(("127.0.0.1", 0), _HttpHandler)


class _HttpHandler(BaseHTTPRequestHandler):
    server: _HttpServer

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        path = self.path.rstrip("/") or "/"  # the AWS library appends one
        self.server.keep(Request(path, headers, body, _parse_json(body), time.time()))
        answer = SNS_ANSWER if b"Action=Publish" in body else SLACK_ANSWER
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: object) -> None:
        """Stay silent: the requests themselves are kept."""


class _MailHandler:
    def __init__(self, keep: Callable[[Mail], None]) -> None:
        self._keep = keep

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        message = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(message, EmailMessage)  # noqa: S101 - policy.default promises it
        self._keep(
            Mail(
                to=str(message.get("To", "")),
                subject=str(message.get("Subject", "")),
                text=_part(message, "plain"),
                html=_part(message, "html"),
                sender=str(envelope.mail_from),
                recipients=tuple(envelope.rcpt_tos),
                login=session.auth_data,
                message=message,
                received=time.time(),
            )
        )
        return "250 OK"


def _accept_login(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> Any:
    login = (data.login.decode(), data.password.decode())
    return AuthResult(success=True, auth_data=login)


def _part(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    return "" if part is None else str(part.get_content())


def _parse_json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None
