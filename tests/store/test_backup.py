"""A backup holds one state, appears whole or not at all, and comes back on either kind of store."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import select

from fairlead.core.audit import entry_of
from fairlead.errors import StoreError
from fairlead.store import backup as module
from fairlead.store import restore as restoring
from fairlead.store.audit import Audit
from fairlead.store.backup import backup
from fairlead.store.baselines import Baselines
from fairlead.store.database import Database, connect, open_database
from fairlead.store.restore import restore
from fairlead.store.revision import HEAD, upgrade
from fairlead.store.runs import Runs
from fairlead.store.tables import metadata
from fairlead.store.verification import verify
from tests.store.test_migrations import REVISIONS, old_store
from tests.support.history import ANA, NOW, fill
from tests.support.postgres import Server
from tests.support.runs import run

Rows = dict[str, list[dict[str, object]]]


def quiet(done: int, total: int) -> None:
    assert done <= total


def nothing(database: Database) -> None:
    """Nothing more to do with a restored store."""


def held(location: str | Path) -> Rows:
    """Every row, as plain values that both kinds of database give alike."""
    database = open_database(str(location))
    with database.reading() as connection:
        found = {
            table.name: [
                row._asdict() for row in connection.execute(select(table).order_by(*table.primary_key.columns))
            ]
            for table in metadata.sorted_tables
        }
    database.close()
    return found


@pytest.fixture(params=["sqlite", "postgresql"])
def other(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Where it is restored to."""
    if request.param == "sqlite":
        yield str(tmp_path / "other" / "fairlead.db")
    else:
        server: Server = request.getfixturevalue("postgresql")
        yield server.fresh()


def test_there_and_back(database: Database, location: str, other: str, tmp_path: Path) -> None:
    """All four ways, bit for bit; the new store goes on counting where the old one stopped."""
    fill(database)
    database.close()
    backup(database, tmp_path / "copy.db", force=False, progress=quiet)
    assert held(tmp_path / "copy.db") == held(location)
    restore(tmp_path / "copy.db", other, force=False, then=nothing, progress=quiet)
    assert held(other) == held(location)
    restored = open_database(other)
    assert list(verify(restored, quiet)) == []
    assert Baselines(restored).load("credit").summary.rows == 100
    Runs(restored).record([run(9, trigger="on-demand"), run(10, trigger="on-demand")])
    Audit(restored).add(entry_of(ANA, "both", "both", NOW))
    assert [one.id for one in Runs(restored).since(0)] == [1, 2, 3, 4]
    assert list(verify(restored, quiet)) == []
    restored.close()


