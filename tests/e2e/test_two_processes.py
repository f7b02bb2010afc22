"""Two `fairlead serve` share a store: each window is analysed once, also when one is killed in the midst of it."""

import sqlite3
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from fairlead.core.access import Role
from fairlead.demo.processes import Server, free_port
from fairlead.store.database import open_database
from fairlead.store.tokens import Tokens
from tests.support import logs
from tests.support.cli import create_baseline

MODELS = ("credit", "cards", "loans")
RUNS = len(MODELS) * 5
PATIENCE = 60

SLOW = """
import sys, time
from fairlead.engines import reader
found = reader.portions
def slow(*arguments):
    for portion in found(*arguments):
        time.sleep(0.02)
        yield portion
reader.portions = slow
from fairlead.cli import run
sys.exit(run(sys.argv[1:]))
"""
"""fairlead whose disk is slow."""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    now = datetime.now(UTC)
    frame = logs.rows(24_000, now - 17 * logs.DAY, 18, seed=3)
    for part, places in enumerate(np.array_split(np.arange(len(frame)), 4)):
        logs.write(frame.iloc[places], tmp_path / "logs" / f"{part}.parquet")
    made = logs.write_config(tmp_path, [logs.model(name, "logs/*.parquet") for name in MODELS])
    validation = logs.write(logs.rows(4_000), tmp_path / "validation.parquet")
    for name in MODELS:
        create_baseline(made, name, validation)
    return made


@pytest.fixture
def servers(config: Path) -> Iterator[list[Server]]:
    made = []
    for name in ("one", "two"):
        port = free_port()
        address = f"127.0.0.1:{port}"
        command = [sys.executable, "-c", SLOW, "serve", "--config.file", str(config), "--web.listen-address", address]
        made.append(Server(command, f"http://{address}", config.parent / f"{name}.log"))
    yield made
    for server in made:
        server.kill()


def ask(config: Path, query: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(config.parent / "fairlead.db", timeout=30)) as store:
        return store.execute(query).fetchall()


def until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def scheduled(config: Path) -> Counter[tuple[str, ...]]:
    """Scheduled runs that succeeded."""
    columns = "model, family, window_start, window_end"
    return Counter(ask(config, f"SELECT {columns} FROM runs WHERE failure IS NULL AND \"trigger\" = 'scheduled'"))


def holders(config: Path) -> set[str]:
    """Process ids that hold leases."""
    return {row[0].split("/")[2] for row in ask(config, "SELECT holder FROM leases")}


def test_each_window_is_analysed_once_although_one_is_killed(config: Path, servers: list[Server]) -> None:
    one, two = servers
    one.start()
    two.start()
    until(lambda: (config.parent / "fairlead.db").exists() and holders(config) == {str(one.pid), str(two.pid)})
    killed = str(one.pid)
    one.kill()
    assert killed in holders(config), "it was killed in the midst of an analysis"
    until(lambda: sum(scheduled(config).values()) == RUNS)
    one.start().wait_ready()
    time.sleep(1)
    assert set(scheduled(config).values()) == {1}
    assert len(scheduled(config)) == RUNS
    until(lambda: ask(config, "SELECT name FROM leases") == [])
    for server in servers:
        page = httpx.get(f"{server.url}/metrics").raise_for_status().text
        assert page.count("fairlead_window_samples{") == RUNS
        assert "Traceback" not in server.log.read_text()


def test_request_of_a_killed_server_is_served_by_the_other(config: Path, servers: list[Server]) -> None:
    one, two = servers
    database = open_database(str(config.parent / "fairlead.db"))
    token = Tokens(database).create("ci", Role.ML_ENGINEER, created_by="tests", now=datetime.now(UTC))
    database.close()
    headers = {"Authorization": f"Bearer {token}"}
    one.start().wait_ready()
    until(lambda: sum(scheduled(config).values()) == RUNS)
    as_of = (datetime.now(UTC) - timedelta(days=2)).isoformat()
    wanted = {"families": ["data", "explanation"], "as_of": as_of}
    answer = httpx.post(f"{one.url}/api/v1/monitoring/analyze-now", json=wanted, headers=headers)
    assert answer.status_code == 202, answer.text
    until(lambda: ask(config, "SELECT status FROM requests") == [("running",)])
    one.kill()
    two.start().wait_ready()
    place = f"{two.url}{answer.headers['location']}"
    until(lambda: httpx.get(place, headers=headers).json()["status"] == "done")
    found = httpx.get(place, headers=headers).json()
    assert len(found["runs"]) == len(MODELS) * 2
    assert ask(config, "SELECT count(*) FROM runs WHERE \"trigger\" = 'on-demand'") == [(len(MODELS) * 2,)]
    assert ask(config, "SELECT tries FROM requests") == [(2,)]
