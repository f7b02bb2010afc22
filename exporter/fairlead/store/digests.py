"""Days whose digest is done."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select

from fairlead.store.database import Database
from fairlead.store.tables import digests

BEGUN, SENT, EMPTY = "begun", "sent", "empty"


@dataclass(frozen=True, slots=True)
class Done:
    """A day that needs no digest any more: it was sent, had nothing to tell, or was before the first one."""

    day: date
    state: str
    finished_at: datetime
    message_id: str | None = None


class Digests:
    """The days in the store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, day: date, now: datetime) -> None:
        """The first digest is that of the next day, unless there were digests before."""
        if self.first() is None:
            self.finish(Done(day, BEGUN, now))

    def first(self) -> date | None:
        """The earliest day that is known."""
        with self._database.reading() as connection:
            found: date | None = connection.execute(select(func.min(digests.c.day))).scalar()
            return found

    def find(self, day: date) -> Done | None:
        """How a day was done; None for one that is not."""
        with self._database.reading() as connection:
            row = connection.execute(select(digests).where(digests.c.day == day)).mappings().one_or_none()
            return None if row is None else Done(**row)

    def since(self, day: date) -> set[date]:
        """Days after this one that are done."""
        with self._database.reading() as connection:
            return set(connection.execute(select(digests.c.day).where(digests.c.day > day)).scalars())

    def finish(self, done: Done, *, again: bool = False) -> bool:
        """Keep that a day is done, unless it is already; whether it is this that is kept now."""
        with self._database.writing() as connection:
            known = self.find(done.day)
            if known is not None and not again:
                return False
            values = {"state": done.state, "finished_at": done.finished_at, "message_id": done.message_id}
            if known is None:
                connection.execute(digests.insert().values(day=done.day, **values))
            else:
                connection.execute(digests.update().where(digests.c.day == done.day).values(**values))
            return True

    def last(self) -> datetime | None:
        """When a day was last done."""
        query = select(func.max(digests.c.finished_at, type_=digests.c.finished_at.type))
        with self._database.reading() as connection:
            found: datetime | None = connection.execute(query).scalar()
            return found
