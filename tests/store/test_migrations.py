"""The migrations make exactly the tables that the code uses."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from fairlead.store import database as module
from fairlead.store.database import HEAD, Database, open_database
from fairlead.store.tables import metadata


def test_tables_are_those_of_the_code(database: Database) -> None:
    with database.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []


def test_one_active_baseline_is_enforced_by_the_same_index(database: Database, location: str) -> None:
    """Alembic does not compare the condition of a partial index; SQLite's own words do."""
    with database.reading() as connection:
        query = text("SELECT sql FROM sqlite_master WHERE name = 'baselines_one_active'")
        migrated = connection.execute(query).scalar_one()
    other = open_database(location + ".made")
    with other.writing() as connection:
        metadata.drop_all(connection)
        metadata.create_all(connection)
        made = connection.execute(query).scalar_one()
    other.close()
    assert migrated.split() == made.split()


def test_head_is_the_newest_migration() -> None:
    from pathlib import Path

    scripts = ScriptDirectory(str(Path(str(module.__file__)).parent / "migrations"))
    assert scripts.get_current_head() == HEAD


def test_opening_again_changes_nothing(database: Database, location: str) -> None:
    query = text("SELECT name, sql FROM sqlite_master ORDER BY name")
    with database.reading() as connection:
        before = connection.execute(query).all()
    again = open_database(location)
    with again.reading() as connection:
        assert connection.execute(query).all() == before
    again.close()
