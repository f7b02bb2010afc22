"""An incident as a state machine: open → acknowledged → resolved or accepted_risk, and back when it was not over.

Every move is a function from an incident to an incident; one that is not allowed raises RefusedError with the reason.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from fairlead.core.access import Caller, Role
from fairlead.core.alert import CRITICAL

POSTMORTEM_WITHIN = timedelta(days=7)
ACCEPTED_AT_MOST = timedelta(days=30)
SETTLED = timedelta(minutes=20)
"""After an analysis: scrape, evaluation, ten minutes of keep_firing_for and Alertmanager's groups have passed."""
PATIENCE = timedelta(days=1)
"""How long an alert that no analysis changes may go on after its incident was resolved."""
SEVERITIES = ("info", "warning", CRITICAL)
BY_HAND = ("warning", CRITICAL)
"""What people may open: a WARNING opens none by itself."""


class Status(StrEnum):
    """Where an incident stands."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"
    ACCEPTED_RISK = "accepted_risk"


CLOSED = frozenset({Status.RESOLVED, Status.ACCEPTED_RISK})


class RootCause(StrEnum):
    """Why it happened."""

    DATA_QUALITY = "data_quality"
    CONCEPT_DRIFT = "concept_drift"
    MODEL_ISSUE = "model_issue"
    PIPELINE_ERROR = "pipeline_error"
    OTHER = "other"


class Category(StrEnum):
    """How it was resolved."""

    RETRAINED = "retrained"
    DATA_FIXED = "data_fixed"
    BASELINE_UPDATED = "baseline_updated"
    ACCEPTED_RISK = "accepted_risk"
    FALSE_POSITIVE = "false_positive"
    ROLLED_BACK = "rolled_back"


class RefusedError(ValueError):
    """A move that an incident does not allow, and why."""


class ForbiddenError(RefusedError):
    """A move that this role may not make, and who may."""


@dataclass(frozen=True, slots=True)
class Incident:
    """opened_at is when the first of its alerts began; reopened_at is when it was last reopened, or became worse.

    recovered_at, while it is not closed, is when the last of its alerts ended: a hint, never the end of the incident.
    previous is the incident that the same model and family had before.
    """

    model: str
    family: str
    severity: str
    title: str
    opened_at: datetime
    status: Status = Status.OPEN
    reopened_at: datetime | None = None
    recovered_at: datetime | None = None
    acknowledged_at: datetime | None = None
    acknowledged_by: str | None = None
    assigned_to: str | None = None
    resolved_at: datetime | None = None
    resolved_by: str | None = None
    resolution: str | None = None
    root_cause: RootCause | None = None
    category: Category | None = None
    requested_by: str | None = None
    accepted_until: datetime | None = None
    postmortem_due: datetime | None = None
    postmortem_at: datetime | None = None
    postmortem_by: str | None = None
    previous: int | None = None
    id: int = 0

    @property
    def closed(self) -> bool:
        """Whether it is over."""
        return self.status in CLOSED

    @property
    def clock(self) -> datetime:
        """Since when it waits for an answer."""
        return self.reopened_at or self.opened_at

    @property
    def until(self) -> datetime | None:
        """Once it is closed: until when what its alerts do was its own."""
        return self.accepted_until or self.resolved_at

    @property
    def name(self) -> str:
        """INC-7: what people call it."""
        return f"INC-{self.id}"


@dataclass(frozen=True, slots=True)
class Closing:
    """What was done, why it happened and how it was resolved."""

    resolution: str | None = None
    root_cause: RootCause | None = None
    category: Category | None = None


@dataclass(frozen=True, slots=True)
class Opening:
    """What somebody opens an incident for."""

    model: str
    family: str
    severity: str
    title: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Acceptance:
    """Why a risk is to be lived with, who asks for it, and until when."""

    rationale: str
    root_cause: RootCause
    requested_by: str
    until: datetime


def opened(opening: Opening, other: Incident | None, before: Incident | None, now: datetime) -> Incident:
    """One that no alert opens: other is the one that is not closed, before the newest of its model and family."""
    if opening.severity not in BY_HAND:
        raise RefusedError(f"severity: must be {' or '.join(BY_HAND)}, got {opening.severity}")
    if not opening.title.strip():
        raise RefusedError("title: must say what it is about, got nothing")
    if other is not None:
        raise RefusedError(f"family: must have no incident that is not closed, got {other.name}")
    previous = None if before is None else before.id
    return Incident(opening.model, opening.family, opening.severity, opening.title, now, previous=previous)


def joined(incident: Incident, severity: str, starts_at: datetime) -> Incident:
    """With one more alert, or one of its own that fires again: it began with the first, and its severity only rises.

    One that becomes worse waits for an answer from then on: whoever acknowledged it knew of less.
    """
    _need(not incident.closed, incident, "must be open or acknowledged for an alert to join")
    after = replace(incident, opened_at=min(incident.opened_at, starts_at), recovered_at=None)
    if rank(severity) <= rank(incident.severity):
        return after
    return replace(
        after,
        severity=severity,
        status=Status.OPEN,
        reopened_at=max(starts_at, after.opened_at),
        acknowledged_at=None,
        acknowledged_by=None,
    )


def recovered(incident: Incident, at: datetime) -> Incident:
    """None of its alerts fires any more. Whether it is over is for people to say."""
    _need(not incident.closed, incident, "must be open or acknowledged to recover")
    return replace(incident, recovered_at=max(at, incident.opened_at))


def acknowledged(incident: Incident, by: str, now: datetime) -> Incident:
    """Somebody looks into it; the first who says so."""
    if incident.status is Status.ACKNOWLEDGED:
        moment = f"{incident.acknowledged_at:%Y-%m-%dT%H:%M:%SZ}"
        raise RefusedError(f"status: must be open, got acknowledged by {incident.acknowledged_by} at {moment}")
    _need(incident.status is Status.OPEN, incident, "must be open")
    return replace(
        incident, status=Status.ACKNOWLEDGED, acknowledged_by=by, acknowledged_at=max(now, incident.opened_at)
    )


def assigned(incident: Incident, to: str) -> Incident:
    """Somebody is to look into it."""
    _need(not incident.closed, incident, "must be open or acknowledged")
    if not to.strip():
        raise RefusedError("to: must be a person, got nothing")
    return replace(incident, assigned_to=to)


def resolved(incident: Incident, by: str, now: datetime, closing: Closing) -> Incident:
    """It is over. A CRITICAL says what was done, why it happened and how it was resolved, or it stays open."""
    _need(incident.status is Status.ACKNOWLEDGED, incident, "must be acknowledged")
    if closing.category is Category.ACCEPTED_RISK:
        raise RefusedError("category: must be another one than accepted_risk, which needs an approval: accept the risk")
    if incident.severity == CRITICAL:
        for key in ("resolution", "root_cause", "category"):
            if not (getattr(closing, key) or "").strip():
                raise RefusedError(f"{key}: must be given to close a critical incident, got nothing")
    told = replace(incident, resolution=closing.resolution, root_cause=closing.root_cause, category=closing.category)
    return _closed(told, Status.RESOLVED, by, now)


def accepted(incident: Incident, by: Caller, now: datetime, acceptance: Acceptance) -> Incident:
    """Somebody of the right role agrees, at another's request, to live with it for at most 30 days."""
    _need(incident.status is Status.ACKNOWLEDGED, incident, "must be acknowledged")
    roles = acceptors(incident.family)
    if by.role not in roles:
        raise ForbiddenError(f"role: must be {' or '.join(roles)} to accept a {incident.family} risk, got {by.role}")
    requested_by, until = acceptance.requested_by, acceptance.until
    for key in ("rationale", "requested_by"):
        if not getattr(acceptance, key).strip():
            raise RefusedError(f"{key}: must be given to accept a risk, got nothing")
    if requested_by.strip().casefold() == by.name.strip().casefold():
        raise RefusedError(f"requested_by: must be another person than the one who approves, got {requested_by}")
    if not now < until <= now + ACCEPTED_AT_MOST:
        raise RefusedError(f"until: must be within the next {ACCEPTED_AT_MOST.days} days, got {until.isoformat()}")
    told = replace(
        incident,
        resolution=acceptance.rationale,
        root_cause=acceptance.root_cause,
        category=Category.ACCEPTED_RISK,
        requested_by=requested_by,
        accepted_until=until,
    )
    return _closed(told, Status.ACCEPTED_RISK, by.name, now)


