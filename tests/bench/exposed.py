"""A fairlead that exposes many series: python -m tests.bench.exposed FOLDER MODELS PORT quiet|busy REPORT.

Its models have results and nothing due. When busy, it analyses one more model again and again, and records the results.
"""

import json
import sys
import threading
import time
from pathlib import Path
from statistics import median

from fairlead.app.exporter import Exporter
from fairlead.app.subjects import subject_of
from fairlead.config.schema import Config
from fairlead.monitor.check import check
from fairlead.serve import serve
from fairlead.store.baselines import Baselines
from fairlead.store.database import Database, open_database
from fairlead.store.runs import Runs
from tests.bench.fleet import FAMILIES, NOW, WINDOW, config, log, model, runs

ANALYSED = "analysed"
ROWS = 1_000_000


def configured(folder: Path, count: int) -> Config:
    """So many models with made-up results, and one with logs."""
    home = folder / f"exposed-{count}"
    models = [model(f"model-{number:05}", home / "none.parquet") for number in range(count)]
    return config(home, (*models, model(ANALYSED, log(folder, ROWS))))


def main(folder: str, count: str, port: str, mode: str, report: str) -> None:
    """Tell how long the first exposition took, and the next one with one model changed; then serve until killed."""
    chosen = configured(Path(folder), int(count))
    database = open_database(chosen.store)
    start = time.perf_counter()
    exporter = Exporter(chosen, database, lambda: NOW)
    first = time.perf_counter() - start
    again = [_republished(exporter, database, seed) for seed in range(5)]
    Path(report).write_text(json.dumps({"first": first, "again": median(again)}), encoding="utf-8")
    if mode == "busy":
        threading.Thread(target=analyse_for_ever, args=(chosen, database), daemon=True).start()
    serve(exporter, [f"127.0.0.1:{port}"])


def _republished(exporter: Exporter, database: Database, seed: int) -> float:
    Runs(database).record(runs("model-00000", seed))
    start = time.perf_counter()
    exporter.publish()
    return time.perf_counter() - start


def analyse_for_ever(chosen: Config, database: Database) -> None:
    """Read all rows each time: what was counted before is not remembered."""
    subject, load_baseline = subject_of(chosen.models[-1], database), Baselines(database).load
    while True:
        found = check(subject, FAMILIES, WINDOW, trigger="on-demand", load_baseline=load_baseline, clock=lambda: NOW)
        Runs(database).record(found)


if __name__ == "__main__":
    main(*sys.argv[1:])
