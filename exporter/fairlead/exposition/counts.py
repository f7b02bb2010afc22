"""Runs and failures per model and family: thousands of counters, so they are rendered when they change only."""

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field

from fairlead.core.run import Run
from fairlead.exposition.catalogue import METRICS
from fairlead.exposition.fragment import label_text

RUNS, FAILURES = METRICS["fairlead_analysis_runs_total"], METRICS["fairlead_analysis_failures_total"]

Subject = tuple[str, str]
"""(model, family)."""


@dataclass(slots=True)
class Counts:
    """What one process counted. Threads may count and read at once."""

    _runs: dict[Subject, int] = field(default_factory=dict)
    _failures: dict[Subject, int] = field(default_factory=dict)
    _texts: dict[str, bytes] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def keep(self, subjects: Iterable[Subject]) -> None:
        """Count these, from 0 on; forget all others."""
        with self._lock:
            wanted = sorted(set(subjects))
            self._runs = {subject: self._runs.get(subject, 0) for subject in wanted}
            self._failures = {subject: self._failures.get(subject, 0) for subject in wanted}
            self._texts = {}

    def add(self, run: Run) -> bool:
        """Count a run if its subject is kept; whether it is."""
        subject = (run.model, run.family)
        with self._lock:
            if subject not in self._runs:
                return False
            self._runs[subject] += 1
            self._failures[subject] += run.failure is not None
            self._texts = {}
            return True

    def text(self) -> bytes:
        """In text format 0.0.4, where a counter is named with its suffix."""
        return self._rendered("")

    def openmetrics(self) -> bytes:
        """In OpenMetrics 1.0, where only its samples have the suffix."""
        return self._rendered("_total")

    def _rendered(self, suffix: str) -> bytes:
        """Both counters, named without the suffix; models whose names look alike are counted together."""
        with self._lock:
            if suffix not in self._texts:
                lines = []
                for metric, counted in ((RUNS, self._runs), (FAILURES, self._failures)):
                    name = metric.name.removesuffix(suffix)
                    lines += [f"# HELP {name} {metric.help}\n", f"# TYPE {name} counter\n"]
                    series: dict[str, float] = {}
                    for (model, family), count in counted.items():
                        labels = label_text((("family", family), ("model", model)))
                        series[labels] = series.get(labels, 0.0) + count
                    lines += [f"{metric.name}{{{labels}}} {count}\n" for labels, count in series.items()]
                self._texts[suffix] = "".join(lines).encode()
            return self._texts[suffix]