def test_progress_ends_at_the_total(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAGES", 3)
    fill(database)
    seen: list[tuple[int, int]] = []
    backup(database, tmp_path / "copy.db", force=False, progress=lambda *step: seen.append(step))
    assert len(seen) > 3
    assert seen[-1][0] == seen[-1][1] > 0
    assert seen == sorted(seen)


def test_one_state_while_others_write(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run and its audit entry are written together, so each backup has as many of one as of the other."""
    monkeypatch.setattr(module, "PAGES", 2)
    fill(database)
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            with database.writing():
                Runs(database).record([run(model="both", trigger="on-demand")])
                Audit(database).add(entry_of(ANA, "both", "both", NOW))

    writers = [threading.Thread(target=write) for _ in range(2)]
    for writer in writers:
        writer.start()
    sizes = list[int]()
    for number in range(4):
        while sizes and Runs(database).last_id() < sizes[-1] + 5:
            assert all(writer.is_alive() for writer in writers)
        path = tmp_path / f"{number}.db"
        backup(database, path, force=False, progress=quiet)
        with closing(sqlite3.connect(path)) as copy:
            (written,) = copy.execute("SELECT count(*) FROM runs WHERE model = 'both'").fetchone()
            (logged,) = copy.execute("SELECT count(*) FROM audit WHERE action = 'both'").fetchone()
        assert written == logged
        sizes.append(written)
    stop.set()
    for writer in writers:
        writer.join()
    assert sizes == sorted(sizes)
    assert sizes[-1] > sizes[0], "the writers did not write"


def test_a_file_that_is_there_stays_unless_forced(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "copy.db"
    path.write_text("precious")
    with pytest.raises(StoreError, match=r"copy.db: must not exist unless --force is given, got a file"):
        backup(database, path, force=False, progress=quiet)
    assert path.read_text() == "precious"
    backup(database, path, force=True, progress=quiet)
    assert held(path) == {name: [] for name in held(path)}


def test_backup_is_one_file_for_its_owner_only(database: Database, tmp_path: Path) -> None:
    (tmp_path / "backups").mkdir()
    backup(database, tmp_path / "backups" / "copy.db", force=False, progress=quiet)
    (made,) = (tmp_path / "backups").iterdir()
    assert made.stat().st_mode & 0o777 == 0o600


def test_a_failed_backup_leaves_nothing(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "backups").mkdir()

    def full(partial: Path, path: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "settle", full)
    with pytest.raises(StoreError, match=r"copy.db: no space left on device"):
        backup(database, tmp_path / "backups" / "copy.db", force=False, progress=quiet)
    assert list((tmp_path / "backups").iterdir()) == []
    with pytest.raises(StoreError, match="no such file or directory"):
        backup(database, tmp_path / "none" / "copy.db", force=False, progress=quiet)


def test_a_store_with_content_is_not_replaced_unless_forced(database: Database, location: str, tmp_path: Path) -> None:
    fill(database)
    backup(database, tmp_path / "copy.db", force=False, progress=quiet)
    Runs(database).record([run(model="later")])
    database.close()
    before = held(location)
    with pytest.raises(StoreError, match="must be empty unless --force is given, got 3 alerts, 1 answers, 3 audit"):
        restore(tmp_path / "copy.db", location, force=False, then=nothing, progress=quiet)
    assert held(location) == before
    restore(tmp_path / "copy.db", location, force=True, then=nothing, progress=quiet)
    assert held(location) == held(tmp_path / "copy.db")
    assert held(location) != before


def test_a_store_in_use_is_not_replaced(
    database: Database, location: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a running fairlead would write afterwards would be lost."""
    monkeypatch.setattr(restoring, "PATIENCE", 0.2)
    backup(database, tmp_path / "copy.db", force=False, progress=quiet)
    fill(database)
    with pytest.raises(StoreError, match="must not be in use"):
        restore(tmp_path / "copy.db", location, force=True, then=nothing, progress=quiet)
    assert len(Runs(database).since(0)) == 2


@pytest.mark.parametrize("failing", ["then", "copy"])
def test_a_failed_restore_changes_nothing(
    database: Database, location: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    backup(database, tmp_path / "copy.db", force=False, progress=quiet)
    fill(database)
    database.close()
    before = held(location)

    def fail(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    if failing == "copy":
        monkeypatch.setattr(restoring, "copy_pages", fail)
        monkeypatch.setattr(restoring, "copy_rows", fail)
    with pytest.raises((StoreError, OSError), match="No space left on device"):
        restore(tmp_path / "copy.db", location, force=True, then=fail if failing == "then" else nothing, progress=quiet)
    assert held(location) == before
    assert not list(tmp_path.glob("*.partial*"))


def test_what_is_done_with_the_restored_store_is_part_of_it(database: Database, other: str, tmp_path: Path) -> None:
    backup(database, tmp_path / "copy.db", force=False, progress=quiet)
    entry = entry_of(ANA, "store.restored", "store", NOW)
    restore(tmp_path / "copy.db", other, force=False, then=lambda store: Audit(store).add(entry), progress=quiet)
    assert [line["action"] for line in held(other)["audit"]] == ["store.restored"]


@pytest.mark.parametrize("revision", REVISIONS)
def test_backup_of_an_older_store(location: str, other: str, revision: str, tmp_path: Path) -> None:
    """It is taken as it is, before a newer fairlead touches the store, and brought up to date when it is restored."""
    old_store(location, revision)
    database = connect(location)
    backup(database, tmp_path / "copy.db", force=False, progress=quiet)
    database.close()
    assert module.check_backup(tmp_path / "copy.db") == revision
    restore(tmp_path / "copy.db", other, force=False, then=nothing, progress=quiet)
    assert held(other) == held(location)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"not a database, " * 500, "must be a backup of a store, got a file that says: file is not a database"),
        (b"", "must be a backup of a store, got a file that says: no such table: alembic_version"),
    ],
)
def test_a_file_that_is_no_backup(location: str, tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "copy.db").write_bytes(content)
    with pytest.raises(StoreError) as error:
        restore(tmp_path / "copy.db", location, force=True, then=nothing, progress=quiet)
    assert str(error.value).endswith(message)


def test_a_damaged_backup(tmp_path: Path, location: str) -> None:
    database = open_database(str(tmp_path / "fairlead.db.source"))
    fill(database)
    backup(database, tmp_path / "copy.db", force=False, progress=quiet)
    database.close()
    content = bytearray((tmp_path / "copy.db").read_bytes())
    for place in range(4096 * 3, len(content) - 4096, 4096):
        content[place : place + 64] = b"\xff" * 64
    (tmp_path / "copy.db").write_bytes(content)
    with pytest.raises(StoreError, match=r"copy.db: must be a"):
        restore(tmp_path / "copy.db", location, force=True, then=nothing, progress=quiet)


def test_a_backup_of_a_newer_fairlead(tmp_path: Path, location: str) -> None:
    database = open_database(str(tmp_path / "copy.db"))
    with database.writing() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    database.close()
    with pytest.raises(StoreError, match=f"must have tables up to revision {HEAD}, got 9999 of a newer fairlead"):
        restore(tmp_path / "copy.db", location, force=True, then=nothing, progress=quiet)


def test_a_store_that_is_no_database_any_more_can_be_replaced(tmp_path: Path) -> None:
    """With the log of the one before still beside it, which must not be played into the new one."""
    source = open_database(str(tmp_path / "source.db"))
    fill(source)
    backup(source, tmp_path / "copy.db", force=False, progress=quiet)
    path = tmp_path / "fairlead.db"
    path.write_bytes(b"\xff" * 8192)
    for suffix in ("-wal", "-shm"):
        (tmp_path / f"source.db{suffix}").rename(tmp_path / f"fairlead.db{suffix}")
    source.close()
    restore(tmp_path / "copy.db", str(path), force=True, then=nothing, progress=quiet)
    assert held(path) == held(tmp_path / "copy.db")


def test_upgrade_in_the_store_of_another_is_refused(tmp_path: Path) -> None:
    database = connect(str(tmp_path / "x.db"))
    with database.writing() as connection:
        upgrade(connection, "store", "0001")
        upgrade(connection, "store")
    database.close()
    open_database(str(tmp_path / "x.db")).close()
