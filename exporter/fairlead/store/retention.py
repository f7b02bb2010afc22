"""Deletes what has expired, a little at a time: writers never wait long for it."""

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Row, Table, func, select, tuple_

from fairlead.core.retention import cutoffs, is_kept_alert
from fairlead.store.audit import Audit
from fairlead.store.database import Database
from fairlead.store.tables import alerts, answers, requests, runs

BATCH = 500

Expire = Callable[[Database, datetime, datetime, bool], Iterator[int]]
"""Given what is older goes, the time now, and whether to count only: the number of rows that went, batch by batch."""
Wait = Callable[[], bool]
"""Called between two batches; true ends the work."""


def go_on() -> bool:
    """Without a pause."""
    return False


def expire(
    database: Database, now: datetime, *, dry_run: bool = False, wait: Wait = go_on
) -> Iterator[tuple[str, int]]:
    """Delete what has expired; (kind, rows) for every batch. Each batch is found first and deleted then."""
    for kind, before in cutoffs(now).items():
        if kind not in KINDS:
            continue
        yield kind, 0
        for count in KINDS[kind](database, before, now, dry_run):
            yield kind, count
            if wait():
                return


def _rows(table: Table, moment: Column[Any], *more: Column[Any], keep: Callable[[Row[Any]], bool]) -> Expire:
    """Rows whose moment has passed, but those to be kept."""

    def expired(database: Database, before: datetime, now: datetime, dry_run: bool) -> Iterator[int]:
        last = 0
        query = select(table.c.id, *more).where(moment < before).order_by(table.c.id).limit(BATCH)
        while True:
            with database.reading() as connection:
                found = connection.execute(query.where(table.c.id > last)).all()
            if not found:
                return
            last = found[-1].id
            gone = [row.id for row in found if not keep(row)]
            if gone and not dry_run:
                with database.writing() as connection:
                    connection.execute(table.delete().where(table.c.id.in_(gone)))
            yield len(gone)

    return expired


def _answers(database: Database, before: datetime, now: datetime, dry_run: bool) -> Iterator[int]:
    """Answers have no number. One that was given again meanwhile stays."""
    old, key = answers.c.kept_at < before, tuple_(answers.c.caller, answers.c.key)
    if dry_run:
        with database.reading() as connection:
            yield connection.execute(select(func.count()).select_from(answers).where(old)).scalar_one()
        return
    while True:
        with database.reading() as connection:
            found = connection.execute(select(answers.c.caller, answers.c.key).where(old).limit(BATCH)).all()
        if not found:
            return
        with database.writing() as connection:
            connection.execute(answers.delete().where(old, key.in_([tuple(row) for row in found])))
        yield len(found)


def _audit(database: Database, before: datetime, now: datetime, dry_run: bool) -> Iterator[int]:
    """The log is cut at its beginning, where the chain can still be verified from."""
    log = Audit(database)
    yield log.prunable(before) if dry_run else log.prune(before, now=now)


def _keep_alert(row: Row[Any]) -> bool:
    try:
        alert = json.loads(row.content)
    except ValueError:
        return True
    return not isinstance(alert, Mapping) or is_kept_alert(alert)


def _keep_none(row: Row[Any]) -> bool:
    return False


KINDS: dict[str, Expire] = {
    "runs": _rows(runs, runs.c.finished_at, keep=_keep_none),
    "alerts": _rows(alerts, alerts.c.received_at, alerts.c.content, keep=_keep_alert),
    "requests": _rows(requests, requests.c.finished_at, keep=_keep_none),
    "answers": _answers,
    "audit": _audit,
}
"""By kind, as the periods in core name them. What is not here is never deleted by age."""
