"""The migrations make exactly the tables that the code uses."""

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text

from fairlead.errors import BaselineError
from fairlead.store import database as module
from fairlead.store.baselines import Baselines
from fairlead.store.codec import FORMAT, content_hash
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


OLD = """
INSERT INTO baselines (model, version, active, created_by, created_at, source, samples, content_hash, content)
VALUES ('credit', '2026-03-10-v1', 1, 'ana', '2026-03-10 12:00:00', 'logs.parquet', 100, '{hash}', '{{"format": 1}}')
"""


def test_what_was_there_stays(location: str) -> None:
    """A store of the first tables, with a baseline whose sums are not exact."""
    from alembic import command
    from alembic.config import Config

    engine = create_engine(f"sqlite:///{location}")
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(Path(str(module.__file__)).parent / "migrations"))
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.exec_driver_sql(OLD.format(hash=content_hash('{"format": 1}')))
    engine.dispose()
    database = open_database(location)
    store = Baselines(database)
    assert [facts.version for facts in store.list()] == ["2026-03-10-v1"]
    assert store.document("credit") == '{"format": 1}'
    with pytest.raises(BaselineError) as error:
        store.load("credit")
    assert str(error.value) == (
        f"model 'credit': baseline 2026-03-10-v1: format: must be {FORMAT}, got 1: make a new one"
    )
    with database.reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    database.close()
