"""Scrapes of a large exposition over HTTP, compressed as Prometheus asks for it and plain, while an analysis runs."""

import http.client
import json
import shutil
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from statistics import median, quantiles

from fairlead.app.baselines import create_baseline
from fairlead.config.schema import Config
from fairlead.demo.processes import Server, free_port
from fairlead.engines.files import Files
from fairlead.store.database import open_database
from fairlead.store.runs import Runs
from tests.bench.exposed import ANALYSED, configured
from tests.bench.fleet import BASELINE_ROWS, NOW, log, runs
from tests.bench.report import Row
from tests.bench.rounds import BenchError

SIZES = {100_000: 50, 1_000_000: 300}
"""Series → milliseconds that a scrape may take."""

SERIES_PER_MODEL = 526
SCRAPES = 30
PAUSE = 0.2
ACCEPT = "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.1"
RUNS = f'fairlead_analysis_runs_total{{family="data",model="{ANALYSED}"}} '.encode()
FAILURES = RUNS.replace(b"runs", b"failures")
MEMORY = b"process_resident_memory_bytes "


def rows(folder: Path) -> list[Row]:
    """Medians of scrapes, how long a publication takes, and what memory it all needs."""
    return [row for series, limit in SIZES.items() for row in _of_size(folder, series, limit)]


def _of_size(folder: Path, series: int, limit: int) -> Iterator[Row]:
    models = series // SERIES_PER_MODEL
    chosen = configured(folder, models)
    prepare(folder, chosen)
    for mode in ("quiet", "busy"):
        port, report = free_port(), folder / "exposed.json"
        report.unlink(missing_ok=True)
        command = (sys.executable, "-m", "tests.bench.exposed", folder, str(models), str(port), mode, report)
        with Server(command, f"http://127.0.0.1:{port}", folder / f"exposed-{mode}.log") as server:
            server.wait_ready(600)
            yield from _of_server(port, f"{series:,} series", mode, limit, json.loads(report.read_text()))
    shutil.rmtree(Path(chosen.path).parent)


def prepare(folder: Path, chosen: Config) -> None:
    """The store, with results of all models, so that nothing is due, and the last one's baseline."""
    shutil.rmtree(chosen.path.parent, ignore_errors=True)
    database = open_database(chosen.store)
    for number, model in enumerate(chosen.models):
        Runs(database).record(runs(model.name, number))
    source = Files(str(log(folder, BASELINE_ROWS)), "parquet")
    create_baseline(database, chosen.models[-1], source, created_by="bench", now=NOW, activate=True)
    database.close()


def _of_server(port: int, size: str, mode: str, limit: int, told: dict[str, float]) -> Iterator[Row]:
    while_ = "while an analysis runs" if mode == "busy" else "at rest"
    before = _facts(port)
    for name, coding in (("gzip", "gzip"), ("plain", "identity")):
        took = [_scrape(port, coding) for _ in range(SCRAPES)]
        slow = quantiles(took, n=20)[-1]
        yield Row(f"scrape of {size}, {name}, {while_}", median(took), "ms", limit, note=f"95 %: {slow:.0f} ms")
    after = _facts(port)
    if mode == "busy":
        failed = after[2] - before[2]
        if failed:
            raise BenchError(f"exposition: analyses must succeed meanwhile, got {failed:.0f} that failed")
        yield Row(f"analyses of 1,000,000 rows meanwhile, {size}", after[0] - before[0], limit=1, at_least=True)
        yield Row(f"resident memory, {size}", after[1] / 2**20, "MiB")
    else:
        yield Row(f"first exposition after a start, {size}", told["first"], "s")
        yield Row(f"exposition after one model changed, {size}", told["again"] * 1000, "ms")


def _facts(port: int) -> tuple[float, ...]:
    """Finished analyses, resident memory, failed analyses."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
        lines = answer.read().splitlines()
    return tuple(
        next((float(line.split()[-1]) for line in lines if line.startswith(name)), 0.0)
        for name in (RUNS, MEMORY, FAILURES)
    )


def _scrape(port: int, coding: str) -> float:
    """Milliseconds until the last byte is here."""
    buffer = bytearray(1 << 20)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.connect()
    start = time.perf_counter()
    connection.request("GET", "/metrics", headers={"Accept": ACCEPT, "Accept-Encoding": coding})
    answer = connection.getresponse()
    while answer.readinto(buffer):
        pass
    took = time.perf_counter() - start
    connection.close()
    time.sleep(PAUSE)
    return took * 1000
