"""Which tables a database has, and how they are brought up to date."""

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from fairlead.errors import StoreError

HEAD = "0011"


def revision_of(connection: Connection) -> str | None:
    """The newest migration that this database has seen, None for a database without tables of fairlead."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def check_revision(found: str | None, where: str) -> None:
    """Refuse tables that this fairlead does not know yet."""
    if found is not None and found > HEAD:
        raise StoreError(f"{where}: must have tables up to revision {HEAD}, got {found} of a newer fairlead")


def upgrade(connection: Connection, where: str, target: str = HEAD) -> None:
    """Bring the tables up to this revision, unless they are there already, or another process was faster."""
    found = revision_of(connection)
    check_revision(found, where)
    if found == target:
        return
    from alembic import command  # noqa: PLC0415 - slow to import, needed once per database
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    command.upgrade(config, target)
