"""A store that fails for a while: clear errors meanwhile, recovery without a restart, nothing lost or twice."""

import resource
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from fairlead.core.access import Role
from fairlead.demo.processes import Server, free_port
from fairlead.store.database import open_database
from fairlead.store.tables import alerts, runs
from fairlead.store.tokens import Tokens
from fairlead.store.verification import verify
from tests.support import logs
from tests.support import postgres as server_module
from tests.support.cli import spawn
from tests.support.history import alert

PATIENCE = 40


class Running:
    """`fairlead serve` over a store, and a client that delivers alerts to it one by one."""

    def __init__(self, folder: Path, store: str) -> None:
        self.folder, self.store = folder, store
        config = logs.write_config(folder, [logs.model("credit", "logs/*.parquet")], store)
        logs.write(logs.rows(3_000, datetime.now(UTC) - 10 * logs.DAY, 10), folder / "logs" / "log.parquet")
        validation = logs.write(logs.rows(1_000), folder / "validation.parquet")
        made = spawn("baseline", "create", "--config.file", config, "--model", "credit", "--from", validation)
        assert made.code == 0, made.err
        database = open_database(self.store)
        token = Tokens(database).create("tests", Role.ADMIN, created_by="tests", now=datetime.now(UTC))
        database.close()
        address = f"127.0.0.1:{free_port()}"
        command = [
            sys.executable,
            "-m",
            "fairlead",
            "serve",
            "--config.file",
            str(config),
            "--web.listen-address",
            address,
        ]
        self.server = Server(command, f"http://{address}", folder / "serve.log")
        self.client = httpx.Client(
            base_url=f"http://{address}", headers={"Authorization": f"Bearer {token}"}, timeout=PATIENCE
        )
        self.statuses: Counter[int] = Counter()
        self.details: set[str] = set()
        self.acknowledged: list[str] = []
        self.number = 0

    def deliver(self) -> int:
        """One new alert; the status of the answer."""
        self.number += 1
        fingerprint = f"{self.number:x}"
        message = {"version": "4", "receiver": "fairlead", "alerts": [alert(fingerprint)]}
        answer = self.client.post("/api/v1/alerts/webhook", json=message)
        self.statuses[answer.status_code] += 1
        if answer.status_code == 200:
            self.acknowledged.append(fingerprint)
        else:
            self.details.add(answer.json()["detail"])
        return answer.status_code

    def deliver_until(self, status: int) -> None:
        """Until an answer has this status; the page is served all the while."""
        deadline = time.monotonic() + PATIENCE
        while self.deliver() != status:
            assert self.client.get("/metrics").status_code == 200
            assert time.monotonic() < deadline, (self.statuses, self.details)
            time.sleep(0.05)

    def wait_for_analyses(self) -> None:
        """Until every family is recorded."""
        deadline = time.monotonic() + PATIENCE
        while len(self.kept()[1]) < 5:
            assert time.monotonic() < deadline, self.server.log_tail()
            time.sleep(0.1)

    def kept(self) -> tuple[list[str], list[tuple[str, datetime]]]:
        """Fingerprints of the alerts and windows of the analyses in a sound store."""
        database = open_database(self.store)
        assert list(verify(database, lambda done, total: None)) == []
        with database.reading() as connection:
            fingerprints = list(connection.execute(select(alerts.c.fingerprint).order_by(alerts.c.id)).scalars())
            good = select(runs.c.family, runs.c.window_end).where(runs.c.failure.is_(None))
            analyses = [(row.family, row.window_end) for row in connection.execute(good)]
        database.close()
        return fingerprints, analyses

    def check(self, reason: str) -> None:
        """The same process answered everything, said why it could not, and kept what it acknowledged once each."""
        assert self.server.running
        assert set(self.statuses) == {200, 503}
        assert all(reason in detail for detail in self.details), self.details
        fingerprints, analyses = self.kept()
        assert len(fingerprints) == len(set(fingerprints))
        assert set(self.acknowledged) <= set(fingerprints)
        assert len(analyses) == len(set(analyses))
        assert "Traceback" not in self.server.log.read_text()


