"""What cannot be a database gives one clear error; what can is created, durable and consistent."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from sqlalchemy import inspect

from fairlead.errors import StoreError
from fairlead.store import postgresql as server_module
from fairlead.store import sqlite
from fairlead.store.database import Database, open_database
from fairlead.store.runs import Runs
from tests.support.postgres import PASSWORD, USER, Server
from tests.support.runs import run

NOBODY = 65534


@contextmanager
def ordinary_user() -> Iterator[None]:
    """Give up root's right to write everywhere, if the tests run as root."""
    me = os.geteuid()
    if me == 0:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if me == 0:
            os.seteuid(me)


def problem(location: str | Path) -> str:
    """The error of opening and writing, in one line."""
    with pytest.raises(StoreError) as error, closing(open_database(str(location))) as database:
        Runs(database).record([run()])
    text = str(error.value)
    assert "\n" not in text
    return text


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that another user may enter, in a process that has loaded all it needs to open a database."""
    with TemporaryDirectory() as name:
        open_database(str(Path(name) / "first.db")).close()
        Path(name).chmod(0o755)
        yield Path(name)


def test_folder_is_made(tmp_path: Path) -> None:
    database = open_database(str(tmp_path / "var" / "lib" / "fairlead.db"))
    database.close()
    assert (tmp_path / "var" / "lib" / "fairlead.db").is_file()


def test_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("not a database, " * 500)
    assert problem(tmp_path / "notes.txt").endswith("file is not a database")


def test_folder_instead_of_a_file(tmp_path: Path) -> None:
    assert problem(tmp_path).endswith("unable to open database file")


def test_file_where_the_folder_should_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert problem(tmp_path / "file" / "fairlead.db").startswith("store sqlite:///")


def test_read_only_folder(open_folder: Path) -> None:
    folder = open_folder / "read-only"
    folder.mkdir(mode=0o555)
    with ordinary_user():
        assert problem(folder / "fairlead.db").endswith("unable to open database file")
        assert "Permission denied" in problem(folder / "below" / "fairlead.db")


def test_read_only_file(open_folder: Path) -> None:
    path = open_folder / "fairlead.db"
    open_database(str(path)).close()
    path.chmod(0o444)
    open_folder.chmod(0o555)
    with ordinary_user():
        assert "readonly database" in problem(path)
    open_folder.chmod(0o755)


def test_file_that_is_read_only_for_a_while(open_folder: Path) -> None:
    path = open_folder / "fairlead.db"
    database = open_database(str(path))
    store = Runs(database)
    store.record([run(9)])
    database.close()
    path.chmod(0o444)
    with ordinary_user(), pytest.raises(StoreError, match=r"readonly database|unable to open"):
        store.record([run(10)])
    path.chmod(0o644)
    store.record([run(10)])
    assert [one.window.end.day for one in store.since(0)] == [9, 10]
    database.close()


def test_locked_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "fairlead.db"
    open_database(str(path)).close()
    monkeypatch.setattr(sqlite, "BUSY_MILLISECONDS", 50)
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    assert problem(path).endswith("database is locked")
    holder.execute("ROLLBACK")
    holder.close()


HOLD = """
import sys, time
from fairlead.store.database import open_database
with open_database(sys.argv[1]).writing():
    print("held", flush=True)
    time.sleep(float(sys.argv[2]))
