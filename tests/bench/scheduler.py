"""What monitoring hundreds of models in one process costs beside reading and counting their rows."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.bench.report import Row
from tests.bench.rounds import BenchError, reason, run_alone

SIZES = {10_000: (500, None), 100_000: (500, 10.0), 1_000_000: (100, 10.0)}
"""Rows of a model's window → models, and the target in percent of the engine's time."""

TIMEOUT = 3600.0


def rows(folder: Path) -> list[Row]:
    """The overhead, and how long one model takes."""
    return [row for size, (models, limit) in SIZES.items() for row in _of_size(folder, size, models, limit)]


def _of_size(folder: Path, size: int, models: int, limit: float | None) -> Iterator[Row]:
    report, log = folder / "scheduled.json", folder / "scheduled.log"
    command = [sys.executable, "-m", "tests.bench.scheduled", str(folder), str(models), str(size), str(report)]
    code = run_alone(command, TIMEOUT, log)
    if code != 0:
        raise BenchError(f"scheduler: must finish, got {'no end' if code is None else reason(log, code)}")
    told = json.loads(report.read_text(encoding="utf-8"))
    what = f"{models} models × 50 features × {size:,} rows"
    over = 100 * (told["wall"] - told["engine"]) / told["engine"]
    yield Row(f"{what}: all but the engine, of the engine's time", over, "%", limit)
    yield Row(f"{what}: a model in all", 1000 * told["wall"] / models, "ms", note=f"{told['wall']:.0f} s for all")
    yield Row(f"{what}: a model in the engine", 1000 * told["engine"] / models, "ms")
