"""Monthly baseline reviews that were made: each (model, due time) once."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import func, select

from fairlead.store.database import Database
from fairlead.store.tables import reviewed


class Reviewed:
    """The reviews in the store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(self, model: str, due: datetime, now: datetime) -> None:
        """The review of a model that was due then is made; a second one is refused."""
        with self._database.writing() as connection:
            connection.execute(reviewed.insert().values(model=model, due_at=due, finished_at=now))

    def last(self) -> Mapping[str, datetime]:
        """The newest due time whose review is made, by model."""
        query = select(reviewed.c.model, func.max(reviewed.c.due_at, type_=reviewed.c.due_at.type))
        with self._database.reading() as connection:
            return {row[0]: row[1] for row in connection.execute(query.group_by(reviewed.c.model))}
