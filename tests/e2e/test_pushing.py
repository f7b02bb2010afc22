"""`fairlead serve` is killed while rows are pushed: every acknowledged row is there, once, and analyses count it.

FAIRLEAD_CRASH_ROUNDS says how often it is killed.
"""

import json
import os
import random
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx

from fairlead.config.load import load
from fairlead.core.access import Role
from fairlead.demo.processes import Server, free_port
from fairlead.store.database import open_database
from fairlead.store.tokens import Tokens
from tests.support import logs, pushed
from tests.support.cli import analyse, create_baseline

NOW = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
"""The last midnight: older rows would go with their age."""
ROUNDS = int(os.environ.get("FAIRLEAD_CRASH_ROUNDS", "10"))
PUSHERS = 3
LONGEST = 1.5
"""Seconds until the kill, once the first batch is acknowledged."""


@dataclass
class Pusher:
    """Pushes numbered rows, and pushes a batch that was not answered again, under its key."""

    url: str
    token: str
    first: int
    acknowledged: list[int] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)
    _batch: tuple[str, list[int]] | None = None
    _next: int = 0

    def run(self, finish: bool = False) -> None:
        """Until told to stop, or (to ``finish``) until the batch that is under way is acknowledged."""
        with httpx.Client(base_url=self.url, headers={"Authorization": f"Bearer {self.token}"}, timeout=20) as client:
            while not self.stop.is_set():
                if self._batch is None:
                    if finish:
                        return
                    size = random.Random(self._next).choice((1, 3, 40))  # noqa: S311 - only sizes
                    numbers = [self.first + self._next + place for place in range(size)]
                    self._next += size
                    self._batch = (f"{self.first}-{self._next}", numbers)
                if not self._push(client, *self._batch):
                    time.sleep(0.02)

    def _push(self, client: httpx.Client, key: str, numbers: list[int]) -> bool:
        at = (NOW - timedelta(hours=1)).isoformat()
        rows = [{"at": at, "decision": "approved", "income": number, "sex": "male"} for number in numbers]
        try:
            answer = client.post("/api/v1/predictions", json={"model": "credit", "batch": key, "rows": rows})
        except httpx.HTTPError:
            return False
        if answer.status_code == 503:
            return False
        assert answer.status_code == 201, answer.text
        assert answer.json()["accepted"] == len(numbers)
        self.acknowledged += numbers
        self._batch = None
        return True


def kept(folder: Path) -> list[int]:
    return [int(value) for value in pushed.kept(folder, "predictions", "income").get("income", [])]


def test_killed_at_any_moment_nothing_acknowledged_is_lost_or_doubled(tmp_path: Path) -> None:
    config = pushed.configured(tmp_path, pushed.model(labels=None))
    create_baseline(config, "credit", logs.write(logs.rows(4_000), tmp_path / "validation.parquet"))
    database = open_database(load(config).store)
    token = Tokens(database).create("tests", Role.WRITER, created_by="tests", now=NOW)
    database.close()
    address = f"127.0.0.1:{free_port()}"
    command: list[str | Path] = [
        sys.executable,
        "-m",
        "fairlead",
        "serve",
        "--config.file",
        config,
        "--web.listen-address",
        address,
    ]
    server = Server(command, f"http://{address}", tmp_path / "serve.log")
    pushers = [Pusher(server.url, token, first=1_000_000 * (number + 1)) for number in range(PUSHERS)]
    chance = random.Random(ROUNDS)  # noqa: S311 - only instants
    for _ in range(ROUNDS):
        with server:
            server.wait_ready(60)
            before = sum(len(pusher.acknowledged) for pusher in pushers)
            threads = [threading.Thread(target=pusher.run) for pusher in pushers]
            for thread in threads:
                thread.start()
            deadline = time.monotonic() + 20
            while sum(len(p.acknowledged) for p in pushers) == before and time.monotonic() < deadline:
                time.sleep(0.005)
            time.sleep(chance.uniform(0, LONGEST))
            server.kill()
            for pusher in pushers:
                pusher.stop.set()
            for thread in threads:
                thread.join()
            for pusher in pushers:
                pusher.stop.clear()
        found = Counter(kept(tmp_path))
        assert max(found.values()) == 1
        assert {number for pusher in pushers for number in pusher.acknowledged} <= set(found)
    with server:
        server.wait_ready(60)
        for pusher in pushers:
            pusher.run(finish=True)
    expected = [number for pusher in pushers for number in pusher.acknowledged]
    assert sorted(kept(tmp_path)) == sorted(expected)
    assert len(expected) > ROUNDS
    samples = analyse(config, NOW).family("credit", "data")["samples"]
    assert samples == len(expected)
    assert analyse(config, NOW).family("credit", "data")["samples"] == samples
    sys.stdout.write(json.dumps({"rounds": ROUNDS, "rows": len(expected)}) + "\n")
