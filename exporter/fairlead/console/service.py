"""What the console asks of the running fairlead, beside what the API does."""

from collections.abc import Sequence
from typing import Protocol

from fairlead.api.incident_service import Incidents as ApiIncidents
from fairlead.api.service import Service as ApiService
from fairlead.core.access import Caller
from fairlead.core.histogram import Histogram
from fairlead.core.incident import Incident
from fairlead.core.run import Run
from fairlead.core.standing import Standing


class Sessions(Protocol):
    """Who is logged in."""

    def open(self, credential: str, source: str) -> tuple[str, Caller] | None:
        """The secret of a new session, and whose it is; None for a credential that is not valid."""

    def find(self, secret: str, source: str) -> Caller | None:
        """Whose session it is; nobody's once it has ended."""

    def close(self, secret: str, caller: Caller) -> None:
        """It is over."""


class Standings(Protocol):
    """Where each model stands."""

    def all(self, caller: Caller) -> Sequence[Standing]:
        """Worst first; what the caller may not see is left out."""


class Distributions(Protocol):
    """What features look like."""

    def of(self, run: Run, caller: Caller) -> Sequence[Histogram]:
        """Histograms of what a run has looked at, of those that are kept."""


class Incidents(ApiIncidents, Protocol):
    """The incidents, also by an alert of theirs."""

    def holding(self, fingerprint: str) -> Incident | None:
        """The newest one that has this alert."""

    def subject_of(self, fingerprint: str) -> str:
        """The model that an alert without an incident is about; "" where none is known."""


class Service(ApiService, Protocol):
    """Implemented in app."""

    @property
    def sessions(self) -> Sessions:
        """Who is logged in."""

    @property
    def standings(self) -> Standings:
        """Where each model stands."""

    @property
    def distributions(self) -> Distributions:
        """What features look like."""

    @property
    def incidents(self) -> Incidents:
        """What people and alerts make of incidents."""
