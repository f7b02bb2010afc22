"""What two hundred kills at random instants do to each kind of store: nothing, or the benchmark says what."""

import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.bench.report import Row
from tests.bench.rounds import BenchError, reason, run_alone

ROUNDS = 200
TIMEOUT = 3600.0


def rows(folder: Path) -> list[Row]:
    """Per kind of database: rounds survived and writes acknowledged before the kills."""
    return [row for kind in ("sqlite", "postgresql") for row in _of_kind(folder, kind)]


def _of_kind(folder: Path, kind: str) -> Iterator[Row]:
    place, log = folder / f"crash-{kind}", folder / f"crash-{kind}.log"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    code = run_alone([sys.executable, "-m", "tests.support.crash", kind, str(place), str(ROUNDS), "7"], TIMEOUT, log)
    if code != 0:
        raise BenchError(f"crash: must lose nothing on {kind}, got {'no end' if code is None else reason(log, code)}")
    lines = [
        json.loads(line)
        for line in log.read_text(encoding="utf-8").splitlines()
        if line[:1].isdigit() or line[:1] == "{"
    ]
    rounds, last = [line for line in lines if isinstance(line, int)], lines[-1]
    yield Row(f"{kind}: kills after which nothing was lost, twice or half", len(rounds), "", ROUNDS, at_least=True)
    yield Row(f"{kind}: writes acknowledged before them", sum(rounds))
    yield Row(f"{kind}: of these, analyses", last["analyses"])
