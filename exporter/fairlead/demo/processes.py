"""Prometheus, Alertmanager and other servers as child processes on loopback."""

import http.client
import os
import secrets
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from fairlead.errors import FairleadError

BINARIES: Mapping[str, tuple[tuple[str, ...], str]] = {
    "prometheus": (("prometheus",), "prometheus"),
    "alertmanager": (("alertmanager", "prometheus-alertmanager"), "prometheus-alertmanager"),
    "promtool": (("promtool",), "prometheus (newer releases: promtool)"),
    "amtool": (("amtool",), "prometheus-alertmanager"),
}
"""Program → the file names it goes by, and the Debian/Ubuntu package that has it."""

PORTS = range(20_000, 32_000)
"""Below the range from which Linux serves outgoing connections, so that none can take a port in between."""

POLL_SECONDS = 0.05

_handed_out: set[int] = set()
_ports_lock = threading.Lock()


class ServerError(FairleadError):
    """A program is missing, or a server did not start or did not answer."""


def find_binary(name: str) -> str:
    """Path of a program: the variable FAIRLEAD_<NAME> first, then PATH."""
    file_names, package = BINARIES[name]
    variable = f"FAIRLEAD_{name.upper()}"
    wanted = os.environ.get(variable)
    if wanted:
        found = shutil.which(wanted)
        if found is None:
            raise ServerError(f"{variable}: must be a program that can be run, got {wanted}")
        return found
    for file_name in file_names:
        found = shutil.which(file_name)
        if found is not None:
            return found
    raise ServerError(f"{name}: not found; install the package {package}, or set {variable} to its path")


def free_port() -> int:
    """A loopback port nobody listens on; the same process never gets one twice."""
    with _ports_lock:
        for _ in range(1000):
            port = PORTS.start + secrets.randbelow(len(PORTS))
            if port not in _handed_out and _can_bind(port):
                _handed_out.add(port)
                return port
    raise ServerError(f"no free port between {PORTS.start} and {PORTS.stop - 1} on 127.0.0.1")


def _can_bind(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


class Server:
    """One child process that answers HTTP; it may be started again after it was stopped or killed."""

    def __init__(
        self,
        command: Sequence[str | Path],
        url: str,
        log: Path,
        ready_path: str = "/-/ready",
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.command = tuple(str(part) for part in command)
        self.url = url
        self.log = log
        self.ready_path = ready_path
        self.environment = environment
        self._process: subprocess.Popen[bytes] | None = None
        self._log_start = 0

    @property
    def name(self) -> str:
        """The program's file name."""
        return Path(self.command[0]).name

    @property
    def pid(self) -> int | None:
        """Process id while it runs."""
        return self._process.pid if self._process is not None and self.running else None

    @property
    def running(self) -> bool:
        """Whether the process was started and has not ended."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> Self:
        """Start the process; its output is appended to the log."""
        if self.running:
            raise ServerError(f"{self.name}: already running with pid {self.pid}")
        self.log.parent.mkdir(parents=True, exist_ok=True)
        environment = None if self.environment is None else {**os.environ, **self.environment}
        with self.log.open("ab") as log:
            self._log_start = log.tell()
            try:
                self._process = subprocess.Popen(  # noqa: S603 - the command comes from code, not from input
                    self.command,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    env=environment,
                    start_new_session=True,  # a Ctrl-C ends the parent, which then stops its servers in order
                )
            except OSError as error:
                raise ServerError(f"{self.name}: cannot be started: {error.strerror}") from error
        return self

    def wait_ready(self, timeout: float = 30) -> Self:
        """Return when ``ready_path`` answers 200; a server that dies or stays silent shows its last lines."""
        deadline = time.monotonic() + timeout
        while True:
            if not self.running:
                raise ServerError(f"{self.name}: ended with exit code {self._exit_code}\n{self.log_tail()}")
            if self._ready() and self.running:
                return self
            if time.monotonic() > deadline:
                where = f"{self.url}{self.ready_path}"
                raise ServerError(f"{self.name}: not ready at {where} after {timeout:g} s\n{self.log_tail()}")
            time.sleep(POLL_SECONDS)

    def stop(self, timeout: float = 10) -> None:
        """SIGTERM, then SIGKILL when it does not end in time; does nothing when it has ended."""
        if self._process is None:
            return
        if self.running:
            self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """SIGKILL at once; does nothing when it has ended."""
        if self._process is None:
            return
        self._process.kill()
        self._process.wait()

    def log_tail(self, lines: int = 20) -> str:
        """The last lines the process wrote since its last start."""
        if not self.log.exists():
            return ""
        written = self.log.read_bytes()[self._log_start :]
        return "\n".join(written.decode(errors="replace").splitlines()[-lines:])

    @property
    def _exit_code(self) -> int | None:
        return None if self._process is None else self._process.returncode

    def _ready(self) -> bool:
        place = urlsplit(self.url)
        connection = http.client.HTTPConnection(place.hostname or "127.0.0.1", place.port, timeout=2)
        try:
            connection.request("GET", f"{place.path.rstrip('/')}{self.ready_path}")
            return connection.getresponse().status == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def prometheus(directory: Path, config_file: Path, port: int | None = None, extra: Sequence[str] = ()) -> Server:
    """Prometheus on loopback with its data and log in ``directory``."""
    port = port or free_port()
    command = [
        find_binary("prometheus"),
        f"--config.file={config_file}",
        f"--storage.tsdb.path={directory / 'prometheus-data'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--web.enable-lifecycle",
        "--rules.alert.for-grace-period=30s",
        *extra,
    ]
    return Server(command, f"http://127.0.0.1:{port}", directory / "prometheus.log")


def alertmanager(directory: Path, config_file: Path, port: int | None = None, extra: Sequence[str] = ()) -> Server:
    """Alertmanager on loopback, alone (no cluster), with its data and log in ``directory``."""
    port = port or free_port()
    command = [
        find_binary("alertmanager"),
        f"--config.file={config_file}",
        f"--storage.path={directory / 'alertmanager-data'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--cluster.listen-address=",
        "--data.maintenance-interval=1m",
        *extra,
    ]
    return Server(command, f"http://127.0.0.1:{port}", directory / "alertmanager.log")