def reopened(incident: Incident, now: datetime) -> Incident:
    """It was not over: as new, and its clock starts again; the timeline keeps what was said before."""
    _need(incident.closed, incident, "must be resolved or accepted_risk")
    return replace(
        Incident(incident.model, incident.family, incident.severity, incident.title, incident.opened_at),
        reopened_at=max(now, incident.opened_at),
        assigned_to=incident.assigned_to,
        previous=incident.previous,
        id=incident.id,
    )


def lapsed(incident: Incident, now: datetime) -> Incident:
    """Its risk is accepted no longer than until now: what still fires after that is news."""
    if incident.status is not Status.ACCEPTED_RISK or incident.accepted_until is None:
        return incident
    return replace(incident, accepted_until=min(incident.accepted_until, now))


def reviewed(incident: Incident, by: str, now: datetime, text: str) -> Incident:
    """Its post-mortem is written, once."""
    _need(incident.closed, incident, "must be closed before its post-mortem is written")
    if incident.postmortem_at is not None:
        raise RefusedError(f"post-mortem: must be written once, got another one by {incident.postmortem_by}: comment")
    if not text.strip():
        raise RefusedError("text: must be the post-mortem, got nothing")
    return replace(incident, postmortem_at=now, postmortem_by=by)


def acceptors(family: str) -> tuple[Role, ...]:
    """Who may accept a risk of this family."""
    return (Role.COMPLIANCE_OFFICER,) if family == "fairness" else (Role.ML_LEAD, Role.CTO, Role.ADMIN)


