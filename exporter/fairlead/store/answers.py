"""Answers to requests with an idempotency key, kept for a day."""

from datetime import datetime, timedelta

from sqlalchemy import select

from fairlead.core.answer import Answer
from fairlead.store.database import Database
from fairlead.store.tables import answers

KEPT = timedelta(days=1)


class Answers:
    """The answers in the store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, caller: str, key: str, now: datetime) -> Answer | None:
        """What the caller was answered under this key within a day."""
        query = select(answers).filter_by(caller=caller, key=key).where(answers.c.kept_at > now - KEPT)
        with self._database.reading() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else Answer(row.request, row.status, row.content)

    def keep(self, caller: str, key: str, answer: Answer, now: datetime) -> None:
        """Keep an answer, and forget those that are older than a day."""
        with self._database.writing() as connection:
            connection.execute(answers.delete().where(answers.c.kept_at <= now - KEPT))
            connection.execute(
                answers.insert().values(
                    caller=caller,
                    key=key,
                    request=answer.request,
                    status=answer.status,
                    content=answer.content,
                    kept_at=now,
                )
            )
