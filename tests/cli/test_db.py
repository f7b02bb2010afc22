"""`fairlead db`: what each command prints, its exit codes, and what it leaves alone."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from fairlead.store.database import connect, open_database
from fairlead.store.revision import HEAD, revision_of, upgrade
from fairlead.store.tables import audit
from tests.support import logs
from tests.support.cli import Outcome, call
from tests.support.history import fill
from tests.support.postgres import Server


@pytest.fixture
def store(backend: str, tmp_path: Path, request: pytest.FixtureRequest) -> str:
    """Where the store is that the configuration names; nothing is there yet."""
    if backend == "sqlite":
        return str(tmp_path / "fairlead.db")
    server: Server = request.getfixturevalue("postgresql")
    return server.password_url(server.fresh(), "hunter2%20%26%20co")


@pytest.fixture
def config(store: str, tmp_path: Path) -> Path:
    return logs.write_config(tmp_path, [logs.model("credit", "logs/*.parquet")], store)


def db(config: Path, *arguments: str | Path) -> Outcome:
    done = call("db", arguments[0], "--config.file", config, *arguments[1:])
    assert "hunter2" not in done.out + done.err
    return done


def filled(store: str) -> None:
    database = open_database(store)
    fill(database)
    database.close()


def actions(store: str) -> list[str]:
    database = open_database(store)
    with database.reading() as connection:
        found = [row.action for row in connection.execute(audit.select().order_by(audit.c.id))]
    database.close()
    return found


def test_status(config: Path, store: str) -> None:
    filled(store)
    shown = " ".join(db(config, "status").out.replace("│", " ").split())
    assert f"{HEAD}, current" in shown
    assert "rows of baselines 4" in shown
    assert "rows of runs 2" in shown
    assert "bytes" in shown
    assert ("fairlead:***@127.0.0.1" if "://" in store else "fairlead.db") in shown


def test_older_tables_are_shown_and_brought_up_to_date(config: Path, store: str) -> None:
    database = connect(store)
    with database.writing() as connection:
        upgrade(connection, "store", "0003")
    assert f"0003, this fairlead has {HEAD}" in db(config, "status").out
    assert db(config, "verify").err.endswith("got 0003: fairlead db upgrade\n")
    with database.reading() as connection:
        assert revision_of(connection) == "0003"
    database.close()
    assert db(config, "upgrade").out.endswith(f": revision {HEAD}, was 0003\n")
    assert db(config, "upgrade").out.endswith(f": revision {HEAD}, was {HEAD}\n")
    assert actions(store) == ["store.upgraded"]


def test_backup_and_restore(config: Path, store: str, tmp_path: Path) -> None:
    filled(store)
    copy = tmp_path / "copy.db"
    done = db(config, "backup", copy)
    assert (done.code, done.out) == (0, f"{copy}: {copy.stat().st_size:,} bytes\n")
    refused = db(config, "backup", copy)
    assert (refused.code, refused.err) == (1, f"{copy}: must not exist unless --force is given, got a file\n")
    assert db(config, "backup", copy, "--force").code == 0
    refused = db(config, "restore", copy)
    assert refused.code == 1
    assert "must be empty unless --force is given, got 3 alerts, 1 answers, 3 audit" in refused.err
    done = db(config, "restore", copy, "--force")
    assert (done.code, done.err) == (0, "")
    assert done.out.endswith(f": restored from {copy}\n")
    assert actions(store) == ["token.create"] * 3 + ["store.restored"]
    assert db(config, "verify").out.endswith(": sound\n")


def test_verify(config: Path, store: str) -> None:
    filled(store)
    done = db(config, "verify")
    assert done.code == 0
    assert done.out.endswith(": sound\n")
    database = open_database(store)
    with database.writing() as connection:
        connection.exec_driver_sql("UPDATE runs SET window_end = window_start")
    database.close()
    done = db(config, "verify")
    assert (done.code, done.err) == (1, "")
    assert done.out == "".join(f"runs: run {number}: its window has no length\n" for number in (1, 2))


def test_retention(config: Path, store: str) -> None:
    filled(store)
    database = open_database(store)
    with database.writing() as connection:
        connection.exec_driver_sql("UPDATE runs SET finished_at = '2001-01-01 00:00:00'")
    database.close()
    assert "runs: 2 expired\n" in db(config, "retention", "--dry-run").out
    assert "runs: 2 deleted\n" in db(config, "retention").out
    assert "runs: 0 deleted\n" in db(config, "retention").out
    assert actions(store)[-1] == "retention.deleted"


@pytest.mark.parametrize("command", ["status", "verify", "backup"])
def test_a_store_that_is_not_there_is_not_made(tmp_path: Path, command: str) -> None:
    config = logs.write_config(tmp_path, [logs.model("credit", "logs/*.parquet")])
    done = db(config, command, *([tmp_path / "copy.db"] if command == "backup" else []))
    assert (done.code, done.err) == (1, f"store {tmp_path / 'fairlead.db'}: must be there, got nothing\n")
    assert not (tmp_path / "fairlead.db").exists()
    assert not (tmp_path / "copy.db").exists()


def test_a_damaged_file_is_told_in_lines(tmp_path: Path) -> None:
    config = logs.write_config(tmp_path, [logs.model("credit", "logs/*.parquet")])
    filled(str(tmp_path / "fairlead.db"))
    with closing(sqlite3.connect(tmp_path / "fairlead.db")) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
    content = bytearray((tmp_path / "fairlead.db").read_bytes())
    for place in range(4096 * 2, len(content), 4096 * 2):
        content[place : place + 100] = b"\xff" * 100
    (tmp_path / "fairlead.db").write_bytes(content)
    done = db(config, "verify")
    assert done.code == 1
    assert len((done.out + done.err).splitlines()) >= 1
