"""The section of the benchmark that measures analyses: fairlead, the floor and the peers on one workload."""

import shutil
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from rich.progress import Progress

from tests.bench import environments, own, workload
from tests.bench.contender import Contender, Result
from tests.bench.environments import Peer
from tests.bench.peer import Task
from tests.bench.rounds import run_rounds
from tests.bench.workload import Workload


@dataclass(frozen=True, slots=True)
class Options:
    """How much is measured, and where things are kept."""

    folder: Path
    rows: int
    repeat: int
    timeout: float
    fairlead: bool
    peers: Collection[str]


def run(options: Options, shown: Progress) -> list[Result]:
    """Prepare all that is needed, then measure round after round."""
    data = _data(options, shown)
    place = options.folder / "run"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    contenders, failed = _peers(options, data, place, shown)
    if options.fairlead:
        task = shown.add_task("preparing", total=None)
        ready = own.prepared(place, data, lambda text: shown.update(task, description=text))
        shown.remove_task(task)
        contenders = [*own.contenders(ready), *contenders]
    _warm(data)
    task = shown.add_task("measuring", total=options.repeat * len(contenders))
    results = run_rounds(
        contenders,
        options.repeat,
        options.timeout,
        place,
        tell=lambda text: shown.update(task, description=text),
        step=lambda: shown.advance(task),
    )
    shown.remove_task(task)
    return results + failed


def _data(options: Options, shown: Progress) -> Workload:
    task = shown.add_task(f"making {options.rows:,} rows", total=None)
    data = workload.prepared(
        options.folder, options.rows, lambda done, total: shown.update(task, completed=done, total=total)
    )
    shown.remove_task(task)
    return data


def _peers(options: Options, data: Workload, place: Path, shown: Progress) -> tuple[list[Contender], list[Result]]:
    """The peers that are installed, and those that could not be."""
    ready: list[Contender] = []
    failed: list[Result] = []
    peers: list[Peer] = [peer for name, peer in environments.load().items() if name in options.peers]
    _task(data).write(place / "task.json")
    task = shown.add_task("installing", total=len(peers))
    venvs = options.folder / "venvs"
    for peer in peers:
        shown.update(task, description=f"installing {peer.name}")
        failure = environments.install(peer, venvs, place / f"{peer.name}-installation.log")
        if failure is None:
            ready.append(environments.contender(peer, venvs, place))
        else:
            failed.append(Result(peer.name, True, peer.version, failure=f"not installed: {failure}"))
        shown.advance(task)
    shown.remove_task(task)
    return ready, failed


def _task(data: Workload) -> Task:
    return Task(
        str(data.baseline),
        str(data.logs),
        list(workload.NUMERICAL),
        list(workload.CATEGORICAL),
        list(workload.ATTRIBUTES),
    )


def _warm(data: Workload) -> None:
    """Read all files once, so that no contender waits for the disk on behalf of the others."""
    for path in (data.baseline, *data.files):
        with path.open("rb") as file:
            while file.read(1 << 24):
                pass
