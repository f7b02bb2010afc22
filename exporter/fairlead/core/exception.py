"""An accepted risk as a state machine: requested → approved, until it expires or is revoked; or refused.

Every move is a function from an exemption to an exemption; one that is not allowed raises RefusedError with the reason.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from fairlead.core.access import Caller
from fairlead.core.incident import ACCEPTED_AT_MOST, ForbiddenError, RefusedError, acceptors
from fairlead.core.thresholds import COMPARISONS


class Standing(StrEnum):
    """Where a request stands. Nobody has to be awake for one to expire: time alone does it."""

    REQUESTED = "requested"
    APPROVED = "approved"
    REFUSED = "refused"
    REVOKED = "revoked"
    EXPIRED = "expired"


QUALITY = frozenset(
    {
        "feature_type_mismatch_ratio",
        "feature_range_violation_ratio",
        "feature_required_missing",
        "feature_correlation_change",
        "new_high_correlations",
    }
)
FAMILIES = {
    "feature": "data",
    "fairness": "fairness",
    "prediction": "model",
    "performance": "model",
    "attribution": "explanation",
    "drift": "model",
}
"""By the first word of a metric, unless it is one of data quality."""
SUBJECTS = {
    "feature": frozenset(
        {metric for metric in COMPARISONS if metric.startswith("feature_")} | {"attribution_kl_divergence"}
    ),
    "attribute": frozenset(metric for metric in COMPARISONS if metric.startswith("fairness_")),
}
"""By label: the metrics that an exemption can be narrowed by it."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What alerts about one metric of one model say, and of one feature or attribute if it is named."""

    model: str
    metric: str
    feature: str = ""
    attribute: str = ""

    @property
    def labels(self) -> dict[str, str]:
        """The labels that an alert must have."""
        found = {"model": self.model, "metric": self.metric, "feature": self.feature, "attribute": self.attribute}
        return {name: value for name, value in found.items() if value}

    @property
    def family(self) -> str:
        """The family of the metric."""
        return "quality" if self.metric in QUALITY else FAMILIES[self.metric.partition("_")[0]]

    def covers(self, labels: Mapping[str, str]) -> bool:
        """Whether an alert with these labels is about it."""
        return all(labels.get(name) == value for name, value in self.labels.items())

    def __str__(self) -> str:
        """In a few words."""
        apart = " ".join(f"{name} {value}" for name, value in self.labels.items() if name not in ("model", "metric"))
        return f"{self.metric} of model {self.model}" + (f", {apart}" if apart else "")


@dataclass(frozen=True, slots=True)
class Exemption:
    """An exception, as people call it. incident is the one whose risk was accepted, if it began with one."""

    subject: Subject
    rationale: str
    requested_by: str
    requested_at: datetime
    until: datetime
    status: Standing = Standing.REQUESTED
    decided_by: str | None = None
    decided_at: datetime | None = None
    decision: str | None = None
    revoked_by: str | None = None
    revoked_at: datetime | None = None
    revoked_because: str | None = None
    incident: int | None = None
    id: int = 0

    @property
    def name(self) -> str:
        """EXC-7: what people call it."""
        return f"EXC-{self.id}"

    @property
    def ends_at(self) -> datetime:
        """When it ends or ended."""
        return min(self.until, self.revoked_at or self.until)

    @property
    def approved(self) -> bool:
        """Whether it was approved once, whatever became of it."""
        return self.decided_at is not None and self.status is not Standing.REFUSED

    def standing(self, now: datetime) -> Standing:
        """Where it stands now."""
        if self.status in (Standing.REQUESTED, Standing.APPROVED) and now >= self.until:
            return Standing.EXPIRED
        return self.status

    def is_active(self, now: datetime) -> bool:
        """Whether its alerts are to be silent now."""
        return self.standing(now) is Standing.APPROVED


@dataclass(frozen=True, slots=True)
class Filter:
    """Which ones a list has; None, and no status, is any."""

    status: tuple[Standing, ...] = ()
    model: str | None = None
    metric: str | None = None


def requested(subject: Subject, rationale: str, by: str, until: datetime, now: datetime) -> Exemption:
    """Somebody asks to live with what a metric says, for at most 30 days."""
    if subject.metric not in COMPARISONS:
        raise RefusedError(f"metric: must be a metric with thresholds, got {subject.metric!r}")
    for label, metrics in SUBJECTS.items():
        if getattr(subject, label) and subject.metric not in metrics:
            raise RefusedError(f"{label}: must be left out, for {subject.metric} has none, got one")
    if not rationale.strip():
        raise RefusedError("rationale: must be given to accept a risk, got nothing")
    if not now < until <= now + ACCEPTED_AT_MOST:
        raise RefusedError(f"until: must be within the next {ACCEPTED_AT_MOST.days} days, got {until.isoformat()}")
    return Exemption(subject, rationale, by, now, until)


def approved(exemption: Exemption, by: Caller, now: datetime, note: str = "") -> Exemption:
    """Another person of the right role agrees: a compliance officer for fairness."""
    _decides(exemption, by, now)
    return replace(exemption, status=Standing.APPROVED, decided_by=by.name, decided_at=now, decision=note or None)


def refused(exemption: Exemption, by: Caller, now: datetime, reason: str) -> Exemption:
    """The same person says no, and why."""
    _decides(exemption, by, now)
    if not reason.strip():
        raise RefusedError("reason: must be given, got nothing")
    return replace(exemption, status=Standing.REFUSED, decided_by=by.name, decided_at=now, decision=reason)


def revoked(exemption: Exemption, by: str, now: datetime, reason: str) -> Exemption:
    """It ends before its time, or was not decided about yet. Anybody who may ask for one may end one."""
    _need(exemption, now, Standing.REQUESTED, Standing.APPROVED)
    if not reason.strip():
        raise RefusedError("reason: must be given, got nothing")
    return replace(exemption, status=Standing.REVOKED, revoked_by=by, revoked_at=now, revoked_because=reason)


def _decides(exemption: Exemption, by: Caller, now: datetime) -> None:
    _need(exemption, now, Standing.REQUESTED)
    roles, family = acceptors(exemption.subject.family), exemption.subject.family
    if by.role not in roles:
        raise ForbiddenError(f"role: must be {' or '.join(roles)} to decide about a {family} risk, got {by.role}")
    if exemption.requested_by.strip().casefold() == by.name.strip().casefold():
        raise RefusedError(f"decision: must be made by another person than the one who asks, got {by.name}")


def _need(exemption: Exemption, now: datetime, *allowed: Standing) -> None:
    standing = exemption.standing(now)
    if standing not in allowed:
        raise RefusedError(f"status: must be {' or '.join(allowed)}, got {standing}")
