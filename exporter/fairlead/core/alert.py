"""Alerts as Prometheus and Alertmanager tell them, and which of them open an incident."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

CRITICAL = "critical"
REHEARSALS = frozenset({"dev", "development", "test", "testing", "staging"})
"""Environments that are recorded and not told: the same as in Alertmanager's routes."""

_WRITTEN = re.compile(r"(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_SANE = datetime(2000, 1, 1, tzinfo=UTC)
_BASIS, _PRIME, _SEPARATOR = 14695981039346656037, 1099511628211, b"\xff"


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert at one moment. ends_at is known only of one that has ended."""

    fingerprint: str
    labels: Mapping[str, str]
    firing: bool
    starts_at: datetime
    ends_at: datetime | None = None
    annotations: Mapping[str, str] = field(default_factory=dict)
    note: str = ""

    @property
    def model(self) -> str:
        """The model that it is about; "" for none."""
        return self.labels.get("model", "")

    @property
    def family(self) -> str:
        """The family of metrics that it is about; "" for none."""
        return self.labels.get("family", "")

    @property
    def severity(self) -> str:
        """As its label says."""
        return self.labels.get("severity", "")

    @property
    def title(self) -> str:
        """What it says, in a line."""
        return self.annotations.get("summary") or self.labels.get("alertname", "alert")


def opens(labels: Mapping[str, str]) -> bool:
    """Whether such an alert opens an incident: every CRITICAL but rungs of an escalation and rehearsals."""
    return (
        labels.get("severity") == CRITICAL
        and not labels.get("escalation")
        and labels.get("environment") not in REHEARSALS
    )


def moment(text: str) -> datetime | None:
    """RFC 3339 as Go writes it, to the microsecond; None for Go's zero time. ValueError for anything else."""
    found = _WRITTEN.fullmatch(text)
    if found is None:
        raise ValueError(f"must be an RFC 3339 time, got {text[:64]!r}")
    day, clock, fraction, zone = found.groups()
    if day.startswith("0001-"):
        return None
    micros = (fraction or "0")[:6].ljust(6, "0")
    try:
        return datetime.fromisoformat(f"{day}T{clock}.{micros}{zone.upper()}").astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(f"must be an RFC 3339 time, got {text[:64]!r}") from None


def begun(starts_at: datetime | None, now: datetime) -> tuple[datetime, str]:
    """When an alert began by fairlead's clock, never after now; and what is odd about that, if anything."""
    if starts_at is None or starts_at < _SANE:
        return now, "the alert does not say when it began"
    ahead = starts_at - now
    if ahead > timedelta(0):
        return now, f"the alert began {ahead.total_seconds():.0f} s ahead of fairlead's clock"
    return starts_at, ""


def fingerprint(labels: Mapping[str, str]) -> str:
    """Alertmanager's fingerprint of a label set: FNV-1a, 64 bits, of sorted names and values."""
    total = _BASIS
    for name in sorted(labels):
        if labels[name]:
            for byte in name.encode() + _SEPARATOR + labels[name].encode() + _SEPARATOR:
                total = ((total ^ byte) * _PRIME) & 0xFFFFFFFFFFFFFFFF
    return f"{total:016x}"


def covers(some: Mapping[str, str], more: Mapping[str, str]) -> bool:
    """Whether all labels of the first are among those of the second, which may have external ones besides."""
    return all(more.get(name, "") == value for name, value in some.items())
