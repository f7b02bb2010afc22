"""Agents, tasks and feeds that report regularly, and what becomes overdue when they do not."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from fairlead.config.checkins import Checkin
from fairlead.core.access import Caller
from fairlead.core.audit import entry_of
from fairlead.core.fact import Fact
from fairlead.monitor.check import Clock
from fairlead.store.audit import Audit
from fairlead.store.checkins import Checkins as Kept
from fairlead.store.checkins import Reported
from fairlead.store.database import Database


class Checkins:
    """The configured check-ins with what they reported."""

    def __init__(self, database: Database, clock: Clock, publish: Callable[[], None]) -> None:
        self._database, self._clock, self._publish = database, clock, publish
        self._kept, self._audit = Kept(database), Audit(database)
        self._configured: dict[str, Checkin] = {}

    def configure(self, configured: Sequence[Checkin]) -> None:
        """Wait for these; those that are new must report within an interval from now."""
        self._kept.expect([one.name for one in configured], self._clock())
        self._configured = {one.name: one for one in configured}

    def report(self, name: str, status: str, message: str, caller: Caller) -> dict[str, Any] | None:
        """Keep a report; None for a name that is not configured."""
        if name not in self._configured:
            return None
        now = self._clock()
        with self._database.writing():
            self._kept.report(name, status, message, caller.name, now)
            self._audit.add(entry_of(caller, "checkin.report", f"checkin {name}", now, status=status, message=message))
            return self.one(name)

    def published(self) -> None:
        """Expose what was reported, once it is committed."""
        self._publish()

    def one(self, name: str) -> dict[str, Any] | None:
        """One check-in; None for a name that is not configured."""
        return next((one for one in self.all() if one["name"] == name), None)

    def all(self) -> list[dict[str, Any]]:
        """All configured check-ins."""
        kept, now = self._kept.all(), self._clock()
        return [_view(one, kept.get(one.name, Reported(one.name, now)), now) for one in self._configured.values()]

    def facts(self) -> list[Fact]:
        """Gauges: a check-in that never reported counts from when fairlead began to wait for it."""
        if not self._configured:
            return []
        kept, now = self._kept.all(), self._clock()
        facts = []
        for one in self._configured.values():
            reported = kept.get(one.name, Reported(one.name, now))
            labels = (("checkin", one.name), ("team", one.team), ("kind", one.kind))
            last = (reported.ok_at or reported.since).timestamp()
            facts.append(Fact("fairlead_checkin_last_timestamp_seconds", labels, last))
            facts.append(Fact("fairlead_checkin_interval_seconds", labels, one.interval.total_seconds()))
        return facts


def _view(one: Checkin, reported: Reported, now: datetime) -> dict[str, Any]:
    due = (reported.ok_at or reported.since) + one.interval
    return {
        "name": one.name,
        "team": one.team,
        "kind": one.kind,
        "interval_seconds": one.interval.total_seconds(),
        "waiting_since": reported.since,
        "last_ok": reported.ok_at,
        "last_failed": reported.failed_at,
        "due": due,
        "overdue": due < now,
        "status": reported.status,
        "message": reported.message,
        "reported_by": reported.reported_by,
    }
