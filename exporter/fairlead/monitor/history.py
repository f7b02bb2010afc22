"""What the runs so far amount to, kept up to date run by run."""

from dataclasses import dataclass, field
from datetime import datetime

from fairlead.core.run import Run

Key = tuple[str, str]
"""(model, family)."""


@dataclass(slots=True)
class History:
    """latest: successful run whose window ends last. succeeded: when the last one finished. analysed: last scheduled
    window end. last_id: newest run seen."""

    latest: dict[Key, Run] = field(default_factory=dict)
    succeeded: dict[Key, datetime] = field(default_factory=dict)
    analysed: dict[Key, datetime] = field(default_factory=dict)
    last_id: int = 0

    def add(self, run: Run) -> None:
        """Take in one more run, in any order of windows."""
        self.last_id = max(self.last_id, run.id)
        if run.failure is not None:
            return
        key = (run.model, run.family)
        best = self.latest.get(key)
        if best is None or (run.window.end, run.id) >= (best.window.end, best.id):
            self.latest[key] = run
        self.succeeded[key] = max(self.succeeded.get(key, run.finished), run.finished)
        if run.trigger == "scheduled":
            self.analysed[key] = max(self.analysed.get(key, run.window.end), run.window.end)
