"""What is known of counted files: their summaries per day, until the file changes or the day is old."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import astuple
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select

from fairlead.core.partial import Identity, Known, is_day
from fairlead.core.plan import Plan, Window
from fairlead.core.summary import Summary
from fairlead.store.codec import pack_summary, seal, storable, unpack_summary
from fairlead.store.database import Database
from fairlead.store.days import changed, day_of, replace
from fairlead.store.fingerprint import fingerprint
from fairlead.store.tables import files, partials

DAYS = timedelta(days=40)
"""How long a day of a file is of use once it was counted: longer than the longest window."""
FILES = timedelta(days=400)
"""How long it is remembered from when to when the rows of a file are."""
PLANS = 4
"""Plans whose files are remembered, per model: those written last."""


class Partials:
    """What is known of the files of one model; what was damaged in the store is not known."""

    def __init__(self, database: Database, model: str, clock: Callable[[], datetime]) -> None:
        self._database, self._model, self._clock = database, model, clock
        self._last: tuple[Plan, str] | None = None

    def recall(self, plan: Plan, file: Identity, pieces: Sequence[Window]) -> Known | None:
        """What is known of this very file under this very plan, whole days only; None if it was never read."""
        key = self._key(plan, file)
        wanted = {day_of(piece): piece for piece in pieces if is_day(piece)}
        query = (
            select(files, partials.c.day, partials.c.checksum.label("sum"), partials.c.content)
            .outerjoin(partials, and_(partials.c.file == files.c.id, partials.c.day.in_(list(wanted))))
            .where(*_is(key))
        )
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        if not rows or rows[0].checksum != file_seal(key, rows[0].undated, rows[0].first, rows[0].last):
            return None
        sound = [row for row in rows if row.day and row.sum == day_seal(key, row.day, row.content)]
        found = {wanted[row.day]: unpack_summary(row.content) if row.content else Summary() for row in sound}
        return Known(found, rows[0].undated, None if rows[0].first is None else (rows[0].first, rows[0].last))

    def keep(
        self,
        plan: Plan,
        found: Mapping[Identity, Known],
        days: Mapping[Window, Summary],
        anew: Collection[Window],
    ) -> None:
        """Add to what is known of files, forget what was known of them in another state, and keep days.

        A day replaces the same one when something of it was counted ``anew`` or its number of rows is another.
        """
        number = self._number(plan)
        with self._database.reading() as connection:
            other = changed(connection, self._model, number, days, anew)
        if not (found or other):
            return
        now = self._clock()
        packed = _packed([*other.values(), *(part for known in found.values() for part in known.pieces.values())])
        with self._database.writing() as connection:
            for file, known in found.items():
                contents = {day_of(piece): packed[id(part)] for piece, part in known.pieces.items()}
                _keep_file(connection, self._key(plan, file), known, contents, now)
            replace(
                connection, self._model, number, {d: (part.rows, packed[id(part)]) for d, part in other.items()}, now
            )
            self._prune(connection, now)

    def _prune(self, connection: Connection, now: datetime) -> None:
        """Forget plans no longer used, files not counted for long, and days that no window reaches any more."""
        mine = files.c.model == self._model
        latest = select(files.c.plan).where(mine).group_by(files.c.plan).order_by(func.max(files.c.kept_at).desc())
        used = list(connection.execute(latest.limit(PLANS)).scalars())
        _forget(connection, mine, or_(files.c.plan.not_in(used), files.c.kept_at < now - FILES))
        old = partials.c.kept_at < now - DAYS
        connection.execute(partials.delete().where(partials.c.file.in_(select(files.c.id).where(mine)), old))

    def _key(self, plan: Plan, file: Identity) -> dict[str, str]:
        state = " ".join(map(str, astuple(file)[1:]))
        return {"model": self._model, "plan": self._number(plan), "path": storable(file.path), "state": state}

    def _number(self, plan: Plan) -> str:
        """The plan's fingerprint; one analysis asks for it once per file."""
        if self._last is None or self._last[0] is not plan:
            self._last = (plan, fingerprint(plan))
        return self._last[1]


def _is(key: Mapping[str, str]) -> list[ColumnElement[bool]]:
    return [files.c[name] == value for name, value in key.items()]


def _forget(connection: Connection, *which: ColumnElement[bool]) -> None:
    connection.execute(partials.delete().where(partials.c.file.in_(select(files.c.id).where(*which))))
    connection.execute(files.delete().where(*which))


def _keep_file(
    connection: Connection, key: Mapping[str, str], known: Known, contents: Mapping[date, bytes], now: datetime
) -> None:
    """Add to what is known of a file, and forget what was known of it in another state."""
    _forget(connection, files.c.model == key["model"], files.c.path == key["path"], files.c.state != key["state"])
    first, last = known.span or (None, None)
    checksum = file_seal(key, known.undated, first, last)
    facts = {"undated": known.undated, "first": first, "last": last, "kept_at": now, "checksum": checksum}
    file = connection.execute(select(files.c.id).where(*_is(key))).scalar()
    if file is None:
        connection.execute(files.insert().values(**key, **facts))
        file = connection.execute(select(files.c.id).where(*_is(key))).scalar_one()
    else:
        connection.execute(files.update().where(files.c.id == file).values(facts))
        connection.execute(partials.delete().where(partials.c.file == file, partials.c.day.in_(list(contents))))
    rows = [
        {"file": file, "day": day, "kept_at": now, "checksum": day_seal(key, day, content), "content": content}
        for day, content in contents.items()
    ]
    if rows:
        connection.execute(partials.insert(), rows)


def _packed(parts: Sequence[Summary]) -> dict[int, bytes]:
    """Each summary once: a day often has a single file. Nothing is written for no rows."""
    return {number: pack_summary(part) if part.rows else b"" for number, part in {id(p): p for p in parts}.items()}


def file_seal(key: Mapping[str, str], undated: int, first: int | None, last: int | None) -> str:
    """What the checksum of a file must be."""
    return seal(b"", *key.values(), undated, first, last)


def day_seal(key: Mapping[str, str], day: date, content: bytes) -> str:
    """What the checksum of a day of a file must be."""
    return seal(content, *key.values(), day.isoformat())
