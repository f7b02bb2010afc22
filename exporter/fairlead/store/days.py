"""Summaries of whole days: the distributions that stay when the rows are gone."""

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import Connection, Row, select

from fairlead.core.plan import Plan, Window
from fairlead.core.summary import Summary
from fairlead.store.codec import seal, unpack_summary
from fairlead.store.database import Database
from fairlead.store.fingerprint import fingerprint
from fairlead.store.tables import days

KEPT = timedelta(days=400)
"""How long the summary of a day stays after it was last counted."""


def day_of(piece: Window) -> date:
    """The UTC day that a piece begins in."""
    return piece.start.astimezone(UTC).date()


class Days:
    """The kept days of one model."""

    def __init__(self, database: Database, model: str) -> None:
        self._database, self._model = database, model

    def load(self, plan: Plan, wanted: Iterable[Window]) -> dict[Window, Summary]:
        """Those of the days that are kept under this plan and undamaged."""
        pieces = {day_of(piece): piece for piece in wanted}
        with self._database.reading() as connection:
            rows = _rows(connection, self._model, fingerprint(plan), pieces)
        return {pieces[row.day]: unpack_summary(row.content) for row in rows if is_sound(row)}


def changed(
    connection: Connection, model: str, plan: str, found: Mapping[Window, Summary], anew: Collection[Window]
) -> dict[date, Summary]:
    """Days to be kept: with rows, and counted anew or with another number of rows than what is kept of them."""
    filled = {day_of(piece): (piece in anew, partial) for piece, partial in found.items() if partial.rows}
    kept = {row.day: row.rows for row in _rows(connection, model, plan, filled) if is_sound(row)}
    return {day: partial for day, (fresh, partial) in filled.items() if fresh or kept.get(day) != partial.rows}


def replace(
    connection: Connection, model: str, plan: str, found: Mapping[date, tuple[int, bytes]], now: datetime
) -> None:
    """Keep these days (rows and packed summary) in place of what was kept of them, and forget old ones."""
    mine = (days.c.model == model, days.c.plan == plan)
    connection.execute(days.delete().where(*mine, days.c.day.in_(list(found))))
    connection.execute(days.delete().where(days.c.model == model, days.c.kept_at < now - KEPT))
    for day, (rows, content) in found.items():
        facts = {"model": model, "plan": plan, "day": day, "rows": rows, "content": content}
        connection.execute(days.insert().values(**facts, kept_at=now, checksum=_seal(model, plan, day, rows, content)))


def _rows(connection: Connection, model: str, plan: str, wanted: Iterable[date]) -> list[Row[tuple[object, ...]]]:
    query = select(days).where(days.c.model == model, days.c.plan == plan, days.c.day.in_(list(wanted)))
    return list(connection.execute(query))


def is_sound(row: Row[tuple[object, ...]]) -> bool:
    """Whether a day is what was kept."""
    return bool(row.checksum == _seal(row.model, row.plan, row.day, row.rows, row.content))


def _seal(model: str, plan: str, day: date, rows: int, content: bytes) -> str:
    return seal(content, model, plan, day.isoformat(), rows)
