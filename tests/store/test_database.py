"""What cannot be a database gives one clear error; what can is created, durable and consistent."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from fairlead.errors import StoreError
from fairlead.store import database as module
from fairlead.store.database import Database, open_database
from fairlead.store.runs import Runs
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
    with pytest.raises(StoreError) as error:
        Runs(open_database(str(location))).record([run()])
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


def test_locked_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "fairlead.db"
    open_database(str(path)).close()
    monkeypatch.setattr(module, "BUSY_MILLISECONDS", 50)
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    assert problem(path).endswith("database is locked")
    holder.execute("ROLLBACK")
    holder.close()


def test_writer_waits_for_another_writer(tmp_path: Path) -> None:
    path = tmp_path / "fairlead.db"
    database = open_database(str(path))
    code = (
        "import sqlite3, sys, time; connection = sqlite3.connect(sys.argv[1], isolation_level=None);"
        "connection.execute('BEGIN IMMEDIATE'); print('held', flush=True); time.sleep(0.5)"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        Runs(database).record([run()])
    assert Runs(database).last_id() == 1
    database.close()


@pytest.mark.parametrize("location", ["oracle://user:secret@host/db", "nonsense://", "sqlite://host/path.db"])
def test_unusable_url_without_its_password(location: str) -> None:
    text = problem(location)
    assert text.startswith("store: must be a path or a database URL")
    assert "secret" not in text


def test_tables_of_a_newer_fairlead(location: str, database: Database) -> None:
    database.close()
    connection = sqlite3.connect(location)
    connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.commit()
    connection.close()
    assert "9999 of a newer fairlead" in problem(location)


def test_transaction_that_fails_leaves_nothing(database: Database) -> None:
    def write() -> None:
        with database.writing() as connection:
            connection.exec_driver_sql("CREATE TABLE half (x INTEGER)")
            raise RuntimeError("half way")

    with pytest.raises(RuntimeError, match="half way"):
        write()
    with database.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM sqlite_master WHERE name = 'half'").scalar() == 0


def test_commits_are_synchronous_and_logged_ahead(database: Database) -> None:
    with database.reading() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
