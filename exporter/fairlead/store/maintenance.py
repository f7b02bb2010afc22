"""Maintenance windows. Nothing of them is ever deleted."""

import json
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, select

from fairlead.core.maintenance import Maintenance
from fairlead.store.codec import storable
from fairlead.store.database import Database
from fairlead.store.tables import maintenance

_COLUMNS = tuple(field.name for field in fields(Maintenance) if field.name != "id")


class Windows:
    """The maintenance windows in the store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, window: Maintenance) -> Maintenance:
        """Keep a new one; with its id."""
        with self._database.writing() as connection:
            added = connection.execute(maintenance.insert().values(**_values(window)))
            assert added.inserted_primary_key is not None  # noqa: S101 - an insert of one row
            return self.get(added.inserted_primary_key[0])

    def save(self, window: Maintenance) -> None:
        """Keep what has become of one."""
        with self._database.writing() as connection:
            mine = maintenance.c.id == window.id
            connection.execute(maintenance.update().where(mine).values(**_values(window)))

    def get(self, number: int) -> Maintenance:
        """The one with this id; LookupError for none."""
        found = self._all(select(maintenance).where(maintenance.c.id == number))
        if not found:
            raise LookupError(number)
        return found[0]

    def page(self, now: datetime, limit: int, before: int | None = None, *, over: bool = True) -> list[Maintenance]:
        """Newest first, so many, of those with an id below; without those that are over if they are not wanted."""
        query = select(maintenance).order_by(maintenance.c.id.desc()).limit(limit)
        if not over:
            query = query.where(maintenance.c.ended_at.is_(None), maintenance.c.ends_at > now)
        if before is not None:
            query = query.where(maintenance.c.id < before)
        return self._all(query)

    def coming(self, now: datetime) -> list[Maintenance]:
        """Those that are planned or active, oldest first."""
        left = (maintenance.c.ended_at.is_(None), maintenance.c.ends_at > now)
        return self._all(select(maintenance).where(*left).order_by(maintenance.c.id))

    def _all(self, query: Select[Any]) -> list[Maintenance]:
        with self._database.reading() as connection:
            return [to_maintenance(row) for row in connection.execute(query)]


def _values(window: Maintenance) -> dict[str, Any]:
    values = {name: getattr(window, name) for name in _COLUMNS}
    for name, most in {"reason": None, "created_by": 256, "ended_by": 256}.items():
        if values[name] is not None:
            values[name] = storable(values[name])[:most]
    return values | {"models": json.dumps([storable(model) for model in window.models])}


def to_maintenance(row: Row[Any]) -> Maintenance:
    """A row as a window; ValueError for one that nobody can read."""
    models = json.loads(row.models)
    if not isinstance(models, list) or not models or not all(isinstance(model, str) for model in models):
        raise ValueError(f"models: must be a list of names, got {row.models[:64]!r}")
    values = {name: getattr(row, name) for name in (*_COLUMNS, "id")}
    return Maintenance(**values | {"models": tuple(models)})
