"""One analysis by fairlead, timed inside the process: python -m tests.bench.inside HOW CONFIG MODEL AS_OF REPORT.

HOW baseline-loaded: engine and statistics of all families over one window, with the baseline in memory and nothing
cached. HOW stored: what `fairlead analyze` does between reading its configuration and printing, with what the store
has cached.
"""

import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from fairlead.app.analysis import analyse
from fairlead.app.subjects import subject_of
from fairlead.config.load import load
from fairlead.config.schema import Model
from fairlead.core.run import Run
from fairlead.core.schedule import CADENCES, window_until
from fairlead.monitor.check import check
from fairlead.monitor.snapshot import families_of
from fairlead.store.baselines import Baselines
from fairlead.store.database import Database, open_database
from tests.bench.contender import write_report

Analysis = Callable[[], Sequence[Run]]


def baseline_loaded(database: Database, model: Model, as_of: datetime) -> Analysis:
    """All families over the window of the data family."""
    baseline, subject = Baselines(database).load(model.name), subject_of(model, database)
    window = window_until(CADENCES[model.risk]["data"], as_of)
    families = families_of(subject)
    return lambda: check(subject, families, window, trigger="bench", load_baseline=lambda _: baseline, clock=_now)


def stored(database: Database, model: Model, as_of: datetime) -> Analysis:
    """Every family over its own window."""
    return lambda: analyse(database, [model], as_of, _now)


WAYS = {"baseline-loaded": baseline_loaded, "stored": stored}


def _now() -> datetime:
    return datetime.now(UTC)


def main(how: str, config_file: str, name: str, as_of: str, report: str) -> str | None:
    """Why the analysis failed, if it did."""
    config = load(Path(config_file))
    (model,) = (model for model in config.models if model.name == name)
    analysis = WAYS[how](open_database(config.store), model, datetime.fromisoformat(as_of))
    start = time.perf_counter()
    runs = analysis()
    seconds = time.perf_counter() - start
    computed = Counter(run.family for run in runs for _ in run.measurements)
    write_report(Path(report), seconds, {"rows": max(run.samples for run in runs), **computed})
    return next((f"{run.family}: error: {run.failure}" for run in runs if run.failure), None)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
