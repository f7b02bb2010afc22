"""The audit log: entries are added, never changed; each is chained to the one before."""

from sqlalchemy import Connection, select

from fairlead.core.audit import GENESIS, Entry, detail_text, link
from fairlead.store.codec import storable
from fairlead.store.database import Database
from fairlead.store.tables import audit


class Audit:
    """The audit log in the store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, entry: Entry) -> None:
        """Append; within a writing transaction of the caller, both are kept or neither."""
        with self._database.writing() as connection:
            sound = Entry(
                entry.at,
                storable(entry.actor)[:256],
                entry.role,
                entry.action,
                storable(entry.subject)[:256],
                storable(entry.source)[:64],
                entry.detail,
            )
            connection.execute(
                audit.insert().values(
                    at=sound.at,
                    actor=sound.actor,
                    role=sound.role,
                    action=sound.action,
                    subject=sound.subject,
                    source=sound.source,
                    detail=detail_text(sound),
                    hash=link(_head(connection), sound),
                )
            )


def _head(connection: Connection) -> str:
    """Hash of the newest entry."""
    newest = select(audit.c.hash).order_by(audit.c.id.desc()).limit(1)
    return connection.execute(newest).scalar() or GENESIS