def rank(severity: str) -> int:
    """Place in the order of severities; an unknown one is the least."""
    return SEVERITIES.index(severity) if severity in SEVERITIES else -1


@dataclass(frozen=True, slots=True)
class Seen:
    """What a closed incident knows of an alert: whether it fired when last heard of."""

    firing: bool


def goes_on(closed: Incident, seen: Seen, starts_at: datetime) -> bool:
    """Whether a firing alert is the one that the incident was about, rather than another occurrence of it."""
    assert closed.resolved_at is not None  # noqa: S101 - closed
    return seen.firing or starts_at <= closed.resolved_at


def is_news(
    closed: Incident, seen: Seen, starts_at: datetime, *, analysed: datetime | None, analyses: bool, now: datetime
) -> bool:
    """Whether an alert of a closed incident, that fires, says anything that people did not know when they closed it.

    Measurements change only with an analysis: analysed is when the last successful one of the model and family
    finished, analyses whether the family has any. What goes on is news once an analysis after the closing has settled
    and it still fires; where nothing is analysed, after a day. A new occurrence is news at once, unless the risk is
    accepted.
    """
    assert closed.resolved_at is not None  # noqa: S101 - closed
    if closed.accepted_until is not None and now < closed.accepted_until:
        return False
    if closed.status is Status.ACCEPTED_RISK or not goes_on(closed, seen, starts_at):
        return True
    if not analyses:
        return now - closed.resolved_at >= PATIENCE
    if analysed is None or analysed <= closed.resolved_at:
        return False
    return starts_at > analysed or now - analysed >= SETTLED


def _closed(incident: Incident, status: Status, by: str, now: datetime) -> Incident:
    at = max(now, incident.opened_at)
    due = at + POSTMORTEM_WITHIN if incident.family == "fairness" and incident.severity == CRITICAL else None
    return replace(incident, status=status, resolved_at=at, resolved_by=by, postmortem_due=due, postmortem_at=None)


def _need(allowed: bool, incident: Incident, rule: str) -> None:
    if not allowed:
        raise RefusedError(f"status: {rule}, got {incident.status}")
