"""Migrations: the same tables as in the code on each kind of database, from every revision, keeping what was there."""

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text

from fairlead.core.lifecycle import State, Trigger
from fairlead.errors import BaselineError
from fairlead.store import revision as module
from fairlead.store.baselines import Baselines
from fairlead.store.codec import FORMAT, content_hash
from fairlead.store.database import Database, connect, open_database
from fairlead.store.revision import HEAD, upgrade
from fairlead.store.tables import metadata

SCRIPTS = ScriptDirectory(str(Path(str(module.__file__)).parent / "migrations"))
REVISIONS = [script.revision for script in SCRIPTS.walk_revisions()][::-1]

CONTENT = '{"format": 1}'
ROWS = {
    "0001": [
        "INSERT INTO baselines (model, version, active, created_by, created_at, source, samples, content_hash, content)"
        " VALUES ('credit', '2026-03-10-v1', true, 'ana', '2026-03-10 12:00:00.123456', 'naïve 愛.parquet', 3000000000,"
        f" '{content_hash(CONTENT)}', '{CONTENT}')",
        "INSERT INTO runs (model, model_version, family, window_start, window_end, trigger, started_at, finished_at,"
        " samples, outcomes) VALUES ('credit', '3', 'data', '2026-03-09 00:00:00', '2026-03-10 00:00:00', 'scheduled',"
        " '2026-03-10 02:00:00', '2026-03-10 02:00:03', 7, '{\"measurements\": [], \"not_computed\": []}')",
        "INSERT INTO alerts (fingerprint, starts_at, status, received_at, receiver, content)"
        " VALUES ('a1', '2026-03-10T02:01:00Z', 'firing', '2026-03-10 02:02:00', 'slack', '{}')",
    ],
    "0002": [
        "INSERT INTO files (model, plan, path, state, undated, kept_at, checksum)"
        " VALUES ('credit', 'p', 'a.csv', '1 2', 5000000000, '2026-03-10 12:00:00', 'c')",
    ],
    "0003": [
        "INSERT INTO audit (at, actor, role, action, subject, source, detail, hash)"
        " VALUES ('2026-03-10 12:00:00', 'ana', 'admin', 'token.create', 'token 1', 'cli', '{}', 'h')",
        "INSERT INTO tokens (name, role, digest, created_by, created_at)"
        " VALUES ('grafana', 'viewer', 'd', 'ana', '2026-03-10 12:00:00')",
    ],
}
"""By the revision whose tables they need. A migration that moves data adds rows that show it."""
REPLACED = {"baselines": {"active"}}
"""Columns whose meaning is in others now."""


def rows(connection: Connection) -> dict[str, list[dict[str, object]]]:
    """Everything in the tables of fairlead."""
    tables = [name for name in inspect(connection).get_table_names() if name != "alembic_version"]
    return {
        name: [dict(row) for row in connection.execute(text(f"SELECT * FROM {name} ORDER BY 1")).mappings()]
        for name in tables
    }


def old_store(location: str, revision: str) -> dict[str, list[dict[str, object]]]:
    """A store of this revision with rows in its tables; what it holds."""
    database = connect(location)
    for needed, statements in ROWS.items():
        if needed <= revision:
            with database.writing() as connection:
                upgrade(connection, "store", needed)
                for statement in statements:
                    connection.exec_driver_sql(statement)
    with database.writing() as connection:
        upgrade(connection, "store", revision)
    with database.reading() as connection:
        before = rows(connection)
    database.close()
    return before


def differences(connection: Connection) -> list[object]:
    options = {"compare_type": True, "compare_server_default": True}
    return list(compare_metadata(MigrationContext.configure(connection, opts=options), metadata))


def test_tables_are_those_of_the_code(database: Database) -> None:
    with database.reading() as connection:
        assert differences(connection) == []


def test_conditions_of_partial_indexes_are_those_of_the_code(database: Database) -> None:
    """Alembic does not compare them; the database's own words do."""
    queries = {
        "sqlite": "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL ORDER BY name",
        "postgresql": "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY indexname",
    }
    query = text(queries[database.url.get_backend_name()])
    with database.writing() as connection:
        connection.exec_driver_sql("DROP TABLE alembic_version")
        migrated = connection.execute(query).all()
        metadata.drop_all(connection)
        metadata.create_all(connection)
        made = connection.execute(query).all()
    assert [(name, sql.split()) for name, sql in migrated] == [(name, sql.split()) for name, sql in made]
    assert "baselines_one_active" in dict(list(map(tuple, made)))


def test_head_is_the_newest_migration() -> None:
    assert SCRIPTS.get_current_head() == HEAD == REVISIONS[-1]


