"""Contenders are measured alone, in turns, and their failures are told."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.bench.contender import Contender, Result, write_report
from tests.bench.rounds import BenchError, reason, run_alone, run_rounds

HELD = 60 << 20
"""Bytes."""


def python(name: str, code: str, peer: bool = True, report: Path | None = None) -> Contender:
    """A contender that runs some Python."""
    return Contender(name, [sys.executable, "-c", code], report, peer=peer)


def measured(folder: Path, *contenders: Contender, repeat: int = 1, timeout: float = 60) -> list[Result]:
    return run_rounds(contenders, repeat, timeout, folder, tell=lambda text: None, step=lambda: None)


def test_contenders_take_turns(tmp_path: Path) -> None:
    told: list[str] = []
    code = f"open({str(tmp_path / 'order')!r}, 'a').write('%s')"
    results = run_rounds(
        [python("first", code % "1"), python("second", code % "2")],
        3,
        60,
        tmp_path,
        tell=told.append,
        step=lambda: None,
    )
    assert (tmp_path / "order").read_text() == "121212"
    assert [len(result.trials) for result in results] == [3, 3]
    assert told[:2] == ["first, round 1 of 3", "second, round 1 of 3"]


def test_peak_memory_is_the_contenders_and_not_the_benchs(tmp_path: Path) -> None:
    ballast = bytearray(HELD)
    small, large = measured(tmp_path, python("small", ""), python("large", f"b'x' * {HELD}"))
    assert len(ballast) == HELD
    assert small.trials[0].peak < HELD / 2**20
    assert large.trials[0].peak > HELD / 2**20


def test_cpu_time_of_the_contenders_children_counts(tmp_path: Path) -> None:
    busy = "import time\nwhile time.process_time() < 0.3: pass"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {busy!r}], check=True)"
    (result,) = measured(tmp_path, python("parent", parent))
    assert result.trials[0].cpu >= 0.3


def test_what_a_contender_reports_is_kept(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    write_report(report, 99.0, {"stale": 1})
    code = f"from tests.bench.contender import *; write_report(Path({str(report)!r}), 1.5, {{'PSI': 50}})"
    (result,) = measured(tmp_path, python("one", code, report=report))
    assert (result.middle("analysis"), result.computed) == (1.5, {"PSI": 50})
    (silent,) = measured(tmp_path, python("silent", "", report=report))
    assert silent.failure == "an end without a report"


def test_a_failing_peer_is_told_and_tried_no_more(tmp_path: Path) -> None:
    mark = tmp_path / "tries"
    broken = python("broken", f"open({str(mark)!r}, 'a').write('x'); raise ValueError('must be calm, got excited')")
    first, second = measured(tmp_path, broken, python("fine", ""), repeat=2)
    assert first.failure == "ValueError: must be calm, got excited"
    assert not first.counts
    assert mark.read_text() == "x"
    assert len(second.trials) == 2


def test_a_peer_that_fails_later_has_no_figures_either(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    code = f"import pathlib; path = pathlib.Path({str(mark)!r}); path.exists() and 1 / 0; path.touch()"
    (result,) = measured(tmp_path, python("moody", code), repeat=3)
    assert result.failure == "ZeroDivisionError: division by zero"
    assert len(result.trials) == 1
    assert result.middle("wall") is None


def test_a_peer_that_takes_too_long_ends_with_its_children(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    shell = ["sh", "-c", 'sleep 600 & echo $! >"$0"; wait', str(pid)]
    (result,) = measured(tmp_path, Contender("slow", shell, peer=True), timeout=3)
    assert result.failure == "no result within 3 s"
    deadline = time.monotonic() + 30
    while _runs(int(pid.read_text())):
        assert time.monotonic() < deadline


def _runs(pid: int) -> bool:
    """Whether there is such a process that is not just waiting to be counted by its parent."""
    shown = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return shown.stdout.strip()[:1] not in {"", "Z"}


def test_a_failure_of_fairlead_ends_the_benchmark(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match=r"^fairlead: must finish its run, got boom error$"):
        measured(tmp_path, python("fairlead", "import sys; sys.exit('boom error')", peer=False))


def test_only_accepted_exit_codes_are_results(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "raise SystemExit(2)"]
    (judged,) = measured(tmp_path, Contender("judged", command, peer=True, accepted=frozenset({0, 1, 2})))
    (refused,) = measured(tmp_path, Contender("refused", command, peer=True))
    assert (judged.failure, refused.failure) == (None, "exit code 2")


@pytest.mark.parametrize(
    ("log", "line"),
    [
        ("", "exit code 1"),
        ("noise\nlast words\n", "last words"),
        ("a\nerror: no such package\n  hint: none\n", "error: no such package"),
        (
            "Traceback (most recent call last):\n  f()\nKeyError: 1\n\nTraceback (most recent call last):\n  g()\n"
            "pandas.errors.ParserError: bad\nmore about it\n",
            "pandas.errors.ParserError: bad",
        ),
    ],
)
def test_the_reason_is_one_line(tmp_path: Path, log: str, line: str) -> None:
    path = tmp_path / "log"
    path.write_text(log)
    assert reason(path, 1) == line


def test_a_command_gets_no_input_and_its_output_goes_to_the_log(tmp_path: Path) -> None:
    log = tmp_path / "log"
    assert run_alone([sys.executable, "-c", "import sys; print(sys.stdin.read() + 'end')"], 60, log) == 0
    assert log.read_text() == "end\n"
