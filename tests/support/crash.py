"""python -m tests.support.crash sqlite|postgresql FOLDER ROUNDS SEED: kills fairlead while it analyses and writes.

In each round a forked process monitors, as `fairlead serve` does without HTTP, while every writer of the table below
writes as fast as it may, and tells what was acknowledged. It is killed at a random instant; every third time PostgreSQL
is, too. Then the store must be sound, hold all that was acknowledged, nothing twice, and nothing half. Each round
prints the number of acknowledged writes as JSON.
"""

import json
import os
import random
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, Table, select

from fairlead.app.exporter import Exporter
from fairlead.app.incidents import Incidents
from fairlead.config.load import load
from fairlead.config.schema import Config
from fairlead.core.access import Role
from fairlead.core.alert import Alert
from fairlead.core.audit import entry_of
from fairlead.core.run import Run
from fairlead.core.timeline import Filter
from fairlead.errors import StoreError
from fairlead.store.alerts import Alerts
from fairlead.store.audit import Audit
from fairlead.store.baselines import Baselines
from fairlead.store.checkins import Checkins
from fairlead.store.database import Database, open_database
from fairlead.store.requests import Requests
from fairlead.store.runs import Runs
from fairlead.store.tables import (
    alerts,
    answers,
    audit,
    baselines,
    checkins,
    incident_alerts,
    incident_timeline,
    incidents,
    requests,
    runs,
    tokens,
)
from fairlead.store.tokens import Tokens
from fairlead.store.verification import verify
from tests.support import logs
from tests.support.cli import create_baseline
from tests.support.comparisons import Rows, baseline_of
from tests.support.history import ANA, NOW, alert, answer
from tests.support.postgres import Server, running
from tests.support.runs import run

LONGEST = 1.5
"""Seconds between the first acknowledgement and the kill."""
REST = 0.004
"""Seconds between two writes of one writer."""
LATER = datetime(2100, 1, 1, tzinfo=UTC)
"""Answers of this time do not expire while the clock of the rounds goes on, a day each."""
SMALL = baseline_of(Rows(numbers={"income": [1, 2, 3]}))


@dataclass(frozen=True)
class Writer:
    """write commits something that bears the name; kept are the names that are there, each as often as it is there."""

    write: Callable[[Database, str], object]
    kept: Callable[[Connection], Sequence[str]]


def _both(database: Database, name: str) -> None:
    """A run and its audit entry: both or neither."""
    with database.writing():
        Runs(database).record([run(model=name, trigger="on-demand")])
        Audit(database).add(entry_of(ANA, "both", name, NOW))


def _kept_both(connection: Connection) -> list[str]:
    models = connection.execute(select(runs.c.model).where(runs.c.trigger == "on-demand").order_by(runs.c.id))
    written = list(models.scalars())
    logged = connection.execute(select(audit.c.subject).where(audit.c.action == "both").order_by(audit.c.id))
    assert written == list(logged.scalars()), "a run without its audit entry, or the other way round"
    return written


def _open(database: Database, name: str) -> None:
    """An alert as the webhook delivers it, the incident that it opens, and who answers."""
    told = Alert(name.encode().hex(), {"model": name, "family": "data", "severity": "critical"}, True, NOW)
    incidents = Incidents(database, lambda: NOW)
    incidents.take([told], ANA)
    (opened,) = incidents.page(Filter(model=name), 2)
    incidents.acknowledge(opened.id, ANA)


def _kept_incidents(connection: Connection) -> list[str]:
    """Each with its alert, its timeline and its entries of the audit log."""
    kept = connection.execute(select(incidents.c.id, incidents.c.model, incidents.c.status).order_by(incidents.c.id))
    rows = kept.all()
    told = Counter(connection.execute(select(incident_alerts.c.incident)).scalars())
    line, acknowledged = incident_timeline.c, audit.c.action == "incident.acknowledged"
    lines = Counter((row[0], row[1]) for row in connection.execute(select(line.incident, line.what)))
    logged = Counter(connection.execute(select(audit.c.subject).where(acknowledged)).scalars())
    for row in rows:
        answered = int(row.status == "acknowledged")
        assert told[row.id] == 1, f"INC-{row.id}: {told[row.id]} alerts"
        assert lines[row.id, "opened"] == 1, f"INC-{row.id}: its timeline does not tell of its opening"
        assert (lines[row.id, "acknowledged"], logged[f"incident INC-{row.id}"]) == (answered, answered)
    return [row.model for row in rows]


def _create(database: Database, name: str) -> None:
    Baselines(database).create("crash", SMALL, source=name, created_by="ana", now=NOW, activate=True)


def _column(table: Table, name: str) -> Callable[[Connection], list[str]]:
    return lambda connection: list(connection.execute(select(table.c[name]).order_by(*table.primary_key)).scalars())


def _kept_baselines(connection: Connection) -> list[str]:
    rows = connection.execute(select(baselines.c.source, baselines.c.state).where(baselines.c.model == "crash")).all()
    assert sum(row.state == "active" for row in rows) == bool(rows), "not exactly one active baseline"
    return [row.source for row in rows]


WRITERS: dict[str, Writer] = {
    "alerts": Writer(
        lambda database, name: Alerts(database).record([alert(name.encode().hex())], "slack", NOW),
        lambda connection: [bytes.fromhex(text).decode() for text in _column(alerts, "fingerprint")(connection)],
    ),
    "both": Writer(_both, _kept_both),
    "baselines": Writer(_create, _kept_baselines),
    "tokens": Writer(
        lambda database, name: Tokens(database).create(name, Role.VIEWER, created_by="ana", now=NOW),
        _column(tokens, "name"),
    ),
    "requests": Writer(
        lambda database, name: Requests(database).add([name], [], None, requested_by=name, now=NOW, most=10**6),
        _column(requests, "requested_by"),
    ),
    "incidents": Writer(_open, _kept_incidents),
    "checkins": Writer(lambda database, name: Checkins(database).expect([name], NOW), _column(checkins, "name")),
    "answers": Writer(lambda database, name: answer(database, name, LATER), _column(answers, "key")),
}
"""All that writes beside the analyses. Whoever adds a kind of write adds a line."""

