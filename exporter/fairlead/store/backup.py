"""Backups: always an SQLite database with the same tables, from whichever kind of store."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from fairlead.errors import StoreError
from fairlead.store.copying import Progress, copy_rows
from fairlead.store.database import Database, connect
from fairlead.store.revision import check_revision, revision_of, upgrade

PAGES = 500
"""Copied in one step; others may write between two."""


def backup(database: Database, path: Path, *, force: bool, progress: Progress) -> None:
    """Write one state of the store to a file, which appears whole or not at all; others go on reading and writing."""
    if path.exists() and not force:
        raise StoreError(f"{path}: must not exist unless --force is given, got a file")
    partial = _new(path)
    try:
        if database.url.get_backend_name() == "sqlite":
            copy_pages(Path(str(database.url.database)), partial, progress)
        else:
            _copy_tables(database, partial, progress)
        check_backup(partial)
        settle(partial, path)
    except (OSError, sqlite3.Error) as error:
        raise StoreError(f"{path}: {_why(error)}") from error
    finally:
        discard(partial)


def check_backup(path: Path) -> str:
    """The revision of a file that is a sound store, and nothing else."""
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            (first, *_) = [row[0] for row in connection.execute("PRAGMA integrity_check(1)")]
            if first != "ok":
                raise StoreError(f"{path}: must be a sound database, got one with: {str(first).splitlines()[-1]}")
            found = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.Error as error:
        raise StoreError(f"{path}: must be a backup of a store, got a file that says: {error}") from error
    if found is None:
        raise StoreError(f"{path}: must be a backup of a store, got one without a revision")
    revision = str(found[0])
    check_revision(revision, str(path))
    return revision


def copy_pages(source: Path, target: Path, progress: Progress) -> None:
    """One state of an SQLite database. The transaction on the source keeps writers from making the copy begin anew."""
    uri = f"{source.absolute().as_uri()}?mode=rw"
    with (
        closing(sqlite3.connect(uri, uri=True, isolation_level=None)) as original,
        closing(sqlite3.connect(target, isolation_level=None)) as copy,
    ):
        original.execute("BEGIN")
        original.execute("SELECT count(*) FROM sqlite_master").fetchone()
        original.backup(copy, pages=PAGES, progress=lambda _, left, total: progress(total - left, total))
        copy.execute("PRAGMA journal_mode = DELETE")


def settle(partial: Path, path: Path) -> None:
    """Give a finished file its name, for good."""
    _synchronise(partial)
    partial.replace(path)
    _synchronise(path.absolute().parent)


def discard(partial: Path) -> None:
    """Take away what was not finished."""
    for suffix in ("", "-wal", "-shm", "-journal"):
        partial.with_name(partial.name + suffix).unlink(missing_ok=True)


def _new(path: Path) -> Path:
    """An empty file beside the path, for the eyes of this user only."""
    partial = path.with_name(f"{path.name}.partial")
    discard(partial)
    try:
        os.close(os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except OSError as error:
        raise StoreError(f"{path}: {_why(error)}") from error
    return partial


def _copy_tables(database: Database, partial: Path, progress: Progress) -> None:
    target = connect(str(partial))
    try:
        with database.reading() as source, target.writing() as connection:
            upgrade(connection, database.where, str(revision_of(source)))
            copy_rows(source, connection, progress)
    finally:
        target.close()
    with closing(sqlite3.connect(partial, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")


def _synchronise(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _why(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error).lower()
