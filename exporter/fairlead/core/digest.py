"""The daily digest: which day is due, and what of the store belongs into it."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from fairlead.core.alert import REHEARSALS, Alert
from fairlead.core.audit import Head
from fairlead.core.incident import Incident

DAY = timedelta(days=1)
CATCH_UP = 7
"""Days that are made up after a downtime; what is older is no news."""
RETRIES = (60.0, 120.0, 300.0)
"""Seconds after the first, second and every further failure."""
SHOWN = ("feature", "other", "attribute", "class", "checkin", "analysis")
"""Labels that tell alerts of one metric apart."""


@dataclass(frozen=True, slots=True)
class Warned:
    """A WARNING that fired in the period; ended_at is None while it fires."""

    model: str
    alert: str
    about: str
    summary: str
    began_at: datetime
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Late:
    """An analysis that has not completed in time; last_at is when it last did."""

    model: str
    family: str
    last_at: datetime | None


@dataclass(frozen=True, slots=True)
class Digest:
    """What is mailed on a day: the 24 hours up to end, and the end of the audit log then."""

    day: date
    start: datetime
    end: datetime
    warnings: tuple[Warned, ...]
    incidents: tuple[Incident, ...]
    late: tuple[Late, ...]
    head: Head

    @property
    def empty(self) -> bool:
        """Whether there is nothing to tell."""
        return not (self.warnings or self.incidents or self.late)


def end_of(day: date, at: time) -> datetime:
    """When the digest of a day is due; it covers the 24 hours before."""
    return datetime.combine(day, at, tzinfo=UTC)


def last_due(now: datetime, at: time) -> date:
    """The last day whose digest is due."""
    today = now.astimezone(UTC).date()
    return today if now >= end_of(today, at) else today - DAY


def due(now: datetime, at: time, since: date, done: Collection[date]) -> list[date]:
    """Days after `since` whose digest is due and not done, oldest first."""
    last = last_due(now, at)
    first = max(since + DAY, last - (CATCH_UP - 1) * DAY)
    days = [first + number * DAY for number in range(max(0, (last - first).days + 1))]
    return [day for day in days if day not in done]


def warned(alerts: Iterable[Alert], start: datetime, end: datetime) -> tuple[Warned, ...]:
    """The WARNINGs that fired at some time in [start, end), by model, and of each the last time it began.

    alerts are all that was ever delivered, in any order; a "resolved" one ends those of its fingerprint that began
    before it. Alerts of rehearsals are not told.
    """
    last: dict[str, Alert] = {}
    ends: dict[str, datetime] = {}
    for alert in alerts:
        if alert.severity != "warning" or alert.labels.get("environment") in REHEARSALS or alert.starts_at >= end:
            continue
        known = last.get(alert.fingerprint)
        if known is None or alert.starts_at > known.starts_at:
            last[alert.fingerprint] = alert
        if alert.ends_at is not None and alert.ends_at < end:
            ends[alert.fingerprint] = max(alert.ends_at, ends.get(alert.fingerprint, alert.ends_at))
    found = []
    for fingerprint, alert in last.items():
        ended = ends.get(fingerprint)
        ended = None if ended is None or ended < alert.starts_at else ended
        if ended is None or ended >= start:
            name = alert.labels.get("alertname", "alert")
            found.append(Warned(alert.model, name, _about(alert.labels), alert.title, alert.starts_at, ended))
    return tuple(sorted(found, key=lambda one: (one.model, one.alert, one.about, one.began_at)))


def told(incidents: Iterable[Incident], start: datetime, end: datetime) -> tuple[Incident, ...]:
    """Incidents that are not closed, or were closed in [start, end), oldest first."""
    found = [
        one
        for one in incidents
        if one.opened_at < end and (one.resolved_at is None or not one.closed or one.resolved_at >= start)
    ]
    return tuple(sorted(found, key=lambda one: one.id))


def _about(labels: Mapping[str, str]) -> str:
    parts = [labels.get("metric", ""), *(f"{name} {labels[name]}" for name in SHOWN if labels.get(name))]
    return ", ".join(part for part in parts if part)
