"""kill -9 at random instants while everything writes: nothing acknowledged is lost, nothing is there twice or half."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
ROUNDS = 10


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_nothing_is_lost(kind: str, tmp_path: Path) -> None:
    """`make bench ARGS="--only crash"` does two hundred rounds of it on each kind of database."""
    command = [sys.executable, "-m", "tests.support.crash", kind, str(tmp_path), str(ROUNDS), "1"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=280, cwd=REPOSITORY)
    assert done.returncode == 0, done.stderr
    *rounds, last = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(rounds) == ROUNDS
    assert sum(rounds) > 5 * ROUNDS, "the kills came before the writes"
    assert last["analyses"] > 0, "the kills came before the analyses"
