"""kill -9 at any moment: a window is recorded whole or not at all, nothing half-made is exposed, nothing is lost."""

import json
import re
import subprocess
import sys
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import httpx
import numpy as np

from fairlead.demo.processes import Server, free_port
from tests.support import logs
from tests.support.cli import call, create_baseline
from tests.support.metrics import families_analysed, parse, series
from tests.support.workspace import NOW

DAILY, WEEKLY = frozenset({"data", "fairness", "model", "quality"}), frozenset({"explanation"})
MODELS = ("credit", "cards")
WINDOWS = {(model, families) for model in MODELS for families in (DAILY, WEEKLY)}
REPOSITORY = Path(__file__).parents[2]


def prepare(folder: Path, rows: int, end: datetime) -> Path:
    """Two models over one log of sixteen days before and one after ``end`` that takes a moment to read."""
    for part, places in enumerate(np.array_split(np.arange(rows), 4)):
        frame = logs.rows(len(places), end - 16 * logs.DAY, 17, seed=part)
        logs.write(frame, folder / "logs" / f"{part}.parquet")
    config = logs.write_config(folder, [logs.model(name, "logs/*.parquet") for name in MODELS])
    validation = logs.write(logs.rows(4_000), folder / "validation.parquet")
    for name in MODELS:
        create_baseline(config, name, validation)
    return config


def windows(runs: list[list[str]]) -> Counter[tuple[str, frozenset[str]]]:
    """Recorded windows, by model and the families that were recorded for them; no family twice."""
    found: dict[tuple[str, str], list[str]] = {}
    for model, window, family in runs:
        found.setdefault((model, window), []).append(family)
    assert all(len(families) == len(set(families)) for families in found.values())
    return Counter((model, frozenset(families)) for (model, _), families in found.items())


def test_windows_are_recorded_whole(tmp_path: Path) -> None:
    """Twenty-five kills; what is missing is made up by the next start, what is there is not done again."""
    config = prepare(tmp_path, 200_000, NOW)
    now = (NOW + timedelta(hours=3)).isoformat()
    command = [sys.executable, "-m", "tests.support.killed", str(config), now, "25"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=200, cwd=REPOSITORY)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    *rounds, last = [windows(json.loads(line)) for line in done.stdout.splitlines()]
    assert len(rounds) == 25
    assert all(set(found) <= WINDOWS and set(found.values()) <= {1} for found in rounds)
    for before, after in pairwise(rounds):
        assert before <= after or len(before) == len(WINDOWS), "a recorded window was lost"
    assert len({len(found) for found in rounds}) >= 3, "the kills did not fall into the analyses"
    assert last == Counter(WINDOWS)


def test_a_killed_server_exposes_whole_windows(tmp_path: Path) -> None:
    """Killed four times after its first answer; the page of each start can be read and shows whole windows only."""
    config = prepare(tmp_path, 200_000, datetime.now(UTC))
    port = free_port()
    address = f"127.0.0.1:{port}"
    command = [sys.executable, "-m", "fairlead", "serve", "--config.file", config, "--web.listen-address", address]
    server = Server([str(part) for part in command], f"http://{address}", tmp_path / "serve.log")
    chance = np.random.default_rng(6)
    try:
        for _ in range(4):
            server.start().wait_ready()
            assert_whole(server)
            time.sleep(chance.uniform(0, 0.4))
            server.kill()
        server.start().wait_ready()
        deadline = time.monotonic() + 30
        while assert_whole(server) < len(WINDOWS):
            assert time.monotonic() < deadline
            time.sleep(0.1)
    finally:
        server.kill()
    assert "Traceback" not in server.log.read_text()


def assert_whole(server: Server) -> int:
    """How many windows the page shows; each with all its families, and a value wherever a family has one."""
    page = httpx.get(f"{server.url}/metrics").raise_for_status().text
    assert len(parse(page)) > 30
    shown = 0
    for model in MODELS:
        families = families_analysed(page, model)
        assert families in (set(), set(DAILY), set(WEEKLY), set(DAILY | WEEKLY))
        shown += (families >= DAILY) + (families >= WEEKLY)
        assert len(series(page, "fairlead_feature_psi", model=model)) == (3 if families >= DAILY else 0)
        assert len(series(page, "fairlead_attribution_rank_correlation", model=model)) == (families >= WEEKLY)
    return shown


def test_killed_while_a_baseline_is_made(tmp_path: Path) -> None:
    """The one before stays active until the new one is whole."""
    config = prepare(tmp_path, 200_000, NOW)
    fixed = ["--config.file", str(config), "--model", "credit"]
    script = "import sys; from fairlead.cli import run; print('go', flush=True); sys.exit(run(sys.argv[1:]))"
    command = [sys.executable, "-c", script, "baseline", "create", *fixed, "--from", str(tmp_path / "logs")]
    for wait in (0.0, 0.1, 0.3, 0.6):
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as maker:
            assert maker.stdout is not None
            assert maker.stdout.readline() == "go\n"
            time.sleep(wait)
            maker.kill()
        listed = call("baseline", "list", *fixed)
        assert len(re.findall(r"│ active", listed.out)) == 1
        shown = json.loads(call("baseline", "show", *fixed).out)
        assert shown["summary"]["rows"] in {4_000, 200_000}
