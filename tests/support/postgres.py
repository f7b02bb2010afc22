"""A real PostgreSQL server for tests: from the distribution's packages, in a folder of its own, gone afterwards.

It answers at a socket in its folder, where it trusts everybody, and on loopback, where it asks for the password.
Commits are on disk before they are answered, as in earnest.
"""

import os
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from tempfile import mkdtemp

import psycopg

from fairlead.demo.processes import free_port

BACKENDS = ("sqlite", "postgresql")
"""The kinds of databases that stores are tested on."""
USER, PASSWORD = "fairlead", "hunter2 & co"
PATIENCE = 30
ACCESS = """
local all all trust
host all all 127.0.0.1/32 scram-sha-256
"""
SETTINGS = """
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = '{folder}'
shared_buffers = 16MB
max_connections = 120
autovacuum = off
log_destination = stderr
"""


def program(name: str) -> str:
    """The newest one that Debian keeps beside others, else the one on PATH."""
    places = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[4]))
    found = str(places[-1]) if places else shutil.which(name)
    assert found, f"{name} must be installed: the package postgresql of the distribution"
    return found


class Server:
    """One server process and its databases."""

    def __init__(self) -> None:
        self.folder = Path(mkdtemp(prefix="fairlead-pg-", dir="/tmp"))
        self.port = free_port()
        self._numbers = count(1)
        self._process: subprocess.Popen[bytes] | None = None
        self._user: int | None = None
        if os.geteuid() == 0:
            self._user = _somebody()
            os.chown(self.folder, self._user, -1)
        secret = self.folder / "secret"
        secret.write_text(PASSWORD)
        if self._user is not None:
            os.chown(secret, self._user, -1)
        fixed = ["--auth=trust", f"--username={USER}", f"--pwfile={secret}", "--encoding=UTF8", "--locale=C"]
        self._run(program("initdb"), f"--pgdata={self.data}", "--no-sync", *fixed)
        (self.data / "pg_hba.conf").write_text(ACCESS)
        with (self.data / "postgresql.conf").open("a") as settings:
            settings.write(SETTINGS.format(port=self.port, folder=self.folder))

    @property
    def data(self) -> Path:
        """Where the server keeps its files."""
        return self.folder / "data"

    def _run(self, *command: str) -> None:
        subprocess.run(command, check=True, capture_output=True, timeout=PATIENCE, cwd="/", user=self._user)

    def start(self) -> None:
        """Start and wait until it answers."""
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [program("postgres"), "-D", str(self.data)], stdout=log, stderr=log, cwd="/", user=self._user
            )
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                psycopg.connect(self.dsn("postgres")).close()
                return
            except psycopg.OperationalError:
                assert self._process.poll() is None, (self.folder / "log").read_text()
                assert time.monotonic() < deadline, (self.folder / "log").read_text()
                time.sleep(0.02)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop: SIGINT ends open transactions, SIGQUIT leaves everything as it is, as a crash does."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(PATIENCE)
            self._process = None

    def remove(self) -> None:
        """Stop, and take everything away."""
        self.stop(signal.SIGQUIT)
        shutil.rmtree(self.folder)

    def dsn(self, name: str) -> str:
        """What libpq connects with."""
        return f"host={self.folder} port={self.port} user={USER} dbname={name}"

    def fresh(self, template: str = "template0", encoding: str = "UTF8") -> str:
        """The URL of a new database, which is empty or a copy of another one that nobody uses."""
        name = f"test_{next(self._numbers)}"
        with psycopg.connect(self.dsn("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} ENCODING '{encoding}'".encode())
        return self.url(name)

    def copy(self, url: str) -> str:
        """The URL of a copy of a database; connections to it are ended."""
        name = url.partition("@/")[2].partition("?")[0]
        with psycopg.connect(self.dsn("postgres"), autocommit=True) as connection:
            connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
        return self.fresh(template=name)

    def url(self, name: str) -> str:
        """At the socket, without a password."""
        return f"postgresql://{USER}@/{name}?host={self.folder}&port={self.port}"

    def password_url(self, url: str, password: str) -> str:
        """The same database on loopback with this password, which must be fit for a URL."""
        name = url.partition("@/")[2].partition("?")[0]
        return f"postgresql://{USER}:{password}@127.0.0.1:{self.port}/{name}"


def _somebody() -> int:
    """PostgreSQL does not run as root: the user of its package, else nobody."""
    try:
        return pwd.getpwnam("postgres").pw_uid
    except KeyError:
        return 65534


@contextmanager
def running() -> Iterator[Server]:
    """A server that answers."""
    server = Server()
    try:
        server.start()
        yield server
    finally:
        server.remove()
