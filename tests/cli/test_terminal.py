"""A bar on a terminal, nothing of the kind in a file, a pipe or a log."""

import os
import pty
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.support import workspace
from tests.support.workspace import NOW, Workspace, current


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return workspace.prepare(tmp_path_factory.mktemp("terminal"), {"credit": current()})


def analyse(config: Path, *, out: bool, err: bool) -> tuple[bytes, bytes]:
    """Standard output and error of a table, each on a terminal or not."""
    return called("analyze", "--config.file", str(config), "--as-of", NOW.isoformat(), out=out, err=err)


def called(*arguments: str, out: bool, err: bool) -> tuple[bytes, bytes]:
    """Standard output and error of a command, each on a terminal or not."""
    command = [sys.executable, "-m", "fairlead", *arguments]
    ends, threads, read = [], [], [b"", b""]
    for place, terminal in enumerate((out, err)):
        master, slave = pty.openpty() if terminal else os.pipe()
        threads.append(threading.Thread(target=drain, args=(master, read, place)))
        threads[-1].start()
        ends.append(slave)
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "200", "NO_COLOR": "1"}
    done = subprocess.run(command, stdout=ends[0], stderr=ends[1], check=False, timeout=60, env=environment)
    for end in ends:
        os.close(end)
    for thread in threads:
        thread.join(10)
    assert done.returncode == 0, read
    return read[0], read[1]


def drain(end: int, read: list[bytes], place: int) -> None:
    """Read until the other side is closed, which a terminal reports as an error."""
    while True:
        try:
            part = os.read(end, 65536)
        except OSError:
            part = b""
        if not part:
            break
        read[place] += part
    os.close(end)


@pytest.mark.parametrize("out", [False, True], ids=["out to a pipe", "out to a terminal"])
def test_the_bar(out: bool, space: Workspace) -> None:
    table, bar = analyse(space.config, out=out, err=True)
    assert b"reading" in bar
    assert b"files" in bar
    assert b"reading" not in table
    assert b"feature_psi" in table
    assert b"feature_psi" not in bar


@pytest.mark.parametrize("out", [False, True], ids=["out to a pipe", "out to a terminal"])
def test_no_bar(out: bool, space: Workspace) -> None:
    table, bar = analyse(space.config, out=out, err=False)
    assert bar == b""
    assert b"feature_psi" in table


@pytest.mark.parametrize("err", [False, True], ids=["error to a pipe", "error to a terminal"])
def test_the_bar_of_a_new_baseline(err: bool, space: Workspace) -> None:
    chosen = ("--config.file", str(space.config), "--model", "credit", "--no-activate")
    said, bar = called(
        "baseline", "create", *chosen, "--from", str(space.folder / "validation" / "credit.parquet"), out=False, err=err
    )
    assert b"rows, not active" in said
    assert (b"reading" in bar) == err
