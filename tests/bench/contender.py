"""Who is measured and what one measurement finds."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median


@dataclass(frozen=True, slots=True)
class Trial:
    """One run: seconds of the analysis alone (None: not told apart), of the whole process, of CPU; peak MiB."""

    analysis: float | None
    wall: float
    cpu: float
    peak: float


@dataclass(frozen=True, slots=True)
class Contender:
    """A command that does the work once; ``prepare`` runs before each trial and is not measured.

    The command may write its own report to ``report``: how long the analysis alone took, and what it computed. A
    peer's failure is told and the benchmark goes on; a failure of anything else ends it.
    """

    name: str
    command: Sequence[str]
    report: Path | None = None
    peer: bool = False
    version: str = ""
    accepted: frozenset[int] = frozenset({0})
    prepare: Callable[[], object] = lambda: None


@dataclass(slots=True)
class Result:
    """All trials of a contender, or why there are none."""

    name: str
    peer: bool = False
    version: str = ""
    trials: list[Trial] = field(default_factory=list)
    computed: Mapping[str, int] = field(default_factory=dict)
    failure: str | None = None

    @property
    def counts(self) -> bool:
        """Whether it has figures to compare with; one failed run makes the others worthless."""
        return self.failure is None and bool(self.trials)

    def middle(self, figure: str) -> float | None:
        """Median of a figure of the trials; None where it was not measured or the contender failed."""
        found = [getattr(trial, figure) for trial in self.trials] if self.counts else []
        return float(median(found)) if found and None not in found else None


def ratio(above: float | None, below: float | None) -> float | None:
    """above ÷ below; None without both."""
    return None if above is None or not below else above / below


def write_report(path: Path, analysis: float, computed: Mapping[str, int]) -> None:
    """What a contender tells of its run, from inside its own process."""
    path.write_text(json.dumps({"analysis": analysis, "computed": dict(computed)}), encoding="utf-8")
