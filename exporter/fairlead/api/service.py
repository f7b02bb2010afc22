"""What the HTTP surface asks of the running fairlead."""

from collections.abc import Iterable, Iterator, Mapping
from ipaddress import IPv4Address, IPv6Address
from typing import Any, Protocol

from fairlead.core.access import Caller
from fairlead.core.audit import Link, Wanted
from fairlead.core.snapshot import Snapshot


class AuditLog(Protocol):
    """Who did what."""

    def note(self, caller: Caller, action: str, subject: str, /, **detail: object) -> None:
        """Append what a caller did just now."""

    def page(self, wanted: Wanted, limit: int, below: int | None) -> list[Link]:
        """So many entries, newest first, with a smaller number than `below`."""


class Access(Protocol):
    """Who calls."""

    def authenticate(self, authorization: str, source: str) -> Caller | None:
        """The caller that an Authorization header proves to be, or None; RoleError for one without a role."""

    def trusts(self, address: IPv4Address | IPv6Address) -> bool:
        """Whether a proxy at this address says where its requests come from."""


class Service(Protocol):
    """Implemented in app; one attribute per subject."""

    @property
    def access(self) -> Access:
        """Who calls."""

    @property
    def audit(self) -> AuditLog:
        """Who did what."""

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
