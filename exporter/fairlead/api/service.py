"""What the HTTP surface asks of the running fairlead."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING, Any, Protocol

from fairlead.api.incident_service import Incidents
from fairlead.api.pushing import Predictions
from fairlead.core.access import Caller
from fairlead.core.answer import Answer
from fairlead.core.audit import Link, Wanted
from fairlead.core.difference import Report
from fairlead.core.lifecycle import State, Trigger
from fairlead.core.request import Request as AnalysisRequest
from fairlead.core.run import Run
from fairlead.core.snapshot import Snapshot

if TYPE_CHECKING:  # their modules need this one
    from fairlead.api.checkins import Checkins
    from fairlead.api.containment import Containment
    from fairlead.api.exceptions import Exceptions
    from fairlead.api.health import Health
    from fairlead.api.maintenance import Maintenance
    from fairlead.api.oncall import Oncall
    from fairlead.api.records import Records
    from fairlead.api.reports import Reports
    from fairlead.api.slack import Slack


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


class Answers(Protocol):
    """What was answered to requests that may be repeated, and the transactions that keep it."""

    def turn(self, caller: str, key: str) -> AbstractContextManager[bool]:
        """Alone among the requests of this process with this key; False when another one takes too long."""

    def together(self) -> AbstractContextManager[None]:
        """What is written inside is kept whole or not at all."""

    def find(self, caller: str, key: str) -> Answer | None:
        """What the caller was answered under this key."""

    def keep(self, caller: str, key: str, answer: Answer) -> None:
        """Keep an answer, inside `together`."""


class Analyses(Protocol):
    """Requests of analyses."""

    def families(self) -> Mapping[str, Sequence[str]]:
        """The models that may be asked for, with the families that each has."""

    def now(self) -> datetime:
        """The time."""

    def request(
        self, caller: Caller, models: Sequence[str], families: Sequence[str], as_of: datetime | None
    ) -> int | None:
        """Id of a request that waits from now on, or of an equal one that does; None when too many wait."""

    def wake(self) -> None:
        """Serve at once what was kept just now."""

    def get(self, number: int) -> tuple[AnalysisRequest, list[Run]] | None:
        """A request and its runs so far."""


class Baselines(Protocol):
    """Acts on baselines for callers."""

    def page(
        self, model: str | None, state: State | None, trigger: Trigger | None, before: int | None, most: int
    ) -> Sequence[Any]:
        """The newest baselines of those asked for, recorded before this id."""

    def facts(self, model: str, version: str) -> Any:
        """All of a baseline but its content."""

    def content(self, caller: Caller, model: str, version: str) -> str:
        """What a baseline holds, as JSON; audited."""

    def difference(self, caller: Caller, model: str, before: str, after: str) -> Report:
        """What differs between two versions; audited."""

    def prepare(self, caller: Caller, name: str, days: int | None, trigger: Trigger, reason: str) -> Any:
        """Count a new baseline of so many last days, or of the validation set."""

    def create(self, caller: Caller, new: Any) -> Any:
        """Keep a new baseline."""

    def prepare_reset(self, caller: Caller, name: str, trigger: Trigger, reason: str) -> Any:
        """Count the last days for a reset."""

    def reset(self, caller: Caller, new: Any) -> tuple[Any, str | None]:
        """A baseline from the last days, and the incident that documents why."""

    def approve(self, caller: Caller, name: str, version: str) -> Any:
        """Approve a draft."""

    def prepare_activation(self, name: str, version: str) -> Any:
        """How far a version is from the active one."""

    def activate(self, caller: Caller, name: str, version: str, apart: Any) -> Any:
        """Compare with an approved one from now on."""

    def archive(self, caller: Caller, name: str, version: str) -> Any:
        """Put one away that is not to become the active one."""


class Service(Protocol):
    """Implemented in app; one attribute per subject."""

    @property
    def access(self) -> Access:
        """Who calls."""

    @property
    def audit(self) -> AuditLog:
        """Who did what."""

    @property
    def answers(self) -> Answers:
        """What was answered to requests with an idempotency key."""

    @property
    def records(self) -> "Records":
        """What analyses found."""

    @property
    def checkins(self) -> "Checkins":
        """Agents, tasks and feeds that report."""

    @property
    def reports(self) -> "Reports":
        """Reports for people who do not look at dashboards."""

    @property
    def health(self) -> "Health":
        """How monitoring itself does, and what is monitored."""

    @property
    def analyses(self) -> Analyses:
        """Requests of analyses."""

    @property
    def baselines(self) -> Baselines:
        """The baselines."""

    @property
    def incidents(self) -> Incidents:
        """What people and alerts make of incidents."""

    @property
    def exceptions(self) -> "Exceptions":
        """Accepted risks."""

    @property
    def maintenance(self) -> "Maintenance":
        """Maintenance windows."""

    @property
    def containment(self) -> "Containment":
        """What holds models."""

    @property
    def slack(self) -> "Slack":
        """Messages for Slack."""

    @property
    def oncall(self) -> "Oncall":
        """Who is on call."""

    @property
    def predictions(self) -> Predictions:
        """The prediction log."""

    def exposition(self, accept: str, compressed: bool) -> tuple[Iterator[bytes], int, str] | None:
        """The metrics page in pieces, their length in all and its media type, or None before the first snapshot."""

    def snapshot(self) -> Snapshot | None:
        """What is exposed now."""

    def reload(self) -> str | None:
        """Read the configuration again; the reason why the old one was kept, if it was."""

    def runbook(self, alert: str) -> str | None:
        """The runbook of an alert, in Markdown."""
