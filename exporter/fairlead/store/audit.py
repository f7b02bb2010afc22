"""The audit log: entries are added, never changed; each is chained to the one before."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, select

from fairlead.core.audit import PRUNED, Entry, Head, Link, Verdict, Wanted, detail_text, link, verified
from fairlead.store.codec import storable
from fairlead.store.database import Database
from fairlead.store.tables import audit

BATCH = 1000


class Audit:
    """The audit log in the store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, entry: Entry) -> None:
        """Append; within a writing transaction of the caller, both are kept or neither."""
        with self._database.writing() as connection:
            _append(connection, entry)

    def head(self, before: datetime | None = None) -> Head:
        """The end of the chain now, or as it was at a moment."""
        with self._database.reading() as connection:
            return _head(connection, before)

    def page(self, wanted: Wanted, limit: int, below: int | None = None) -> list[Link]:
        """So many entries, newest first, with a smaller number than `below`."""
        query = select(audit).where(*_conditions(wanted)).order_by(audit.c.id.desc()).limit(limit)
        if below is not None:
            query = query.where(audit.c.id < min(below, 2**31 - 1))
        with self._database.reading() as connection:
            return [_link(row) for row in connection.execute(query)]

    def verify(self, expected: Head | None = None) -> Verdict:
        """Walk along the whole chain, from its first entry or from where it was pruned."""
        with self._database.reading() as connection:
            return verified(_anchor(connection), _walk(connection), expected)

    def prunable(self, before: datetime) -> int:
        """How many entries `prune` would delete."""
        with self._database.reading() as connection:
            return _expired(connection, before)[1]

    def prune(self, before: datetime, *, now: datetime) -> int:
        """Delete the entries up to the first one that is not older than a moment; how many.

        The new last entry says which they were, so that what is left can still be verified. One that expired behind one
        that did not, because a clock was set back, stays until that one goes.
        """
        with self._database.writing() as connection:
            last, number = _expired(connection, before)
            if not number:
                return 0
            detail = {"number": last.number, "hash": last.hash, "entries": number, "before": before.isoformat()}
            _append(connection, Entry(now, "fairlead", "", PRUNED, "audit", "", detail))
            connection.execute(delete(audit).where(audit.c.id <= last.number))
            return number


def _expired(connection: Connection, before: datetime) -> tuple[Head, int]:
    """The last entry that may go, and how many that are."""
    kept = select(audit.c.id).where(audit.c.at >= before).order_by(audit.c.id).limit(1)
    last = _head(connection, below=connection.execute(kept).scalar())
    oldest = connection.execute(select(audit.c.id).order_by(audit.c.id).limit(1)).scalar()
    return last, 0 if oldest is None else max(0, last.number - int(oldest) + 1)


def _append(connection: Connection, entry: Entry) -> None:
    sound = Entry(
        entry.at,
        _text(entry.actor, 256),
        entry.role,
        entry.action,
        _text(entry.subject, 256),
        _text(entry.source, 64),
        entry.detail,
    )
    head = _head(connection)
    connection.execute(
        audit.insert().values(
            id=head.number + 1,
            at=sound.at,
            actor=sound.actor,
            role=sound.role,
            action=sound.action,
            subject=sound.subject,
            source=sound.source,
            detail=detail_text(sound),
            hash=link(head.hash, sound),
        )
    )


def _text(text: str, most: int) -> str:
    """What every database can hold of a text."""
    return storable(text)[:most]


def _head(connection: Connection, before: datetime | None = None, below: int | None = None) -> Head:
    """Number and hash of the newest entry, of those from before a moment, or with a smaller number."""
    newest = select(audit.c.id, audit.c.hash).order_by(audit.c.id.desc()).limit(1)
    if before is not None:
        newest = newest.where(audit.c.at < before)
    if below is not None:
        newest = newest.where(audit.c.id < below)
    row = connection.execute(newest).one_or_none()
    return Head(row.id, row.hash) if row else Head()


def _anchor(connection: Connection) -> Head:
    """Where the chain begins: at the last entry that was pruned, or at the very beginning."""
    newest = select(audit.c.detail).where(audit.c.action == PRUNED).order_by(audit.c.id.desc()).limit(1)
    text = connection.execute(newest).scalar()
    if text is None:
        return Head()
    try:
        detail = json.loads(text)
        return Head(int(detail["number"]), str(detail["hash"]))
    except (ValueError, KeyError, TypeError):  # somebody wrote it
        return Head()


def _walk(connection: Connection) -> Iterator[Link]:
    """Every entry in order, in batches."""
    last = 0
    while rows := connection.execute(select(audit).where(audit.c.id > last).order_by(audit.c.id).limit(BATCH)).all():
        yield from map(_link, rows)
        last = rows[-1].id


def _link(row: Any) -> Link:
    return Link(row.id, row.at, row.actor, row.role, row.action, row.subject, row.source, row.detail, row.hash)


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    fields = ((audit.c.actor, wanted.actor), (audit.c.action, wanted.action), (audit.c.subject, wanted.subject))
    found += [column == _text(value, 256) for column, value in fields if value is not None]
    if wanted.since is not None:
        found.append(audit.c.at >= wanted.since)
    if wanted.until is not None:
        found.append(audit.c.at < wanted.until)
    return found