@contextmanager
def serving(folder: Path, store: str) -> Iterator[Running]:
    running = Running(folder, store)
    with running.client, running.server:
        running.server.wait_ready()
        yield running


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT], ids=["restarted", "crashed"])
def test_postgresql_is_restarted_in_the_middle(tmp_path: Path, how: signal.Signals) -> None:
    """Under deliveries and analyses: the server goes away for a moment, as for an update or after a crash."""
    with server_module.running() as database, serving(tmp_path, database.fresh()) as fairlead:
        fairlead.deliver_until(200)
        stop = threading.Event()

        def deliver() -> None:
            while not stop.is_set():
                fairlead.deliver()

        delivering = threading.Thread(target=deliver)
        delivering.start()
        for _ in range(3):
            time.sleep(0.3)
            database.stop(how)
            time.sleep(0.3)
            assert fairlead.client.get("/metrics").status_code == 200
            database.start()
        time.sleep(0.3)
        stop.set()
        delivering.join()
        fairlead.deliver_until(200)
        fairlead.wait_for_analyses()
        fairlead.check("store postgresql://")


def test_files_may_not_grow(tmp_path: Path) -> None:
    """As on a full disk or over a quota; the kernel refuses every write that makes a file larger."""
    store = str(tmp_path / "fairlead.db")
    with serving(tmp_path, store) as fairlead:
        fairlead.deliver_until(200)
        pid = fairlead.server.pid
        assert pid is not None
        _, most = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, most))
        fairlead.deliver_until(503)
        assert fairlead.client.get("/metrics").status_code == 200
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (most, most))
        fairlead.deliver_until(200)
        fairlead.wait_for_analyses()
        fairlead.check("disk I/O error")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of four megabytes."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(place)], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip("only root may mount a file system")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def test_disk_is_full(small_disk: Path, tmp_path: Path) -> None:
    with serving(tmp_path, str(small_disk / "fairlead.db")) as fairlead:
        fairlead.deliver_until(200)
        fairlead.wait_for_analyses()
        filler = small_disk / "filler"
        with filler.open("wb", buffering=0) as file, suppress(OSError):
            while True:
                file.write(bytes(4096))
        fairlead.deliver_until(503)
        assert fairlead.client.get("/metrics").status_code == 200
        filler.unlink()
        fairlead.deliver_until(200)
        fairlead.check("database or disk is full")


def test_disk_is_read_only_when_it_starts(tmp_path: Path, small_disk: Path) -> None:
    """One line instead of a traceback; when the disk can be written again, so does fairlead."""
    store = small_disk / "fairlead.db"
    with serving(tmp_path, str(store)) as fairlead:
        fairlead.deliver_until(200)
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    command = [*fairlead.server.command]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith(f"store sqlite:///{store}: ")
    assert done.stderr.count("\n") == 1
    subprocess.run(["mount", "-o", "remount,rw", str(small_disk)], check=True)
    with fairlead.server:
        fairlead.server.wait_ready()
        assert fairlead.kept()[0] == fairlead.acknowledged


def test_store_is_locked_by_another_process(tmp_path: Path) -> None:
    """Deliveries wait for it, the page does not. How long they wait at most is tested with the store."""
    store = tmp_path / "store" / "fairlead.db"
    with serving(tmp_path, str(store)) as fairlead:
        fairlead.deliver_until(200)
        fairlead.wait_for_analyses()
        holder = sqlite3.connect(store, isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")
        waiting = threading.Thread(target=fairlead.deliver)
        waiting.start()
        time.sleep(1)
        assert waiting.is_alive(), "it did not wait for the other writer"
        assert fairlead.client.get("/metrics").status_code == 200
        holder.execute("ROLLBACK")
        holder.close()
        waiting.join()
        assert fairlead.statuses == {200: 2}
        assert fairlead.kept()[0] == ["1", "2"]
