"""Where each model stands: what its last analyses found, and the order in which people look at them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from fairlead.core.thresholds import Severity


@dataclass(frozen=True, slots=True)
class FamilyStanding:
    """The last successful run of a family; severity is None before the first one.

    until is the end of its window, finished when it was made; overdue says that a later one should have been.
    """

    family: str
    severity: Severity | None
    counts: tuple[int, int, int, int]
    samples: int
    until: datetime | None
    finished: datetime | None
    overdue: bool

    def count(self, severity: Severity) -> int:
        """How many measurements have this severity."""
        return self.counts[severity]


@dataclass(frozen=True, slots=True)
class Standing:
    """A model with its families and the number of its incidents that are not closed."""

    model: str
    version: str
    team: str
    environment: str
    risk: str
    baseline: str | None
    families: tuple[FamilyStanding, ...]
    incidents: int = 0

    @property
    def severity(self) -> Severity | None:
        """The worst of the families."""
        return max((one.severity for one in self.families if one.severity is not None), default=None)

    @property
    def overdue(self) -> bool:
        """Whether any analysis is."""
        return any(one.overdue for one in self.families)

    @property
    def finished(self) -> datetime | None:
        """When the last analysis was made."""
        return max((one.finished for one in self.families if one.finished is not None), default=None)

    def count(self, severity: Severity) -> int:
        """How many measurements of all families have this severity."""
        return sum(one.count(severity) for one in self.families)


RISKS = ("high", "medium", "low")


def worst_first(standings: Iterable[Standing]) -> list[Standing]:
    """By severity, what was never analysed right behind WARNING; then by findings, incidents, risk and name."""
    return sorted(standings, key=_place)


def _place(one: Standing) -> tuple[float, int, int, int, bool, int, str]:
    severity = Severity.WARNING - 0.5 if one.severity is None else float(one.severity)
    risk = RISKS.index(one.risk) if one.risk in RISKS else len(RISKS)
    counts = -one.count(Severity.CRITICAL), -one.count(Severity.WARNING)
    return -severity, *counts, -one.incidents, not one.overdue, risk, one.model
