"""Tells whether a store is sound: every checksum, every document and every rule that the database alone cannot hold."""

import json
from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import Connection, Row, Select, Table, func, select

from fairlead.core.exception import Standing
from fairlead.core.incident import ACCEPTED_AT_MOST, CLOSED, Status
from fairlead.errors import BaselineError, StoreError
from fairlead.store.audit import Audit
from fairlead.store.codec import content_hash, decode_baseline, decode_outcomes, unpack_summary
from fairlead.store.copying import Progress, rows_of
from fairlead.store.database import Database
from fairlead.store.days import is_sound
from fairlead.store.maintenance import to_maintenance
from fairlead.store.partials import day_seal, file_seal
from fairlead.store.revision import HEAD, revision_of
from fairlead.store.tables import (
    alerts,
    baselines,
    days,
    exceptions,
    files,
    incident_alerts,
    incidents,
    maintenance,
    metadata,
    partials,
    requests,
    runs,
)

BATCH = 200
UNREADABLE = (ValueError, KeyError, TypeError, AttributeError, LookupError)

Check = Callable[[Connection], Iterator[str | None]]
"""One answer per row: what is wrong with it, or None."""


def verify(database: Database, progress: Progress) -> Iterator[str]:
    """Everything that is wrong with the store, in words that name the place."""
    with database.reading() as connection:
        found = revision_of(connection)
        if found != HEAD:
            raise StoreError(f"{database.where}: must have tables of revision {HEAD}, got {found}: fairlead db upgrade")
        rows = rows_of(connection, [metadata.tables[name] for name in CHECKS if name in metadata.tables])
    total, done = sum(rows.values()), 0
    for name, check in CHECKS.items():
        try:
            with database.reading() as connection:
                for problem in check(connection):
                    if name in rows:
                        done += 1
                        progress(min(done, total), total)
                    if problem is not None:
                        yield f"{name}: {problem}"
        except StoreError as error:  # damage that the database itself stumbles over
            yield f"{name}: {str(error).removeprefix(f'{database.where}: ')}"
    verdict = Audit(database).verify()
    if verdict.bad is not None:
        yield f"audit: entry {verdict.bad}: {verdict.reason}"


def _rows(connection: Connection, query: Select[Any]) -> Iterator[Row[Any]]:
    yield from connection.execute(query, execution_options={"yield_per": BATCH})


def _file(connection: Connection) -> Iterator[str | None]:
    """SQLite's own checks; PostgreSQL keeps references itself, and its pages are the business of pg_amcheck."""
    if connection.dialect.name != "sqlite":
        return
    for (line,) in connection.exec_driver_sql("PRAGMA integrity_check"):
        if line != "ok":
            yield " ".join(str(line).split())
    for table, row, parent, _ in connection.exec_driver_sql("PRAGMA foreign_key_check"):
        yield f"{table} {row}: refers to {parent} that are not there"


def _baselines(connection: Connection) -> Iterator[str | None]:
    for row in _rows(connection, select(baselines).order_by(baselines.c.id)):
        where = f"model {row.model!r}: {row.version}"
        if content_hash(row.content) != row.content_hash:
            yield f"{where}: content does not match its hash"
            continue
        try:
            decode_baseline(row.version, row.content)
        except BaselineError:  # of an older format: whole, though it must be made anew
            pass
        except UNREADABLE as error:
            yield f"{where}: cannot be read: {error!r}"
            continue
        yield None
    several = select(baselines.c.model).where(baselines.c.state == "active").group_by(baselines.c.model)
    for (model,) in connection.execute(several.having(func.count() > 1)):
        yield f"model {model!r}: more than one is active"


def _runs(connection: Connection) -> Iterator[str | None]:
    for row in _rows(connection, select(runs).order_by(runs.c.id)):
        try:
            decode_outcomes(row.outcomes)
        except UNREADABLE as error:
            yield f"run {row.id}: outcomes cannot be read: {error!r}"
        else:
            yield None if row.window_start < row.window_end else f"run {row.id}: its window has no length"


