"""The prediction log's manifest: the files it consists of, and the batches it has taken.

What is not listed here is not part of the log, whatever lies in its folder.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, fields
from datetime import date, datetime
from itertools import groupby

from sqlalchemy import Connection, Row, and_, func, or_, select

from fairlead.core.logged import Answered, Holding, LogFile
from fairlead.store.codec import storable
from fairlead.store.database import Database
from fairlead.store.tables import files, log_batches, log_files, partials

_LIVE = log_files.c.retired_at.is_(None)
_AT_ONCE = 500
"""Values in one query."""


class StaleError(Exception):
    """Another process has added to the log meanwhile: look again."""


class Manifest:
    """The manifest in the store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def answered(self, batches: Collection[tuple[str, str, str]]) -> dict[tuple[str, str, str], Answered]:
        """Those of the batches (model, kind, key) that were taken."""
        with self._database.reading() as connection:
            return _answered(connection, batches)

    def add(
        self,
        made: Iterable[LogFile],
        batches: Sequence[Answered],
        now: datetime,
        known: Collection[str] = (),
        watched: Collection[tuple[str, date]] = (),
    ) -> None:
        """Take files and batches in, all or nothing.

        StaleError when a batch was taken before, or when of a watched (model, day) there are predictions in a file
        that is not ``known``.
        """
        with self._database.writing() as connection:
            if _answered(connection, [(one.model, one.kind, one.key) for one in batches]):
                raise StaleError
            if watched and not _names(connection, watched) <= set(known):
                raise StaleError
            rows = [asdict(one) for one in made]
            if rows:
                connection.execute(log_files.insert(), rows)
            if batches:
                connection.execute(log_batches.insert(), [asdict(one) | {"kept_at": now} for one in batches])

    def names(self, watched: Collection[tuple[str, date]]) -> set[str]:
        """Files with predictions of these (model, day)."""
        with self._database.reading() as connection:
            return _names(connection, watched)

    def listed(self, model: str, kind: str, first: int | None = None, last: int | None = None) -> list[LogFile]:
        """Files that may hold rows of a span of microseconds (both ends included), in the order of their names."""
        query = select(log_files).where(_LIVE, log_files.c.model == model, log_files.c.kind == kind)
        if first is not None:
            query = query.where(log_files.c.last >= first)
        if last is not None:
            query = query.where(log_files.c.first <= last)
        with self._database.reading() as connection:
            return [_file(row) for row in connection.execute(query.order_by(log_files.c.name))]

    def live(self) -> list[LogFile]:
        """All files."""
        with self._database.reading() as connection:
            return [_file(row) for row in connection.execute(select(log_files).where(_LIVE).order_by(log_files.c.id))]

    def crowded(self, least: int) -> list[tuple[str, str, date]]:
        """(model, kind, day) with at least so many files."""
        group = (log_files.c.model, log_files.c.kind, log_files.c.day)
        query = select(*group).where(_LIVE).group_by(*group).having(func.count() >= least).order_by(*group)
        with self._database.reading() as connection:
            return [(row[0], row[1], row[2]) for row in connection.execute(query)]

    def of_day(self, model: str, kind: str, day: date) -> list[LogFile]:
        """Files of a day, oldest first."""
        query = select(log_files).where(_LIVE, log_files.c.model == model, log_files.c.kind == kind)
        query = query.where(log_files.c.day == day).order_by(log_files.c.id)
        with self._database.reading() as connection:
            return [_file(row) for row in connection.execute(query)]

    def replace(self, old: Sequence[LogFile], new: LogFile, now: datetime) -> bool:
        """Put one file in the place of others; False, and nothing is changed, when one of them is gone."""
        names = [one.name for one in old]
        with self._database.writing() as connection:
            found = select(func.count()).select_from(log_files).where(_LIVE, log_files.c.name.in_(names))
            if connection.execute(found).scalar_one() != len(names):
                return False
            connection.execute(log_files.update().where(log_files.c.name.in_(names)).values(retired_at=now))
            connection.execute(log_files.insert().values(asdict(new)))
            return True

    def prune(self, before: date, moment: datetime, now: datetime) -> int:
        """Retire files of days, or that arrived, before a date, and forget batches taken before a moment; the rows."""
        old = and_(_LIVE, or_(log_files.c.day < before, log_files.c.arrived_at < moment))
        with self._database.reading() as connection:  # mostly there is nothing to do, and writers need not wait
            stale = select(log_batches.c.key).where(log_batches.c.kept_at < moment).limit(1)
            if not (
                connection.execute(select(log_files.c.id).where(old).limit(1)).first()
                or connection.execute(stale).first()
            ):
                return 0
        with self._database.writing() as connection:
            rows: int = connection.execute(select(func.coalesce(func.sum(log_files.c.rows), 0)).where(old)).scalar_one()
            connection.execute(log_files.update().where(old).values(retired_at=now))
            connection.execute(log_batches.delete().where(log_batches.c.kept_at < moment))
            return int(rows)

    def retired(self, before: datetime) -> list[str]:
        """Names of files that were retired before a moment."""
        query = select(log_files.c.name).where(log_files.c.retired_at < before).order_by(log_files.c.id)
        with self._database.reading() as connection:
            return list(connection.execute(query).scalars())

    def forget(self, names: Sequence[str], paths: Sequence[str]) -> None:
        """Drop files that are deleted, and what was counted of them."""
        with self._database.writing() as connection:
            for start in range(0, len(names), _AT_ONCE):
                some = names[start : start + _AT_ONCE]
                connection.execute(
                    log_files.delete().where(log_files.c.name.in_(some), log_files.c.retired_at.is_not(None))
                )
            stored = [storable(path) for path in paths]
            for start in range(0, len(stored), _AT_ONCE):
                mine = files.c.path.in_(stored[start : start + _AT_ONCE])
                connection.execute(partials.delete().where(partials.c.file.in_(select(files.c.id).where(mine))))
                connection.execute(files.delete().where(mine))

    def known(self, names: Collection[str]) -> set[str]:
        """Those of the names that are in the manifest, retired ones included."""
        found: set[str] = set()
        wanted = list(names)
        with self._database.reading() as connection:
            for start in range(0, len(wanted), _AT_ONCE):
                query = select(log_files.c.name).where(log_files.c.name.in_(wanted[start : start + _AT_ONCE]))
                found.update(connection.execute(query).scalars())
        return found

    def holdings(self) -> list[Holding]:
        """What there is, by model and kind."""
        group = (log_files.c.model, log_files.c.kind)
        query = (
            select(
                *group,
                func.count(),
                func.sum(log_files.c.rows),
                func.sum(log_files.c.bytes),
                func.min(log_files.c.day, type_=log_files.c.day.type),
            )
            .where(_LIVE)
            .group_by(*group)
            .order_by(*group)
        )
        with self._database.reading() as connection:
            return [
                Holding(row[0], row[1], row[2], int(row[3]), int(row[4]), row[5]) for row in connection.execute(query)
            ]


def _answered(
    connection: Connection, batches: Collection[tuple[str, str, str]]
) -> dict[tuple[str, str, str], Answered]:
    found: dict[tuple[str, str, str], Answered] = {}
    for (model, kind), group in groupby(sorted(set(batches)), key=lambda one: one[:2]):
        keys = [key for _, _, key in group]
        for start in range(0, len(keys), _AT_ONCE):
            mine = (log_batches.c.model == model, log_batches.c.kind == kind)
            query = select(log_batches).where(*mine, log_batches.c.key.in_(keys[start : start + _AT_ONCE]))
            for row in connection.execute(query):
                found[model, kind, row.key] = Answered(model, kind, row.key, row.digest, row.answer)
    return found


def _names(connection: Connection, watched: Collection[tuple[str, date]]) -> set[str]:
    found: set[str] = set()
    for model, day in watched:
        mine = (log_files.c.model == model, log_files.c.kind == "predictions", log_files.c.day == day)
        found.update(connection.execute(select(log_files.c.name).where(_LIVE, *mine)).scalars())
    return found


def _file(row: Row[tuple[object, ...]]) -> LogFile:
    return LogFile(*(getattr(row, field.name) for field in fields(LogFile)))
