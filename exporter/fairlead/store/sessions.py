"""Sessions of people in the console: only digests of their secrets are kept."""

from dataclasses import dataclass, fields
from datetime import datetime

from sqlalchemy import select

from fairlead.core.access import Role
from fairlead.store.codec import storable
from fairlead.store.database import Database
from fairlead.store.tables import sessions


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody who showed a credential once.

    kind says what it was, credential which one. proof is a MAC of the credential under the secret of the session, so
    that only its holder can tell whether the credential is still the same. name and role are those of then.
    """

    digest: str
    kind: str
    credential: str
    proof: str
    name: str
    role: Role
    opened_at: datetime
    expires_at: datetime


class Sessions:
    """The sessions in the store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, session: Session) -> None:
        """Keep a new one, and forget those that have expired."""
        values = {field.name: getattr(session, field.name) for field in fields(Session)}
        for name in ("credential", "name"):
            values[name] = storable(values[name])[:256]
        with self._database.writing() as connection:
            connection.execute(sessions.delete().where(sessions.c.expires_at <= session.opened_at))
            connection.execute(sessions.insert().values(**values | {"role": session.role.value}))

    def find(self, digest: str, now: datetime) -> Session | None:
        """The one with this digest, unless it has expired."""
        query = select(sessions).where(sessions.c.digest == digest, sessions.c.expires_at > now)
        with self._database.reading() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            return None
        values = {field.name: getattr(row, field.name) for field in fields(Session)}
        return Session(**values | {"role": Role(row.role)})

    def remove(self, digest: str) -> None:
        """It is over."""
        with self._database.writing() as connection:
            connection.execute(sessions.delete().where(sessions.c.digest == digest))
