"""Maintenance windows: who plans and ends them, and what is exposed of them."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime

from fairlead.app.exceptions import as_label, moment
from fairlead.core import maintenance as moves
from fairlead.core.access import Caller
from fairlead.core.audit import entry_of
from fairlead.core.fact import Fact
from fairlead.core.incident import RefusedError
from fairlead.core.maintenance import Maintenance as Window
from fairlead.core.maintenance import Phase
from fairlead.errors import MaintenanceError, UnknownMaintenanceError
from fairlead.monitor.check import Clock
from fairlead.store.audit import Audit
from fairlead.store.database import Database
from fairlead.store.maintenance import Windows


class Maintenance:
    """The windows; changed is called once a change is committed."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        models: Callable[[], Collection[str]],
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        self._database, self._clock, self._models, self._changed = database, clock, models, changed
        self._windows, self._audit = Windows(database), Audit(database)

    def now(self) -> datetime:
        """By the clock of this process."""
        return self._clock()

    def page(self, limit: int, before: int | None = None, *, over: bool = True) -> list[Window]:
        """Newest first; without those that are over if they are not wanted."""
        return self._windows.page(self._clock(), limit, before, over=over)

    def add(
        self, caller: Caller, models: Sequence[str], starts_at: datetime | None, ends_at: datetime, reason: str
    ) -> Window:
        """Plan a window; without a start it begins now."""
        now, wanted = self._clock(), [as_label(model) for model in models]
        known = {as_label(model) for model in self._models()}
        for model in wanted:
            if model not in known:
                raise MaintenanceError(f"models: must be configured models, got {model!r}")
        try:
            planned = moves.planned(wanted, starts_at or now, ends_at, reason, by=caller.name, now=now)
        except RefusedError as error:
            raise MaintenanceError(str(error)) from None
        with self._database.writing():
            made = self._windows.add(planned)
            when = {"starts_at": moment(made.starts_at), "ends_at": moment(made.ends_at)}
            detail = {"models": list(made.models), "text": reason, **when}
            self._audit.add(entry_of(caller, "maintenance.plan", f"maintenance {made.name}", now, **detail))
        return made

    def end(self, number: int, caller: Caller) -> Window:
        """It is over, or does not take place."""
        now = self._clock()
        with self._database.writing():
            try:
                after = moves.ended(self._windows.get(number), caller.name, now)
            except LookupError:
                raise UnknownMaintenanceError(f"window: must be a known one, got MNT-{number}") from None
            except RefusedError as error:
                raise MaintenanceError(f"MNT-{number}: {error}") from None
            self._windows.save(after)
            self._audit.add(entry_of(caller, "maintenance.end", f"maintenance {after.name}", now))
        return after

    def published(self) -> None:
        """Expose and carry out what was changed, once it is committed."""
        self._changed()

    def facts(self) -> list[Fact]:
        """Gauges of those that keep WARNINGs silent now."""
        now = self._clock()
        return [
            Fact(
                "fairlead_maintenance_ends_timestamp_seconds",
                (("maintenance", window.name), ("model", model)),
                window.ends_at.timestamp(),
            )
            for window in self._windows.coming(now)
            if window.phase(now) is Phase.ACTIVE
            for model in window.models
        ]
