"""What the scheduler keeps, and the leases under which it may."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from fairlead.core.backlog import Backlog, calendar
from fairlead.core.plan import Window
from fairlead.core.run import Run
from fairlead.core.schedule import Cadence
from fairlead.monitor.check import Clock
from fairlead.monitor.history import History
from fairlead.store.database import Database
from fairlead.store.leases import Leases
from fairlead.store.reviewed import Reviewed
from fairlead.store.runs import Runs

Refresh = Callable[[str, Window], None]
"""Of (model, window)."""


class Scheduled:
    """Implements the stores of the monitor's loop and reviews."""

    def __init__(self, database: Database, leases: Leases, clock: Clock, refresh: Refresh) -> None:
        self.leases, self.refresh = leases, refresh
        self._database, self._clock = database, clock
        self._runs, self._reviews = Runs(database), Reviewed(database)

    def record(self, lease: str, finished: Sequence[Run]) -> bool:
        """Keep these runs and end the lease, in one transaction; False, and nothing is kept, when it was lost."""
        with self.leases.ending(lease) as held:
            if held:
                self._runs.record(finished)
        return held

    def reviewed(self) -> Mapping[str, datetime]:
        """The newest due time whose review is made, by model."""
        return self._reviews.last()

    def keep_review(self, lease: str, model: str, due: datetime, keep: Callable[[], None]) -> bool:
        """Keep a review and end the lease, in one transaction; False, and nothing is kept, when it was lost."""
        with self.leases.ending(lease) as held:
            if held:
                keep()
                self._reviews.record(model, due, self._clock())
        return held


def remembered(runs: Runs, now: datetime) -> History:
    """The history that the store holds; what failed may be tried again at once."""
    last_id = runs.last_id()
    latest = {(run.model, run.family): run for run in runs.latest()}
    backlogs = {key: Backlog(first) for key, first in runs.first_windows().items()}
    ends = {end for cadence in Cadence for end in calendar(cadence, now).ends}
    for tried in sorted(runs.tried(ends), key=lambda one: not one.succeeded):
        backlog = backlogs.get((tried.model, tried.family), Backlog())
        window = tried.window
        after = backlog.with_success(window) if tried.succeeded else backlog.with_failure(window, tried.at)
        backlogs[tried.model, tried.family] = after.forgiven()
    return History(latest, runs.last_successes(), backlogs, runs.begun(), last_id)
