"""Opens the database and brings its tables up to date."""

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, create_engine, event, inspect, text
from sqlalchemy.engine import URL, Engine, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from fairlead.errors import StoreError

HEAD = "0008"
BUSY_MILLISECONDS = 30_000


class Database:
    """Transactions on one database: `writing` ones exclude each other, `reading` ones see a consistent state.

    Inside a `writing` one, further ones of the same thread are part of it: an action and its audit entry, each written
    by its own repository, are kept together or not at all.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._mine = threading.local()

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that is committed whole or not at all."""
        outer = self._outer()
        if outer is not None:
            yield outer
            return
        with self._errors(), self._engine.begin() as connection:
            self._mine.connection = connection
            try:
                yield connection
            finally:
                self._mine.connection = None

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that only reads."""
        outer = self._outer()
        if outer is not None:
            yield outer
            return
        with self._errors(), self._engine.execution_options(reading=True).connect() as connection:
            yield connection

    def _outer(self) -> Connection | None:
        """The writing transaction that this thread is in."""
        return getattr(self._mine, "connection", None)

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except SQLAlchemyError as error:
            raise StoreError(f"store {_shown(self._engine.url)}: {_reason(error)}") from error

    def close(self) -> None:
        """Give all connections back."""
        self._engine.dispose()


def open_database(location: str) -> Database:
    """Open a path of the embedded database, or an SQLAlchemy URL; create and upgrade its tables if needed."""
    try:
        url = make_url(location) if "://" in location else URL.create("sqlite", database=location)
        engine = create_engine(url)
    except (ArgumentError, ImportError) as error:
        raise StoreError(f"store: must be a path or a database URL, got one that {_reason(error)}") from error
    if url.get_backend_name() == "sqlite":
        _listen(engine)
        _make_folder(url)
    database = Database(engine)
    with database.reading() as connection:
        current = _revision(connection)
    if current != HEAD:
        with database.writing() as connection:
            _upgrade(connection)
    return database


def _make_folder(url: URL) -> None:
    """The folder of a database file."""
    try:
        Path(url.database or "").parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"store {_shown(url)}: {error.strerror}: {error.filename}") from error


def _listen(engine: Engine) -> None:
    """SQLite: write-ahead log, every commit on disk, and transactions that begin when they say so."""

    @event.listens_for(engine, "connect")
    def connected(connection: sqlite3.Connection, _record: Any) -> None:
        connection.isolation_level = None
        connection.execute(f"PRAGMA busy_timeout = {BUSY_MILLISECONDS}")
        _write_ahead(connection)
        connection.execute("PRAGMA synchronous = FULL")

    @event.listens_for(engine, "begin")
    def begun(connection: Connection) -> None:
        reading = connection.get_execution_options().get("reading", False)
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Turn the write-ahead log on. SQLite does not wait for others at this one, whatever its timeout."""
    deadline = time.monotonic() + BUSY_MILLISECONDS / 1000
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _upgrade(connection: Connection) -> None:
    """Bring the tables up to date, unless another process did so while this one waited."""
    found = _revision(connection)
    if found == HEAD:
        return
    if found is not None and found > HEAD:
        url = _shown(connection.engine.url)
        raise StoreError(f"store {url}: must have tables up to revision {HEAD}, got {found} of a newer fairlead")
    from alembic import command  # noqa: PLC0415 - slow to import, needed once per database
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _shown(url: URL) -> str:
    return url.render_as_string(hide_password=True)


def _reason(error: Exception) -> str:
    original = getattr(error, "orig", None) or error
    return str(original).splitlines()[0] if str(original) else type(original).__name__
