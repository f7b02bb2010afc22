"""How long what is kept: the policy's periods, counted back from now."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


@dataclass(frozen=True, slots=True)
class Period:
    """Whole years of the calendar and days."""

    years: int = 0
    days: int = 0

    def before(self, now: datetime) -> datetime:
        """What is older than this may go: 29 February counts back to 28 February, which keeps a day more."""
        try:
            past = now.replace(year=now.year - self.years)
        except ValueError:
            past = now.replace(year=now.year - self.years, day=28)
        return past - timedelta(days=self.days)


PERIODS: dict[str, Period] = {
    "predictions": Period(days=90),
    "runs": Period(years=5),
    "alerts": Period(years=1),
    "audit": Period(years=5),
    "requests": Period(days=90),
    "answers": Period(days=7),
}
"""Policy §8: prediction logs, monitoring records, alerts, the audit log; requests of analyses that are done;
and answers that a repeated request gets."""
FOR_EVER = frozenset({"incidents", "baselines", "exceptions", "maintenance"})
"""Kinds that no period ends."""


def cutoffs(now: datetime) -> dict[str, datetime]:
    """By kind: what is older goes, what is as old to the microsecond stays."""
    return {kind: period.before(now) for kind, period in PERIODS.items()}


def is_kept_alert(alert: Mapping[str, object]) -> bool:
    """CRITICAL alerts stay, and so does one whose severity cannot be told."""
    labels = alert.get("labels")
    severity = labels.get("severity") if isinstance(labels, Mapping) else None
    return severity is None or str(severity).lower() == "critical"


def is_due(last: datetime | None, now: datetime) -> bool:
    """Whether to look for what has expired: at first, and when it has been 01:00 UTC since the last time."""
    today = now.astimezone(UTC).replace(hour=1, minute=0, second=0, microsecond=0)
    return last is None or last < (today if today <= now else today - timedelta(days=1))
