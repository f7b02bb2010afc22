"""What the HTTP surface asks of incidents."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from fairlead.core.access import Caller
from fairlead.core.alert import Alert
from fairlead.core.incident import Acceptance, Closing, Incident, Opening
from fairlead.core.timeline import Attached, Event, Filter


class Incidents(Protocol):
    """Implemented in app. Moves that are not allowed raise IncidentError, or a kind of it."""

    def now(self) -> datetime:
        """By the clock of this process."""

    def receive(
        self, raw: Iterable[Mapping[str, Any]], alerts: Sequence[Alert], receiver: str, by: Caller, now: datetime
    ) -> int:
        """Keep delivered alerts, and what they make of incidents; how many were new."""

    def page(self, wanted: Filter, limit: int, before: int | None = None) -> list[Incident]:
        """Newest first."""

    def get(self, number: int, caller: Caller) -> tuple[Incident, list[Attached], list[Event]]:
        """An incident with its alerts and its timeline."""

    def open(self, opening: Opening, caller: Caller) -> Incident:
        """One that no alert opens."""

    def acknowledge(self, number: int, caller: Caller, text: str = "") -> Incident:
        """The first wins."""

    def assign(self, number: int, caller: Caller, to: str) -> Incident:
        """Say who looks into it."""

    def comment(self, number: int, caller: Caller, text: str) -> Incident:
        """Add to the timeline."""

    def resolve(self, number: int, caller: Caller, closing: Closing) -> Incident:
        """It is over."""

    def accept_risk(self, number: int, caller: Caller, acceptance: Acceptance) -> Incident:
        """Live with it for a while."""

    def reopen(self, number: int, caller: Caller, reason: str) -> Incident:
        """It was not over."""

    def postmortem(self, number: int, caller: Caller, text: str) -> Incident:
        """What was learnt."""

    def evidence(self, number: int, caller: Caller) -> bytes:
        """All that is known about it, as a zip."""
