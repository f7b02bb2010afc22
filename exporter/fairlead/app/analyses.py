"""Requests of analyses on demand: asked for through the API, served by whichever process takes them up."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from fairlead.core.access import Caller
from fairlead.core.audit import entry_of
from fairlead.core.request import Request
from fairlead.core.run import Run
from fairlead.monitor.check import Clock, Subject
from fairlead.monitor.snapshot import families_of
from fairlead.store.audit import Audit
from fairlead.store.database import Database
from fairlead.store.leases import Leases
from fairlead.store.requests import UNFINISHED, Requests
from fairlead.store.runs import Runs

QUEUE = 100
"""Requests that may wait."""


class Analyses:
    """Implements the API's analyses and the queue that the monitor serves."""

    def __init__(self, database: Database, leases: Leases, clock: Clock) -> None:
        self.leases = leases
        self._database, self._clock = database, clock
        self.notify: Callable[[], None] = lambda: None
        self._requests, self._runs, self._audit = Requests(database), Runs(database), Audit(database)
        self._families: dict[str, tuple[str, ...]] = {}

    def replace(self, subjects: Iterable[Subject]) -> None:
        """Accept requests for these models."""
        self._families = {subject.name: families_of(subject) for subject in subjects}

    def families(self) -> dict[str, tuple[str, ...]]:
        """The models that may be asked for, with the families that each has."""
        return self._families

    def now(self) -> datetime:
        """The time."""
        return self._clock()

    def request(
        self, caller: Caller, models: Sequence[str], families: Sequence[str], as_of: datetime | None
    ) -> int | None:
        """Id of a request that waits from now on, or of an equal one that does; None when too many wait."""
        now = self._clock()
        with self._database.writing():
            added = self._requests.add(models, families, as_of, requested_by=caller.name, now=now, most=QUEUE)
            if added is None:
                return None
            number, new = added
            facts = {"models": list(models), "families": list(families), "as_of": as_of or now, "new": new}
            self._audit.add(entry_of(caller, "analysis.request", f"analysis {number}", now, **facts))
        return number

    def wake(self) -> None:
        """Serve at once what was kept just now."""
        self.notify()

    def get(self, number: int) -> tuple[Request, list[Run]] | None:
        """A request and its runs so far."""
        request = self._requests.get(number)
        return None if request is None else (request, self._runs.numbered(request.runs))

    def unfinished(self) -> list[Request]:
        """Those that wait or run, oldest first."""
        return self._requests.unfinished()

    def start(self, lease: str, number: int) -> Request | None:
        """One try more of a request; None when it is finished, or the lease lost."""
        with self.leases.keeping(lease) as held:
            request = self._requests.get(number) if held else None
            if request is None or request.status not in UNFINISHED:
                return None
            self._requests.start(number, self._clock())
            return self._requests.get(number)

    def keep(self, lease: str, request: Request, model: str, runs: Sequence[Run]) -> Request | None:
        """The request with the runs of one model kept; None, and nothing is kept, when the lease was lost."""
        with self.leases.keeping(lease) as held:
            return self._requests.keep(request, model, self._runs.record(runs)) if held else None

    def finish(self, lease: str, request: Request, failure: str | None) -> None:
        """It is done, or failed for a reason; one whose every run failed has failed, too. The lease ends."""
        runs = self._runs.numbered(request.runs)
        if failure is None and not any(run.failure is None for run in runs):
            failure = next((run.failure for run in runs), "model: must be configured when the request is served")
        with self.leases.ending(lease) as held:
            if held:
                self._requests.finish(request.id, self._clock(), failure)

    def put_back(self, lease: str, request: Request) -> None:
        """It waits again, as this process ends; that was no try. The lease ends."""
        with self.leases.ending(lease) as held:
            if held:
                self._requests.put_back(request.id)
