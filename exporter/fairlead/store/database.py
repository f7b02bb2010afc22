"""Opens the database and brings its tables up to date."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection
from sqlalchemy.engine import URL, Engine, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from fairlead.errors import StoreError
from fairlead.store import postgresql, sqlite
from fairlead.store.revision import HEAD, check_revision, revision_of, upgrade

LOCK_NOT_AVAILABLE = "55P03"  # PostgreSQL's code


class Database:
    """Transactions on one database: `writing` ones exclude each other, `reading` ones see a consistent state.

    Inside a `writing` one, further ones of the same thread are part of it: an action and its audit entry, each written
    by its own repository, are kept together or not at all.
    """

    def __init__(self, engine: Engine, reading: Mapping[str, object]) -> None:
        self._engine = engine
        self._reading = engine.execution_options(**reading)
        self._mine = threading.local()

    @property
    def url(self) -> URL:
        """Where it is; its text may hold a password."""
        return self._engine.url

    @property
    def where(self) -> str:
        """How messages call it, without passwords."""
        return f"store {shown(self._engine.url)}"

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
        with self._errors(), self._reading.connect() as connection:
            yield connection

    def _outer(self) -> Connection | None:
        """The writing transaction that this thread is in."""
        return getattr(self._mine, "connection", None)

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except SQLAlchemyError as error:
            raise StoreError(f"{self.where}: {_reason(error)}") from error

    def close(self) -> None:
        """Give all connections back."""
        self._engine.dispose()


def open_database(location: str) -> Database:
    """Open a path of the embedded database, or a URL of one or of PostgreSQL; make and upgrade its tables if needed."""
    database = connect(location)
    try:
        with database.reading() as connection:
            current = revision_of(connection)
        if current != HEAD:
            with database.writing() as connection:
                if connection.dialect.name == "postgresql":
                    postgresql.check_encoding(connection, database.where)
                upgrade(connection, database.where)
    except BaseException:
        database.close()
        raise
    return database


def existing(location: str) -> Database:
    """The database as it is, which must have tables of fairlead that this one knows."""
    url = url_of(location) if "://" in location else None
    path = location if url is None else url.database
    if (url is None or url.drivername == "sqlite") and not Path(path or "").exists():
        raise StoreError(f"store {location if url is None else shown(url)}: must be there, got nothing")
    database = connect(location)
    try:
        with database.reading() as connection:
            found = revision_of(connection)
        if found is None:
            raise StoreError(f"{database.where}: must have the tables of fairlead, got none of them")
        check_revision(found, database.where)
    except BaseException:
        database.close()
        raise
    return database


def connect(location: str) -> Database:
    """The database as it is, with tables of any revision or none."""
    try:
        url = url_of(location)
        if url.get_backend_name() == "sqlite":
            database = Database(sqlite.engine_of(url), sqlite.READING)
            sqlite.make_folder(url)
        else:
            database = Database(postgresql.engine_of(url), postgresql.READING)
    except (ArgumentError, ImportError, ValueError) as error:
        raise StoreError(f"store: must be a path or a database URL, got one that {_reason(error)}") from error
    except OSError as error:
        raise StoreError(f"store {shown(url)}: {error.strerror}: {error.filename}") from error
    return database


def url_of(location: str) -> URL:
    """Of a path, or of a URL."""
    if "://" not in location:
        return URL.create("sqlite", database=location)
    url = make_url(location)
    if url.drivername not in {"sqlite", "postgresql"}:
        raise ArgumentError("begins with neither sqlite: nor postgresql:")
    return url


def shown(url: URL) -> str:
    """The URL without passwords and without the name of the driver."""
    public = url.difference_update_query(["password", "sslpassword"]).set(drivername=url.get_backend_name())
    return public.render_as_string(hide_password=True)


def _reason(error: Exception) -> str:
    """In one line; what PostgreSQL says when it tried several addresses stands in the lines below the first."""
    original = getattr(error, "orig", None) or error
    if getattr(original, "sqlstate", None) == LOCK_NOT_AVAILABLE:
        return "database is locked"
    first, *rest = str(original).splitlines() or [type(original).__name__]
    return " ".join([first, *(line.strip() for line in rest)]) if first.endswith(":") else first
