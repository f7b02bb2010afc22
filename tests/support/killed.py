"""Monitors that are killed: `python -m tests.support.killed CONFIG NOW ROUNDS`, one JSON line a round.

Each round forks, so that the imports take no time, monitors like `fairlead serve` without HTTP, and is killed at a
random moment; a first one, left alone, shows how long all windows take. The line lists the recorded runs as [model,
window, family]; when all are there, they are taken out again, so that the next round has work. After the last round one
more is left alone until it has recorded them all.
"""

import json
import os
import random
import signal
import sqlite3
import sys
import time
from contextlib import closing
from datetime import datetime
from pathlib import Path

from fairlead.app.exporter import Exporter
from fairlead.config.load import load
from fairlead.config.schema import Config
from fairlead.store.database import open_database

RUNS = "SELECT model, window_start || ' ' || window_end, family FROM runs WHERE failure IS NULL ORDER BY id"
PATIENCE = 30


def start(config: Config, now: datetime) -> int:
    """A child that monitors for ever; its process id."""
    child = os.fork()
    if child:
        return child
    Exporter(config, open_database(config.store), lambda: now, pause=0.01).run()
    os._exit(1)


def kill(child: int) -> None:
    """At once, whatever it does."""
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


def recorded(config: Config) -> list[tuple[str, str, str]]:
    """The runs in a sound store."""
    with closing(sqlite3.connect(config.store)) as store:
        assert store.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return store.execute(RUNS).fetchall()


def forget(config: Config) -> None:
    """Take all runs out of the store, and what was counted for them."""
    with closing(sqlite3.connect(config.store)) as store, store:
        for table in ("runs", "partials", "files", "days"):
            store.execute(f"DELETE FROM {table}")


def complete(config: Config, now: datetime, whole: int) -> float:
    """Monitor until all runs are recorded; the seconds that it took."""
    child, begin = start(config, now), time.monotonic()
    while len(recorded(config)) < whole and time.monotonic() < begin + PATIENCE:
        time.sleep(0.02)
    kill(child)
    return time.monotonic() - begin


def main(config: Config, now: datetime, rounds: int) -> None:
    """All rounds."""
    whole = 5 * len(config.models)
    longest = 1.2 * complete(config, now, whole)
    for number in range(rounds):
        if len(recorded(config)) >= whole:
            forget(config)
        child = start(config, now)
        time.sleep(random.Random(number).uniform(0, longest))  # noqa: S311 - only instants
        kill(child)
        sys.stdout.write(json.dumps(recorded(config)) + "\n")
    complete(config, now, whole)
    sys.stdout.write(json.dumps(recorded(config)) + "\n")


if __name__ == "__main__":
    main(load(Path(sys.argv[1])), datetime.fromisoformat(sys.argv[2]), int(sys.argv[3]))