"""


@contextmanager
def held(location: str, seconds: float) -> Iterator[None]:
    """Another process is in a writing transaction for so long."""
    command = [sys.executable, "-c", HOLD, location, str(seconds)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        yield
        holder.kill()


def test_writer_waits_for_another_writer(database: Database, location: str) -> None:
    with held(location, 0.5):
        Runs(database).record([run()])
    assert Runs(database).last_id() == 1


def test_writer_gives_up_when_another_one_does_not_end(
    database: Database, location: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (sqlite, server_module):
        monkeypatch.setattr(module, "BUSY_MILLISECONDS", 50)
    database.close()
    with held(location, 60):
        with pytest.raises(StoreError, match=r"database is locked$"):
            Runs(database).record([run()])
        assert Runs(database).last_id() == 0
    Runs(database).record([run()])
    assert Runs(database).last_id() == 1


@pytest.mark.parametrize(
    "location",
    [
        "oracle://user:secret@host/db",
        "nonsense://",
        "sqlite://host/path.db",
        "postgresql+asyncpg://user:secret@host/db",
        "postgresql://user:secret@host:port/db",
    ],
)
def test_unusable_url_without_its_password(location: str) -> None:
    text = problem(location)
    assert text.startswith("store: must be a path or a database URL")
    assert "secret" not in text


def test_tables_of_a_newer_fairlead(location: str, database: Database) -> None:
    with database.writing() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    assert "9999 of a newer fairlead" in problem(location)


def test_transaction_that_fails_leaves_nothing(database: Database) -> None:
    def write() -> None:
        with database.writing() as connection:
            connection.exec_driver_sql("CREATE TABLE half (x INTEGER)")
            raise RuntimeError("half way")

    with pytest.raises(RuntimeError, match="half way"):
        write()
    with database.reading() as connection:
        assert not inspect(connection).has_table("half")


def test_commits_are_synchronous_and_logged_ahead(tmp_path: Path) -> None:
    with open_database(str(tmp_path / "fairlead.db")).reading() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2


def test_transactions_in_a_writing_one_are_part_of_it(database: Database) -> None:
    store = Runs(database)

    def write() -> None:
        with database.writing():
            store.record([run(9)])
            assert store.last_id() == 1
            raise RuntimeError("half way")

    with pytest.raises(RuntimeError, match="half way"):
        write()
    assert store.since(0) == []


def test_password_is_asked_for_used_and_never_shown(postgresql: Server) -> None:
    url = postgresql.fresh()
    open_database(postgresql.password_url(url, "hunter2%20%26%20co")).close()
    text = problem(postgresql.password_url(url, "secret"))
    assert "password authentication failed" in text
    assert "***" in text
    assert "secret" not in text
    text = problem(postgresql.password_url(url, "x").replace(":x@", "@") + "?password=secret")
    assert "password authentication failed" in text
    assert "secret" not in text


def test_password_from_a_file(postgresql: Server, tmp_path: Path) -> None:
    """As libpq reads it: host:port:database:user:password, for nobody else's eyes."""
    url = postgresql.password_url(postgresql.fresh(), "x").replace(":x@", "@")
    assert "no password supplied" in problem(url)
    file = tmp_path / "passfile"
    file.write_text(f"*:*:*:{USER}:{PASSWORD}\n")
    file.chmod(0o600)
    open_database(f"{url}?passfile={file}").close()


def test_database_that_cannot_hold_every_text(postgresql: Server) -> None:
    location = postgresql.fresh(encoding="SQL_ASCII")
    assert problem(location).endswith("must be a database with the encoding UTF8, got SQL_ASCII")


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("postgresql://fairlead@127.0.0.1:1/fairlead", "Connection refused"),
        ("postgresql:///fairlead?host=/nonexistent", "No such file or directory"),
        ("postgresql://fairlead@localhost:1/fairlead?connect_timeout=2", "Connection refused"),
        ("postgresql://fairlead@127.0.0.1/x?colour=red", "colour"),
    ],
)
def test_server_that_cannot_be_asked(address: str, reason: str) -> None:
    assert reason in problem(address)


def test_restarted_server_is_asked_again(postgresql: Server) -> None:
    database = open_database(postgresql.fresh())
    store = Runs(database)
    store.record([run(9)])
    postgresql.stop()
    with pytest.raises(StoreError, match="No such file or directory"):
        store.record([run(10)])
    postgresql.start()
    store.record([run(10)])
    assert [one.window.end.day for one in store.since(0)] == [9, 10]
    database.close()


def test_text_that_no_database_holds(database: Database) -> None:
    """NUL is not text for PostgreSQL."""
    Runs(database).record([run(failure="a\0b \udcff")])
    assert Runs(database).since(0)[0].failure == "a\\x00b \\udcff"
