"""A fairlead whose models are all due: python -m tests.bench.scheduled FOLDER MODELS ROWS REPORT."""

import json
import shutil
import sys
import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from fairlead.app import exporter as app
from fairlead.app.baselines import create_baseline
from fairlead.app.subjects import subject_of
from fairlead.config.schema import Config
from fairlead.core.plan import Plan, Window
from fairlead.core.summary import Summary
from fairlead.engines.files import Files
from fairlead.monitor.check import Subject
from fairlead.store.baselines import Baselines
from fairlead.store.database import Database, open_database
from tests.bench.fleet import BASELINE_ROWS, FAMILIES, NOW, config, log, model

LOOK = 0.05


@dataclass(slots=True)
class Engine:
    """Adds up the time that is spent on reading and counting rows, for all models together."""

    seconds: float = 0.0

    def timed(self, *arguments: Any, **options: Any) -> Subject:
        """As the application makes a subject, with its engine timed."""
        subject = subject_of(*arguments, **options)

        def summarise(plan: Plan, window: Window) -> Summary:
            start = time.perf_counter()
            try:
                return subject.summarise(plan, window)
            finally:
                self.seconds += time.perf_counter() - start

        return replace(subject, summarise=summarise)


def prepared(folder: Path, count: int, rows: int) -> tuple[Config, Database]:
    """So many models with a file of their own each, all of one content, and a baseline each."""
    home = folder / f"scheduled-{rows}"
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    content, models = log(folder, rows), []
    for number in range(count):
        path = home / f"model-{number:05}.parquet"
        path.symlink_to(content)
        models.append(model(path.stem, path))
    chosen = config(home, tuple(models))
    database = open_database(chosen.store)
    source = Files(str(log(folder, BASELINE_ROWS)), "parquet")
    create_baseline(database, models[0], source, created_by="bench", now=NOW, activate=True)
    baselines = Baselines(database)
    first = baselines.load(models[0].name)
    for other in models[1:]:
        baselines.create(other.name, first, source=source.pattern, created_by="bench", now=NOW, activate=True)
    return chosen, database


def main(folder: str, count: str, rows: str, report: str) -> None:
    """Seconds from the first look until the results of every model are exposed, and those of the engine alone."""
    chosen, database = prepared(Path(folder), int(count), int(rows))
    engine = Engine()
    vars(app)["subject_of"] = engine.timed
    exporter = app.Exporter(chosen, database, lambda: NOW)
    monitor = threading.Thread(target=exporter.run)
    start, processor = time.perf_counter(), time.process_time()
    monitor.start()
    while not _complete(exporter):
        time.sleep(LOOK)
    wall, cpu = time.perf_counter() - start, time.process_time() - processor
    exporter.stop()
    monitor.join()
    Path(report).write_text(json.dumps({"wall": wall, "cpu": cpu, "engine": engine.seconds}), encoding="utf-8")
    shutil.rmtree(chosen.path.parent)


def _complete(exporter: app.Exporter) -> bool:
    shown = exporter.snapshot()
    return shown is not None and all(len(model.runs) == len(FAMILIES) for model in shown.models)


if __name__ == "__main__":
    main(*sys.argv[1:])
