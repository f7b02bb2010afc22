"""The audit log of the running fairlead."""

from datetime import UTC

from fairlead.core.access import Caller
from fairlead.core.audit import Link, Wanted, entry_of
from fairlead.core.fact import Fact
from fairlead.monitor.check import Clock
from fairlead.store.audit import Audit

PREFIX = 16
"""Hexadecimal digits of the exported hash: 64 bits, which nobody hits by trying."""


class AuditLog:
    """Writes down who read what, shows pages, and exports the head of the chain."""

    def __init__(self, audit: Audit, clock: Clock) -> None:
        self._audit, self._clock = audit, clock

    def note(self, caller: Caller, action: str, subject: str, /, **detail: object) -> None:
        """Append what a caller did just now."""
        self._audit.add(entry_of(caller, action, subject, self._clock(), **detail))

    def page(self, wanted: Wanted, limit: int, below: int | None) -> list[Link]:
        """So many entries, newest first, with a smaller number than `below`."""
        return self._audit.page(wanted, limit, below)

    def facts(self) -> tuple[Fact, ...]:
        """How many entries there ever were, and the head as it was at midnight: one series a day, not one per entry."""
        now = self._clock().astimezone(UTC)
        midnight = self._audit.head(now.replace(hour=0, minute=0, second=0, microsecond=0))
        facts = [Fact("fairlead_audit_entries", (), float(self._audit.head().number))]
        if midnight.number:
            labels = (("number", str(midnight.number)), ("hash", midnight.hash[:PREFIX]))
            facts.append(Fact("fairlead_audit_head_info", labels, 1.0))
        return tuple(facts)
