"""Runs contenders in processes of their own, in turns, so that a busy moment of the machine hits all alike."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.bench.contender import Contender, Result, Trial

USAGE = Path(__file__).with_name("usage.py")
ROOT = Path(__file__).parents[2]
ENVIRONMENT = {
    "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'exporter'}",
    "PYTHONWARNINGS": "ignore",
    "NML_DISABLE_USAGE_LOGGING": "1",
    "WHYLOGS_NO_ANALYTICS": "True",
    "DISABLE_DEEPCHECKS_ANONYMOUS_TELEMETRY": "True",
    "DO_NOT_TRACK": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
}
"""Peers send nothing home and keep their warnings to themselves."""

Told = Callable[[str], None]


class BenchError(Exception):
    """What keeps the benchmark from going on, in a line."""


def run_rounds(
    contenders: Sequence[Contender], repeat: int, timeout: float, folder: Path, *, tell: Told, step: Callable[[], None]
) -> list[Result]:
    """Every contender once, then again; who failed is left out of later rounds."""
    results = [Result(contender.name, contender.peer, contender.version) for contender in contenders]
    for number in range(1, repeat + 1):
        for contender, result in zip(contenders, results, strict=True):
            if result.failure is None:
                tell(f"{contender.name}, round {number} of {repeat}")
                failure = _try(contender, result, timeout, folder)
                if failure is not None and not contender.peer:
                    raise BenchError(f"{contender.name}: must finish its run, got {failure}")
                result.failure = failure
            step()
    return results


def _try(contender: Contender, result: Result, timeout: float, folder: Path) -> str | None:
    """One more trial in the result, or the reason why there is none."""
    usage, log = folder / "usage.json", folder / f"{re.sub('[ ,]+', '-', contender.name)}.log"
    for stale in (usage, contender.report):
        if stale is not None:
            stale.unlink(missing_ok=True)
    contender.prepare()
    code = run_alone([sys.executable, "-I", "-S", str(USAGE), str(usage), *contender.command], timeout, log)
    if code is None:
        return f"no result within {timeout:.0f} s"
    if code not in contender.accepted:
        return reason(log, code)
    if contender.report is not None and not contender.report.exists():
        return "an end without a report"
    told = {} if contender.report is None else json.loads(contender.report.read_text(encoding="utf-8"))
    taken = json.loads(usage.read_text(encoding="utf-8"))
    result.trials.append(Trial(told.get("analysis"), taken["wall"], taken["cpu"], taken["peak"]))
    result.computed = told.get("computed", {})
    return None


def run_alone(command: Sequence[str], timeout: float, log: Path) -> int | None:
    """Exit code of a command in a session of its own, all of which ends with it; None when it took too long."""
    with log.open("wb") as stream:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
            cwd=ROOT,
            env={**os.environ, **ENVIRONMENT},
            start_new_session=True,
        )
        try:
            return process.wait(timeout)
        except subprocess.TimeoutExpired:
            return None
        finally:
            _end(process)


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Whatever is left of the session."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def reason(log: Path, code: int) -> str:
    """The line of a log that says why: of a traceback the error, else the first that speaks of one."""
    lines = [line.strip() for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
    if "Traceback (most recent call last):" in lines:
        last = len(lines) - lines[::-1].index("Traceback (most recent call last):")
        errors = [line for line in lines[last:] if line.split(":")[0].split(" ")[0].endswith(("Error", "Exception"))]
        lines = errors or lines[-1:]
    else:
        lines = [line for line in lines if "error" in line.lower()] or lines[-1:]
    return lines[0][:200] if lines else f"exit code {code}"
