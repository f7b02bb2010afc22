"""Runs one peer's script with the peer's own Python: python -I peer.py SCRIPT TASK REPORT.

A script has prepare(task), which makes what the peer can keep from one analysis to the next and is not timed, and
analyse(prepared, task), which is timed and tells how many finite values it computed of each kind. Only the standard
library is imported here.
"""

import importlib.util
import json
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Task:
    """Paths of the reference file and of the folder with the current window, and what is in their columns."""

    baseline: str
    logs: str
    numerical: list[str]
    categorical: list[str]
    attributes: list[str]

    def write(self, path: Path) -> None:
        """For the peer's process."""
        path.write_text(json.dumps(asdict(self)), encoding="utf-8")

    @property
    def features(self) -> list[str]:
        """All columns whose drift is measured."""
        return [*self.numerical, *self.categorical]


def main(script: str, task_file: str, report: str) -> None:
    """Prepare, analyse, and write down how long the analysis took."""
    task = Task(**json.loads(Path(task_file).read_text(encoding="utf-8")))
    specification = importlib.util.spec_from_file_location(f"peer_{Path(script).stem}", script)
    if specification is None or specification.loader is None:
        raise ImportError(f"{script}: must be a Python file")
    peer = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(peer)
    prepared = peer.prepare(task)
    start = time.perf_counter()
    computed = peer.analyse(prepared, task)
    told = {"analysis": time.perf_counter() - start, "computed": computed}
    Path(report).write_text(json.dumps(told), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
