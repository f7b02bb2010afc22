"""Where each model stands."""

import threading
from collections import Counter
from collections.abc import Callable
from datetime import datetime

from fairlead.core.access import Caller, Permission
from fairlead.core.run import Run
from fairlead.core.snapshot import ModelState, Snapshot
from fairlead.core.standing import FamilyStanding, Standing, worst_first
from fairlead.core.thresholds import Severity, Thresholds
from fairlead.monitor.check import Clock
from fairlead.store.database import Database
from fairlead.store.incidents import Incidents

PROTECTED = "fairness"
Counts = tuple[int, int, int, int]


class Standings:
    """Judges what is exposed; a run never changes, so each is judged once for the thresholds of the day."""

    def __init__(
        self,
        database: Database,
        snapshot: Callable[[], Snapshot | None],
        thresholds: Callable[[], Thresholds],
        clock: Clock,
    ) -> None:
        self._incidents, self._snapshot, self._clock = Incidents(database), snapshot, clock
        self._thresholds = thresholds
        self._judged: tuple[Thresholds, dict[int, Counts]] = (thresholds(), {})
        self._judging = threading.Lock()

    def all(self, caller: Caller) -> list[Standing]:
        """Worst first; what the caller may not see is left out."""
        snapshot, now = self._snapshot(), self._clock()
        models = snapshot.models if snapshot else ()
        counts = self._counts([run for model in models for run in model.runs.values()])
        reads = caller.may(Permission.INCIDENTS_READ)
        open_ones = Counter(one.model for one in self._incidents.exposed() if not one.closed) if reads else Counter()
        return worst_first(_standing(model, counts, open_ones[model.name], caller, now) for model in models)

    def _counts(self, runs: list[Run]) -> dict[int, Counts]:
        """Measurements of each run by severity."""
        thresholds = self._thresholds()
        with self._judging:
            known = self._judged[1] if self._judged[0] is thresholds else {}
            counts = {run.id: known.get(run.id) or _count(thresholds, run) for run in runs}
            self._judged = thresholds, counts
        return counts


def _count(thresholds: Thresholds, run: Run) -> Counts:
    found = Counter(thresholds.judge(run.model, m) for m in run.measurements)
    return found[Severity.INFO], found[Severity.INCONCLUSIVE], found[Severity.WARNING], found[Severity.CRITICAL]


def _standing(model: ModelState, counts: dict[int, Counts], incidents: int, caller: Caller, now: datetime) -> Standing:
    hidden = () if caller.may(Permission.FAIRNESS) else (PROTECTED,)
    families = tuple(_family(model, one, counts, caller, now) for one in model.next_due if one not in hidden)
    baseline = model.baseline.version if model.baseline else None
    return Standing(model.name, model.version, model.team, model.environment, model.risk, baseline, families, incidents)


def _family(model: ModelState, family: str, counts: dict[int, Counts], caller: Caller, now: datetime) -> FamilyStanding:
    run = model.runs.get(family)
    overdue = caller.may(Permission.HEALTH) and model.next_due[family] <= now
    if run is None:
        return FamilyStanding(family, None, (0, 0, 0, 0), 0, None, None, overdue)
    found = counts[run.id]
    severity = max((one for one in Severity if found[one]), default=Severity.INFO)
    return FamilyStanding(family, severity, found, run.samples, run.window.end, run.finished, overdue)
