"""What a store holds."""

from dataclasses import dataclass
from pathlib import Path

from fairlead.store.copying import rows_of, tables_of
from fairlead.store.database import Database, shown
from fairlead.store.revision import revision_of


@dataclass(frozen=True, slots=True)
class Inventory:
    """The location without passwords, the revision of the tables, bytes on disk, and rows by table."""

    location: str
    revision: str | None
    size: int
    rows: dict[str, int]


def inventory(database: Database) -> Inventory:
    """Of a store of any revision."""
    with database.reading() as connection:
        rows = rows_of(connection, tables_of(connection))
        revision = revision_of(connection)
        if connection.dialect.name == "sqlite":
            files = (Path(str(database.url.database) + suffix) for suffix in ("", "-wal"))
            size = sum(file.stat().st_size for file in files if file.exists())
        else:
            size = connection.exec_driver_sql("SELECT pg_database_size(current_database())").scalar() or 0
    return Inventory(shown(database.url), revision, size, rows)
