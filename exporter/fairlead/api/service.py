"""What the HTTP surface asks of the running fairlead."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Protocol

from fairlead.core.snapshot import Snapshot


class Service(Protocol):
    """Implemented in app."""

    def exposition(self, accept: str, compressed: bool) -> tuple[Iterator[bytes], int, str] | None:
        """The metrics page in pieces, their length in all and its media type, or None before the first snapshot."""

    def snapshot(self) -> Snapshot | None:
        """What is exposed now."""

    def reload(self) -> str | None:
        """Read the configuration again; the reason why the old one was kept, if it was."""

    def runbook(self, alert: str) -> str | None:
        """The runbook of an alert, in Markdown."""

    def receive_alerts(self, alerts: Iterable[Mapping[str, Any]], receiver: str) -> int:
        """Keep delivered alerts; how many were new."""
