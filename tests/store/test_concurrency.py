"""Several threads and processes on one database."""

import sqlite3
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from fairlead.store.baselines import Baselines
from fairlead.store.database import Database, open_database
from tests.support.comparisons import Rows, baseline_of

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
CONTENT = baseline_of(Rows(numbers={"income": list(range(50))}))

ACTIVATE = """
import sys
from fairlead.store.baselines import Baselines
from fairlead.store.database import open_database
store = Baselines(open_database(sys.argv[1]))
for _ in range(20):
    for version in sys.argv[2:]:
        store.activate("credit", version)
"""

OPEN = "import sys; from fairlead.store.database import open_database; open_database(sys.argv[1]).close()"


def create(store: Baselines) -> str:
    return store.create("credit", CONTENT, source="x", created_by="ana", now=NOON, activate=True).version


def test_threads_that_create_get_a_version_each(database: Database) -> None:
    store = Baselines(database)
    with ThreadPoolExecutor(8) as pool:
        versions = list(pool.map(lambda _: create(store), range(24)))
    assert sorted(versions) == sorted(f"2026-03-10-v{number}" for number in range(1, 25))
    assert sum(facts.active for facts in store.list("credit")) == 1


def test_threads_that_activate_leave_exactly_one_active(database: Database) -> None:
    store = Baselines(database)
    versions = [create(store) for _ in range(6)]

    def activate(version: str) -> int:
        store.activate("credit", version)
        return sum(facts.active for facts in store.list("credit"))

    with ThreadPoolExecutor(6) as pool:
        assert set(pool.map(activate, versions * 5)) == {1}


def test_processes_that_activate_leave_exactly_one_active(database: Database, location: str) -> None:
    store = Baselines(database)
    versions = [create(store) for _ in range(3)]
    command = [sys.executable, "-c", ACTIVATE, location]
    others = [subprocess.Popen([*command, *versions[place:], *versions[:place]]) for place in range(3)]
    while any(other.poll() is None for other in others):
        assert sum(facts.active for facts in store.list("credit")) == 1
    assert [other.wait() for other in others] == [0, 0, 0]
    assert sum(facts.active for facts in store.list("credit")) == 1


def test_processes_that_create_the_database_at_once(tmp_path: Path) -> None:
    for attempt in range(3):
        path = str(tmp_path / str(attempt) / "fairlead.db")
        others = [subprocess.Popen([sys.executable, "-c", OPEN, path]) for _ in range(4)]
        assert [other.wait() for other in others] == [0] * 4
        database = open_database(path)
        assert Baselines(database).list() == []
        database.close()


def test_opening_waits_while_another_process_writes_without_the_log(location: str) -> None:
    """SQLite itself does not wait when the write-ahead log is turned on."""
    with closing(sqlite3.connect(location, isolation_level=None, check_same_thread=False)) as writer:
        writer.execute("CREATE TABLE other (id INTEGER)")
        writer.execute("BEGIN IMMEDIATE")
        ending = threading.Timer(0.5, writer.execute, ["COMMIT"])
        ending.start()
        database = open_database(location)
        ending.join()
    with database.reading() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
    database.close()
