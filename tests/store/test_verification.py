"""Every kind of damage is found and named; a sound store has no problems."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text

from fairlead.errors import StoreError
from fairlead.store.codec import content_hash
from fairlead.store.database import Database, connect, existing, open_database
from fairlead.store.revision import upgrade
from fairlead.store.verification import CHECKS, verify
from tests.support.history import fill

OLD = '{"format": 1}'

DAMAGE = [
    ("UPDATE baselines SET content = replace(content, '100', '101') WHERE id = 1",
     "baselines: model 'credit': 2026-03-10-v1: content does not match its hash"),
    ("UPDATE baselines SET content_hash = 'x' WHERE id = 2",
     "baselines: model 'credit': 2026-03-10-v2: content does not match its hash"),
    (f"UPDATE baselines SET content = '{{}}', content_hash = '{content_hash('{}')}' WHERE id = 1",
     "baselines: model 'credit': 2026-03-10-v1: cannot be read: KeyError('format')"),
    ("DROP INDEX baselines_one_active; UPDATE baselines SET state = 'active' WHERE model = 'credit'",
     "baselines: model 'credit': more than one is active"),
    ("UPDATE runs SET outcomes = '{' WHERE id = 1", "runs: run 1: outcomes cannot be read: "),
    ("UPDATE runs SET outcomes = '[]' WHERE id = 2", "runs: run 2: outcomes cannot be read: "),
    ("UPDATE runs SET window_end = window_start WHERE id = 2", "runs: run 2: its window has no length"),
    ("UPDATE alerts SET content = '' WHERE id = 3", "alerts: 3: content cannot be read: "),
    ("UPDATE requests SET runs = '[' WHERE id = 1", "requests: 1: runs cannot be read: "),
    ("UPDATE incidents SET status = 'over'", "incidents: INC-1: its status is 'over'"),
    ("UPDATE incidents SET status = 'resolved'", "incidents: INC-1: it is resolved, and resolved at None"),
    ("UPDATE exceptions SET until = '2036-01-01 00:00:00'", "exceptions: EXC-1: must last at most 30 days"),
    ("UPDATE exceptions SET requested_by = decided_by",
     "exceptions: EXC-1: must be decided by another person than 'ana "),
    ("UPDATE exceptions SET status = 'x'", "exceptions: EXC-1: status cannot be read: 'x'"),
    ("UPDATE maintenance SET models = '{'", "maintenance: MNT-1: cannot be read: "),
    ("UPDATE maintenance SET models = '[]'", "maintenance: MNT-1: cannot be read: models: must be a list of names"),
    ("UPDATE incident_alerts SET labels = 'x'", "incident_alerts: 1: labels cannot be read: "),
    ("UPDATE files SET last = 7", "files: file 1: does not match its checksum"),
    ("UPDATE partials SET content = CAST('x' AS BYTES)", "partials: day "),
    ("UPDATE partials SET day = '2020-01-01'", "partials: day 2020-01-01 of file 1: does not match its checksum"),
    ("UPDATE days SET rows = rows + 1", "days: model 'credit': 2026-03-09: does not match its checksum"),
    ("UPDATE audit SET actor = 'bob' WHERE id = 2", "audit: "),
    ("UPDATE audit SET detail = '{' WHERE id = 2", "audit: "),
    ("DELETE FROM audit WHERE id = 1", "audit: "),
    ("DELETE FROM audit WHERE id = 2", "audit: "),
    ("UPDATE audit SET at = '2026-03-10 12:30:15.000251' WHERE id = 3", "audit: "),
]  # fmt: skip


def problems(database: Database) -> list[str]:
    return list(verify(database, lambda done, total: None))


def test_a_sound_store(database: Database) -> None:
    seen: list[tuple[int, int]] = []
    assert list(verify(database, lambda *step: seen.append(step))) == []
    fill(database)
    assert list(verify(database, lambda *step: seen.append(step))) == []
    assert seen[-1][0] == seen[-1][1] == 4 + 2 + 3 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1


@pytest.mark.parametrize(("damage", "message"), DAMAGE, ids=lambda value: value[:60])
def test_damage(database: Database, damage: str, message: str) -> None:
    fill(database)
    kind = "BYTEA" if database.url.get_backend_name() == "postgresql" else "BLOB"
    with database.writing() as connection:
        for statement in damage.split("; "):
            connection.execute(text(statement.replace("BYTES", kind)))
    found = problems(database)
    assert found
    assert found[0].startswith(message)
    assert all("\n" not in line for line in found)


def test_several_problems_are_all_named(database: Database) -> None:
    fill(database)
    with database.writing() as connection:
        connection.exec_driver_sql("UPDATE runs SET outcomes = '{'")
        connection.exec_driver_sql("UPDATE days SET checksum = 'x'")
    assert [line.partition(":")[0] for line in problems(database)] == ["runs", "runs", "days"]


def test_a_baseline_of_an_older_format_is_sound(database: Database) -> None:
    fill(database)
    with database.writing() as connection:
        query = text("UPDATE baselines SET content = :content, content_hash = :hash")
        connection.execute(query, {"content": OLD, "hash": content_hash(OLD)})
    assert problems(database) == []


def test_references_and_pages_of_sqlite(tmp_path: Path) -> None:
    path = tmp_path / "fairlead.db"
    database = open_database(str(path))
    fill(database)
    with database.writing() as connection:
        connection.exec_driver_sql("DELETE FROM files")
    assert problems(database) == ["database: partials 1: refers to files that are not there"]
    database.close()
    with closing(sqlite3.connect(path)) as plain:
        (root,) = plain.execute("SELECT rootpage FROM sqlite_master WHERE name = 'runs_latest'").fetchone()
        (size,) = plain.execute("PRAGMA page_size").fetchone()
    content = bytearray(path.read_bytes())
    content[(root - 1) * size + 16 : root * size] = bytes(size - 16)
    path.write_bytes(content)
    assert any(line.startswith("database: ") for line in problems(open_database(str(path))))


def test_older_tables_are_to_be_upgraded_first(location: str) -> None:
    database = connect(location)
    with database.writing() as connection:
        upgrade(connection, "store", "0002")
    with pytest.raises(StoreError, match=r"got 0002: fairlead db upgrade$"):
        problems(database)
    database.close()


def test_only_an_existing_store_is_looked_at(tmp_path: Path, location: str) -> None:
    with pytest.raises(StoreError, match=r"must be there, got nothing$"):
        existing(str(tmp_path / "none.db"))
    with pytest.raises(StoreError, match=r"must be there, got nothing$"):
        existing(f"sqlite:///{tmp_path}/none.db")
    assert not (tmp_path / "none.db").exists()
    connect(location).close()
    if "://" in location:
        with pytest.raises(StoreError, match=r"must have the tables of fairlead, got none of them$"):
            existing(location)


def test_every_check_is_tried() -> None:
    assert {message.partition(":")[0] for _, message in DAMAGE} | {"database"} == CHECKS.keys() | {"audit"}
