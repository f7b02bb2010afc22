"""Predictions pushed over HTTP by several clients, beside plain appends of the same rows to SQLite and Parquet.

`python -m tests.bench.ingest URL TOKEN FORM SECONDS` is one client: it pushes until the time is over and prints how
many rows were acknowledged.
"""

import http.client
import io
import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit

import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from fairlead.config.load import load
from fairlead.core.access import Role
from fairlead.demo.processes import Server, free_port
from fairlead.store.database import open_database
from fairlead.store.manifest import Manifest
from fairlead.store.tokens import Tokens
from tests.bench.report import Row
from tests.bench.rounds import BenchError

FEATURES, BATCH, CLIENTS, SECONDS, ROUNDS = 30, 1_000, 4, 8.0, 3
TARGET = 20_000
FORMS = {"JSON": "application/json", "Arrow": "application/vnd.apache.arrow.stream"}
THRESHOLDS = Path(__file__).parents[2] / "rules" / "thresholds.yml"
NAMES = [f"f{number}" for number in range(FEATURES)]


def rows(folder: Path) -> list[Row]:
    """Rows a second, and what the same disk does without fairlead."""
    place = folder / "ingest"
    found = []
    for form in FORMS:
        rates = [_served(place, form) for _ in range(ROUNDS)]
        what = f"predictions of {FEATURES} features, {form}, {CLIENTS} clients × {BATCH:,} a batch"
        found.append(Row(what, median(rates), "rows/s", TARGET, at_least=True))
    for name, append in (("SQLite", _sqlite), ("Parquet", _parquet)):
        rate = median(_appended(place, append) for _ in range(ROUNDS))
        found.append(Row(f"plain {name} appends of {BATCH:,} rows, each on disk, one process", rate, "rows/s"))
    shutil.rmtree(place, ignore_errors=True)
    return found


def _served(place: Path, form: str) -> float:
    """Acknowledged rows a second; each of them must be in the log."""
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    config = place / "fairlead.yml"
    features = {name: {"type": "numerical" if number % 5 else "categorical"} for number, name in enumerate(NAMES)}
    model = {"name": "credit", "version": "1", "risk": "high", "team": "bench", "source": {"log": True}}
    model |= {"columns": {"timestamp": "at", "prediction": "decision"}, "features": features}
    config.write_text(yaml.safe_dump({"thresholds": str(THRESHOLDS), "models": [model]}))
    database = open_database(load(config).store)
    token = Tokens(database).create("bench", Role.WRITER, created_by="bench", now=datetime.now(UTC))
    url = f"http://127.0.0.1:{free_port()}"
    command: list[str | Path] = [sys.executable, "-m", "fairlead", "serve", "--config.file", config]
    with Server([*command, "--web.listen-address", url.removeprefix("http://")], url, place / "serve.log") as server:
        server.wait_ready()
        client = [sys.executable, "-m", "tests.bench.ingest", url, token, form, str(SECONDS)]
        running = [subprocess.Popen(client, stdout=subprocess.PIPE, text=True) for _ in range(CLIENTS)]
        told = [process.communicate(timeout=120)[0] for process in running]
        if any(process.returncode for process in running):
            raise BenchError(f"ingest: every client must end well, got {server.log_tail()}")
    kept = sum(holding.rows for holding in Manifest(database).holdings())
    database.close()
    acknowledged = sum(int(text) for text in told)
    if kept != acknowledged:
        raise BenchError(f"ingest: every acknowledged row must be in the log once, got {kept} of {acknowledged}")
    return acknowledged / SECONDS


def _appended(place: Path, append: Callable[[Path], Callable[[pa.Table], None]]) -> float:
    """Rows a second of one process that has them ready."""
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    table, add = pa.Table.from_pylist(_made()), append(place)
    begin, number = time.monotonic(), 0
    while time.monotonic() < begin + SECONDS / 2:
        add(table)
        number += BATCH
    return number / (time.monotonic() - begin)


def _sqlite(place: Path) -> Callable[[pa.Table], None]:
    store = sqlite3.connect(place / "plain.db", isolation_level=None)
    store.execute("PRAGMA journal_mode = WAL")
    store.execute("PRAGMA synchronous = FULL")
    columns = ["at", "decision", *NAMES]
    store.execute(f"CREATE TABLE predictions ({', '.join(columns)})")
    insert = f"INSERT INTO predictions VALUES ({', '.join('?' * len(columns))})"

    def add(table: pa.Table) -> None:
        values = list(zip(*(table.column(name).to_pylist() for name in columns), strict=True))
        store.execute("BEGIN")
        store.executemany(insert, values)
        store.execute("COMMIT")

    return add


def _parquet(place: Path) -> Callable[[pa.Table], None]:
    number = iter(range(10**9))

    def add(table: pa.Table) -> None:
        with (place / f"{next(number)}.parquet").open("wb") as file:
            pq.write_table(table, file)
            file.flush()
            os.fsync(file.fileno())

    return add


def _made() -> list[dict[str, object]]:
    """A batch of rows."""
    chance = random.Random(5)  # noqa: S311 - only values
    now = datetime.now(UTC).isoformat()
    return [
        {"at": now, "decision": chance.choice(("approved", "denied"))}
        | {name: chance.gauss(0, 1) if place % 5 else chance.choice("abcdef") for place, name in enumerate(NAMES)}
        for _ in range(BATCH)
    ]


def _body(form: str) -> bytes:
    if form == "JSON":
        return json.dumps({"model": "credit", "rows": _made()}).encode()
    table, stream = pa.Table.from_pylist(_made()), io.BytesIO()
    with pa.ipc.new_stream(stream, table.schema) as writer:
        writer.write_table(table)
    return stream.getvalue()


def main(url: str, token: str, form: str, seconds: float) -> None:
    """Push the same rows again and again: without a key each time counts."""
    place, body = urlsplit(url), _body(form)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": FORMS[form]}
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=60)
    end, number = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        connection.request("POST", "/api/v1/predictions?model=credit", body, headers)
        answer = connection.getresponse()
        content = json.loads(answer.read())
        if answer.status == http.HTTPStatus.CREATED:
            number += content["accepted"]
        else:
            time.sleep(float(answer.headers["Retry-After"]))
    sys.stdout.write(f"{number}\n")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], float(sys.argv[4]))