ANALYSES = "analyses"


def analysed(connection: Connection) -> list[str]:
    """The scheduled analyses that succeeded."""
    good = (runs.c.failure.is_(None), runs.c.trigger == "scheduled")
    query = select(runs.c.model, runs.c.family, runs.c.window_end).where(*good).order_by(runs.c.id)
    return [f"{model} {family} {end.isoformat()}" for model, family, end in connection.execute(query)]


def child(config: Config, number: int, now: datetime, told: int) -> None:
    """Monitor and write until killed; acknowledged names go to a file, each in one call of the kernel."""

    def tell(kind: str, name: str) -> None:
        os.write(told, f"{kind}\t{name}\n".encode())

    database = open_database(config.store)

    def keep_writing(kind: str, writer: Writer) -> None:
        with suppress(StoreError):  # the server is killed first
            for place in range(1_000_000):
                name = f"{number} {place}"
                writer.write(database, name)
                tell(kind, name)
                time.sleep(REST)

    exporter = Exporter(config, database, lambda: now, pause=0.01)
    store = exporter._loop.store
    record = store.record

    def record_and_tell(lease: str, finished: Sequence[Run]) -> bool:
        kept = record(lease, finished)
        for one in finished if kept else ():
            if one.failure is None:
                tell(ANALYSES, f"{one.model} {one.family} {one.window.end.isoformat()}")
        return kept

    store.record = record_and_tell  # type: ignore[method-assign]
    for kind, writer in WRITERS.items():
        threading.Thread(target=keep_writing, args=(kind, writer), daemon=True).start()
    exporter.run()


@dataclass
class Rig:
    """A configuration, what was acknowledged so far, and the server if there is one."""

    config: Config
    folder: Path
    server: Server | None
    acknowledged: dict[str, set[str]]

    def round(self, number: int, seconds: float) -> int:
        """Kill after so many seconds of writing; how many writes were acknowledged."""
        told = self.folder / "acknowledged"
        told.write_bytes(b"")
        process = os.fork()
        if process == 0:
            try:
                now = logs.START + (9 + number) * logs.DAY
                child(self.config, number, now, os.open(told, os.O_WRONLY | os.O_APPEND))
            finally:
                os._exit(1)  # what is above in the stack is the parent's
        deadline = time.monotonic() + 30
        while not told.stat().st_size:
            assert time.monotonic() < deadline, "nothing was written"
            time.sleep(0.005)
        time.sleep(seconds)
        if self.server is not None and number % 3 == 2:
            self.server.stop(signal.SIGQUIT)
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)
        if self.server is not None and number % 3 == 2:
            self.server.start()
        lines = told.read_text().splitlines()
        for line in lines:
            kind, name = line.split("\t")
            self.acknowledged[kind].add(name)
        self.check(number)
        return len(lines)

    def check(self, number: int) -> None:
        """Sound, nothing lost, nothing twice, and at most what was under way besides."""
        database = open_database(self.config.store)
        problems = list(verify(database, lambda done, total: None))
        assert not problems, problems
        with database.reading() as connection:
            kept = {kind: Counter(writer.kept(connection)) for kind, writer in WRITERS.items()}
            kept[ANALYSES] = Counter(analysed(connection))
        database.close()
        for kind, names in kept.items():
            lost = self.acknowledged[kind] - names.keys()
            assert not lost, f"{kind}: acknowledged and lost: {sorted(lost)[:5]}"
            twice = [name for name, count in names.items() if count > 1]
            assert not twice, f"{kind}: there twice: {twice[:5]}"
            more = names.keys() - self.acknowledged[kind]
            if kind != ANALYSES:
                assert len(more) <= number + 1, f"{kind}: never acknowledged: {sorted(more)[:5]}"


@contextmanager
def rig(kind: str, folder: Path, days: int) -> Iterator[Rig]:
    """Two models with logs of so many days, a baseline each, and a store of this kind."""
    with running() if kind == "postgresql" else _no_server() as server:
        store = server.fresh() if server else "fairlead.db"
        frame = logs.rows(60 * (days + 10), logs.START, days + 10)
        logs.write(frame, folder / "logs" / "log.parquet")
        config = logs.write_config(folder, [logs.model(name, "logs/*.parquet") for name in ("credit", "cards")], store)
        validation = logs.write(logs.rows(1_000), folder / "validation.parquet")
        for name in ("credit", "cards"):
            create_baseline(config, name, validation)
        yield Rig(load(config), folder, server, {name: set() for name in (*WRITERS, ANALYSES)})


@contextmanager
def _no_server() -> Iterator[None]:
    yield None


def main(kind: str, folder: Path, rounds: int, seed: int) -> None:
    """All rounds."""
    chance = random.Random(seed)  # noqa: S311 - only instants
    with rig(kind, folder, rounds) as made:
        for number in range(rounds):
            written = made.round(number, chance.uniform(0, LONGEST))
            sys.stdout.write(json.dumps(written) + "\n")
            sys.stdout.flush()
        analyses = len(made.acknowledged[ANALYSES])
    sys.stdout.write(json.dumps({"analyses": analyses}) + "\n")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
