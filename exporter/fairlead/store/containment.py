"""Calls of serving platforms: what was ordered, by whom, and what became of it. Nothing of it is ever deleted."""

from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select

from fairlead.core.containment import Action, Call, State
from fairlead.store.codec import storable
from fairlead.store.database import Database
from fairlead.store.tables import containment_calls

_FIELDS = [field.name for field in fields(Call) if field.name != "id"]


class Calls:
    """The calls in the store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, call: Call) -> Call:
        """Keep a new one; with its id."""
        values = {name: getattr(call, name) for name in _FIELDS}
        values |= {"reason": storable(call.reason), "ordered_by": storable(call.ordered_by)[:256]}
        with self._database.writing() as connection:
            insert = containment_calls.insert().values(**values).returning(containment_calls)
            return _call(connection.execute(insert).one())

    def last(self, model: str) -> Call | None:
        """The newest of a model that was not held."""
        line = containment_calls.c
        query = select(containment_calls).where(line.model == model, line.state != State.HELD)
        with self._database.reading() as connection:
            row = connection.execute(query.order_by(line.id.desc()).limit(1)).first()
        return None if row is None else _call(row)

    def knows(self, incident: int, since: datetime) -> bool:
        """Whether a call was decided on for an incident since it was opened."""
        line = containment_calls.c
        query = select(func.count()).where(line.incident == incident, line.since == since)
        with self._database.reading() as connection:
            return bool(connection.execute(query).scalar_one())

    def waiting(self) -> list[Call]:
        """Calls that are not delivered, oldest first."""
        line = containment_calls.c
        query = select(containment_calls).where(line.state == State.WAITING).order_by(line.id)
        with self._database.reading() as connection:
            return [_call(row) for row in connection.execute(query)]

    def supersede(self, model: str) -> None:
        """What waits for a model is not called any more."""
        line = containment_calls.c
        with self._database.writing() as connection:
            update = containment_calls.update().where(line.model == model, line.state == State.WAITING)
            connection.execute(update.values(state=State.SUPERSEDED))

    def change(self, number: int, **values: Any) -> bool:
        """Keep what became of a call that still waits; whether it does."""
        line = containment_calls.c
        with self._database.writing() as connection:
            update = containment_calls.update().where(line.id == number, line.state == State.WAITING)
            return connection.execute(update.values(**values)).rowcount == 1


def _call(row: Row[Any]) -> Call:
    values = {name: getattr(row, name) for name in (*_FIELDS, "id")}
    return Call(**{**values, "action": Action(row.action), "state": State(row.state)})
