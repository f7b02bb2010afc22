"""Puts a backup where the store is: whole or not at all."""

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from sqlalchemy import Connection

from fairlead.errors import StoreError
from fairlead.store import postgresql
from fairlead.store.backup import check_backup, copy_pages, discard, settle
from fairlead.store.copying import Progress, copy_rows, empty, rows_of, tables_of
from fairlead.store.database import Database, connect, open_database
from fairlead.store.revision import revision_of, upgrade

Then = Callable[[Database], None]
"""Done with the restored store before anyone sees it."""
OTHERS = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND application_name = 'fairlead' AND pid <> pg_backend_pid()
"""
PATIENCE = 3.0


def restore(path: Path, location: str, *, force: bool, then: Then, progress: Progress) -> None:
    """Replace the store by a backup of either kind of store, and bring its tables up to date."""
    check_backup(path)
    database = connect(location)
    try:
        if database.url.get_backend_name() == "sqlite":
            _restore_file(path, database, force, then, progress)
        else:
            _restore_tables(path, database, force, then, progress)
    finally:
        database.close()


def _restore_file(path: Path, database: Database, force: bool, then: Then, progress: Progress) -> None:
    target = Path(str(database.url.database))
    if target.exists() and not force:
        with database.reading() as connection:
            _refuse_content(connection, database.where)
        database.close()
    partial = target.with_name(f"{target.name}.partial")
    discard(partial)
    try:
        copy_pages(path, partial, progress)
        restored = open_database(str(partial))
        try:
            then(restored)
        finally:
            restored.close()
        partial.chmod(0o600)
        with closing(sqlite3.connect(partial, isolation_level=None)) as connection:
            connection.execute("PRAGMA journal_mode = DELETE")
        _put_down(target, database.where)
        settle(partial, target)
    except (OSError, sqlite3.Error) as error:
        raise StoreError(f"{database.where}: {error}") from error
    finally:
        discard(partial)


def _put_down(target: Path, where: str) -> None:
    """Leave nothing beside the old file that a new one could be mistaken by, unless somebody has it open."""
    if not target.exists():
        return
    try:
        with closing(sqlite3.connect(target, isolation_level=None)) as connection:
            connection.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY:
            raise StoreError(f"{where}: must not be in use, got a process that has it open: stop it first") from None
        raise
    except sqlite3.DatabaseError:
        pass  # what is there is no database any more
    for suffix in ("-wal", "-shm", "-journal"):
        target.with_name(target.name + suffix).unlink(missing_ok=True)


def _restore_tables(path: Path, database: Database, force: bool, then: Then, progress: Progress) -> None:
    _refuse_use(database)
    backup = connect(str(path))
    try:
        with database.writing() as connection, backup.reading() as source:
            postgresql.check_encoding(connection, database.where)
            if not force:
                _refuse_content(connection, database.where)
            empty(connection)
            upgrade(connection, database.where, str(revision_of(source)))
            copy_rows(source, connection, progress)
            upgrade(connection, database.where)
            then(database)
    finally:
        backup.close()


def _refuse_content(connection: Connection, where: str) -> None:
    held = {name: count for name, count in rows_of(connection, tables_of(connection)).items() if count}
    if held:
        listed = ", ".join(f"{count} {name}" for name, count in held.items())
        raise StoreError(f"{where}: must be empty unless --force is given, got {listed}")


def _refuse_use(database: Database) -> None:
    """Connections that were just closed are given a moment."""
    deadline = time.monotonic() + PATIENCE
    while True:
        with database.reading() as connection:
            if not connection.exec_driver_sql(OTHERS).scalar():
                return
        if time.monotonic() > deadline:
            raise StoreError(f"{database.where}: must not be in use, got a fairlead that is connected: stop it first")
        time.sleep(0.1)