def _documents(table: Table, *names: str) -> Check:
    """Columns that hold JSON."""

    def check(connection: Connection) -> Iterator[str | None]:
        query = select(table.c.id, *(table.c[name] for name in names)).order_by(table.c.id)
        for row in _rows(connection, query):
            try:
                for name in names:
                    json.loads(getattr(row, name))
            except ValueError as error:
                yield f"{row.id}: {name} cannot be read: {error}"
            else:
                yield None

    return check


def _incidents(connection: Connection) -> Iterator[str | None]:
    query = select(incidents.c.id, incidents.c.status, incidents.c.resolved_at).order_by(incidents.c.id)
    for row in _rows(connection, query):
        try:
            closed = Status(row.status) in CLOSED
        except ValueError:
            yield f"INC-{row.id}: its status is {row.status!r}"
        else:
            sound = closed == (row.resolved_at is not None)
            yield None if sound else f"INC-{row.id}: it is {row.status}, and resolved at {row.resolved_at}"


def _exceptions(connection: Connection) -> Iterator[str | None]:
    for row in _rows(connection, select(exceptions).order_by(exceptions.c.id)):
        where = f"EXC-{row.id}"
        if row.until - row.requested_at > ACCEPTED_AT_MOST:
            yield f"{where}: must last at most {ACCEPTED_AT_MOST.days} days"
        elif row.decided_by is not None and row.decided_by.strip().casefold() == row.requested_by.strip().casefold():
            yield f"{where}: must be decided by another person than {row.requested_by!r}"
        else:
            known = row.status in (Standing.REQUESTED, Standing.APPROVED, Standing.REFUSED, Standing.REVOKED)
            yield None if known else f"{where}: status cannot be read: {row.status!r}"


def _maintenance(connection: Connection) -> Iterator[str | None]:
    for row in _rows(connection, select(maintenance).order_by(maintenance.c.id)):
        try:
            to_maintenance(row)
        except UNREADABLE as error:
            yield f"MNT-{row.id}: cannot be read: {error}"
        else:
            yield None


def _key(row: Row[Any]) -> dict[str, str]:
    return {"model": row.model, "plan": row.plan, "path": row.path, "state": row.state}


def _files(connection: Connection) -> Iterator[str | None]:
    for row in _rows(connection, select(files).order_by(files.c.id)):
        sound = row.checksum == file_seal(_key(row), row.undated, row.first, row.last)
        yield None if sound else f"file {row.id}: does not match its checksum"


def _partials(connection: Connection) -> Iterator[str | None]:
    content = (partials.c.id.label("part"), partials.c.day, partials.c.content, partials.c.checksum.label("sum"))
    query = select(files, *content).join(partials, partials.c.file == files.c.id).order_by(partials.c.id)
    for row in _rows(connection, query):
        sound = row.sum == day_seal(_key(row), row.day, row.content) and (not row.content or _unpacks(row.content))
        yield None if sound else f"day {row.day} of file {row.id}: does not match its checksum"


def _days(connection: Connection) -> Iterator[str | None]:
    for row in _rows(connection, select(days).order_by(days.c.id)):
        sound = is_sound(row) and _unpacks(row.content)
        yield None if sound else f"model {row.model!r}: {row.day}: does not match its checksum"


def _unpacks(content: bytes) -> bool:
    try:
        unpack_summary(content)
    except Exception:
        return False
    return True


CHECKS: dict[str, Check] = {
    "database": _file,
    "baselines": _baselines,
    "runs": _runs,
    "alerts": _documents(alerts, "content"),
    "requests": _documents(requests, "wanted", "models", "families", "done", "runs"),
    "incidents": _incidents,
    "incident_alerts": _documents(incident_alerts, "labels", "annotations"),
    "files": _files,
    "partials": _partials,
    "days": _days,
    "exceptions": _exceptions,
    "maintenance": _maintenance,
}
"""By table, or by what is checked. A table with checksums or documents gets a line here."""
