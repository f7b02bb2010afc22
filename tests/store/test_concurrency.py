"""Several threads and processes on one database."""

import sqlite3
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fairlead.errors import StoreError
from fairlead.store.baselines import Baselines
from fairlead.store.database import Database, open_database
from fairlead.store.runs import Runs
from fairlead.store.tables import runs
from tests.support.comparisons import Rows, baseline_of
from tests.support.postgres import Server
from tests.support.runs import run

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
CONTENT = baseline_of(Rows(numbers={"income": list(range(50))}))

ACTIVATE = """
import sys
from datetime import UTC, datetime
from fairlead.store.baselines import Baselines
from fairlead.store.database import open_database
store = Baselines(open_database(sys.argv[1]))
for _ in range(20):
    for version in sys.argv[2:]:
        store.activate("credit", version, datetime.now(UTC))
"""

OPEN = """
import sys
import alembic.command, psycopg
from fairlead.store.database import open_database
print("ready", flush=True)
sys.stdin.readline()
open_database(sys.argv[1]).close()
"""


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
        store.activate("credit", version, NOON)
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


def test_processes_that_create_the_tables_at_once(location: str) -> None:
    """All begin when the last one is ready, so that they meet."""
    command = [sys.executable, "-c", OPEN, location]
    others = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) for _ in range(6)]
    for other in others:
        assert other.stdout is not None
        assert other.stdout.readline() == b"ready\n"
    for other in others:
        other.communicate(b"go\n")
    assert [other.returncode for other in others] == [0] * 6
    database = open_database(location)
    assert Baselines(database).list() == []
    database.close()


def test_turning_the_write_ahead_log_on_waits_for_a_writer(tmp_path: Path) -> None:
    """SQLite itself does not: of two processes that made a new file at once, one failed."""
    path = tmp_path / "fairlead.db"
    holder = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    holder.execute("CREATE TABLE other (x)")
    holder.execute("BEGIN IMMEDIATE")
    with ThreadPoolExecutor(1) as pool:
        opening = pool.submit(lambda: open_database(str(path)).close())
        with pytest.raises(TimeoutError):
            opening.result(0.5)
        holder.execute("COMMIT")
        holder.close()
        opening.result(20)


def test_readers_see_ids_in_order_whatever_other_writers_do(database: Database) -> None:
    """`since` asks for what came after the last id: an id that appeared later than a larger one would be lost."""
    store, stop = Runs(database), threading.Event()

    def write(name: int) -> None:
        while not stop.is_set():
            store.record([run(model=f"model {name}", trigger="on-demand")])

    seen: list[int] = []
    with ThreadPoolExecutor(4) as pool:
        writers = [pool.submit(write, name) for name in range(4)]
        while len(seen) < 300:
            seen += [one.id for one in store.since(seen[-1] if seen else 0)]
        stop.set()
    for writer in writers:
        writer.result()
    seen += [one.id for one in store.since(seen[-1])]
    assert seen == [one.id for one in store.since(0)]


def test_a_reader_sees_one_state_while_others_write(database: Database) -> None:
    store = Runs(database)
    store.record([run(9)])
    with database.reading() as connection:
        before = connection.execute(runs.select()).all()
        with ThreadPoolExecutor(1) as pool:
            pool.submit(store.record, [run(10)]).result()
        assert connection.execute(runs.select()).all() == before
    assert len(store.since(0)) == 2


def test_a_reader_cannot_write(postgresql: Server) -> None:
    """SQLite has no transactions that only read."""
    database = open_database(postgresql.fresh())
    with pytest.raises(StoreError, match="read-only transaction"), database.reading() as connection:
        connection.execute(runs.delete())
    database.close()
