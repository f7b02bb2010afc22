"""What the runs so far amount to, kept up to date run by run."""

from dataclasses import dataclass, field
from datetime import datetime

from fairlead.core.backlog import Backlog
from fairlead.core.plan import Window
from fairlead.core.run import Run

Key = tuple[str, str]
"""(model, family)."""

NOTHING = Backlog()


@dataclass(slots=True)
class History:
    """latest: successful run whose window ends last. succeeded: when the last one finished. backlogs: what scheduled
    runs have analysed and failed to. begun: when the first one of a model finished. last_id: newest run seen."""

    latest: dict[Key, Run] = field(default_factory=dict)
    succeeded: dict[Key, datetime] = field(default_factory=dict)
    backlogs: dict[Key, Backlog] = field(default_factory=dict)
    begun: dict[str, datetime] = field(default_factory=dict)
    last_id: int = 0

    def add(self, run: Run) -> None:
        """Take in one more run, in any order of windows."""
        self.last_id = max(self.last_id, run.id)
        key = (run.model, run.family)
        if run.trigger == "scheduled":
            before = self.backlogs.get(key, NOTHING)
            failed = run.failure is not None
            after = before.with_failure(run.window, run.finished) if failed else before.with_success(run.window)
            self.backlogs[key] = after
            self.begun[run.model] = min(self.begun.get(run.model, run.finished), run.finished)
        if run.failure is not None:
            return
        best = self.latest.get(key)
        if best is None or (run.window.end, run.id) >= (best.window.end, best.id):
            self.latest[key] = run
        self.succeeded[key] = max(self.succeeded.get(key, run.finished), run.finished)

    def know(self, model: str, family: str, window: Window) -> None:
        """A window was analysed on schedule, by a run that is older than all that was taken in."""
        self.backlogs[model, family] = self.backlog(model, family).with_success(window)

    def backlog(self, model: str, family: str) -> Backlog:
        """What is analysed of a family of a model, and what is not."""
        return self.backlogs.get((model, family), NOTHING)

    def forgive(self) -> None:
        """What failed may be tried again at once."""
        self.backlogs = {key: backlog.forgiven() for key, backlog in self.backlogs.items()}