def test_opening_again_changes_nothing(database: Database, location: str) -> None:
    with database.reading() as connection:
        before = differences(connection), rows(connection)
    again = open_database(location)
    with again.reading() as connection:
        assert (differences(connection), rows(connection)) == before
    again.close()


@pytest.mark.parametrize("revision", REVISIONS)
def test_a_store_of_every_revision_keeps_its_rows(location: str, revision: str) -> None:
    before = old_store(location, revision)
    assert sum(map(len, before.values())) >= 3
    database = open_database(location)
    with database.reading() as connection:
        assert differences(connection) == []
        after = rows(connection)
    for table, kept in before.items():
        for row, old in zip(after[table], kept, strict=True):
            same = old.keys() & row.keys()
            assert old.keys() - same <= REPLACED.get(table, set())
            assert {name: row[name] for name in same} == {name: old[name] for name in same}
    database.close()


def test_baselines_get_a_state_and_the_approval_that_they_had(location: str) -> None:
    """Made at the command line, by administrators; one stays active, and can be replaced and come back."""
    old_store(location, "0001")
    other = ROWS["0001"][0].replace("2026-03-10-v1", "2026-03-10-v2").replace("true", "false")
    database = connect(location)
    with database.writing() as connection:
        connection.exec_driver_sql(other)
    database.close()
    database = open_database(location)
    store = Baselines(database)
    first, second = store.list("credit")
    assert (first.state, second.state) == (State.ACTIVE, State.ARCHIVED)
    for facts in (first, second):
        assert (facts.trigger, facts.reason, facts.author) == (Trigger.MANUAL, "", "ana")
        assert (facts.approved_by, facts.approved_role, facts.approved_at) == ("ana", "admin", facts.created_at)
        assert (facts.model_version, facts.expires_at, facts.activated_at, facts.archived_at) == (None,) * 4
    now = first.created_at
    assert store.activate("credit", second.version, now).active
    assert [facts.state for facts in store.list("credit")] == [State.ARCHIVED, State.ACTIVE]
    database.close()


def test_a_baseline_of_inexact_sums_is_listed_and_not_used(location: str) -> None:
    old_store(location, "0001")
    database = open_database(location)
    store = Baselines(database)
    assert [(facts.version, facts.samples) for facts in store.list()] == [("2026-03-10-v1", 3_000_000_000)]
    assert store.document("credit") == '{"format": 1}'
    with pytest.raises(BaselineError) as error:
        store.load("credit")
    assert str(error.value) == (
        f"model 'credit': baseline 2026-03-10-v1: format: must be {FORMAT}, got 1: make a new one"
    )
    database.close()


def test_a_migration_that_fails_leaves_the_tables_as_they_were(location: str, monkeypatch: pytest.MonkeyPatch) -> None:
    old_store(location, "0001")
    from alembic import command

    whole = command.upgrade

    def half(config: object, target: str) -> None:
        whole(config, "0002")  # type: ignore[arg-type]
        raise RuntimeError("half way")

    monkeypatch.setattr(command, "upgrade", half)
    with pytest.raises(RuntimeError, match="half way"):
        open_database(location)
    database = connect(location)
    with database.reading() as connection:
        assert module.revision_of(connection) == "0001"
        assert not inspect(connection).has_table("partials")
    database.close()


RUN = """
INSERT INTO runs (
    model, model_version, family, window_start, window_end, "trigger", started_at, finished_at, samples,
    failure, outcomes
) VALUES (
    'credit', '3', '{family}', '{start}', '2026-03-10 00:00:00', '{trigger}', '2026-03-10 02:00:00',
    '2026-03-10 02:00:03', 100, {failure}, '{{}}'
)
"""


def test_windows_that_two_processes_analysed_keep_the_newest_run(location: str) -> None:
    day, week = "2026-03-09 00:00:00", "2026-03-03 00:00:00"
    made = [
        ("data", day, "scheduled", "NULL"),
        ("data", day, "scheduled", "'broken'"),
        ("data", day, "scheduled", "NULL"),
        ("data", week, "scheduled", "NULL"),
        ("data", day, "scheduled", "NULL"),
        ("data", day, "on-demand", "NULL"),
        ("model", day, "scheduled", "NULL"),
    ]
    old = connect(location)
    with old.writing() as connection:
        upgrade(connection, "store", "0004")
        for family, start, trigger, failure in made:
            connection.exec_driver_sql(RUN.format(family=family, start=start, trigger=trigger, failure=failure))
    old.close()
    database = open_database(location)
    with database.reading() as connection:
        found = [row[0] for row in connection.execute(text('SELECT "trigger" FROM runs ORDER BY id'))]
    database.close()
    assert found == ["repeated", "scheduled", "repeated", "scheduled", "scheduled", "on-demand", "scheduled"]
