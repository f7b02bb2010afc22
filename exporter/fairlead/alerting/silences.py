"""Silences in Alertmanager: which there should be, which there are, and what must be done about the difference.

Fairlead's own carry a tag (`fairlead exc:EXC-7`, `fairlead mnt:MNT-3`), since Alertmanager gives a changed silence
another id, and forgets one that is seconds old when it is killed. The store is right, whatever Alertmanager says.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from fairlead.alerting.endpoint import Endpoint, UnansweredError
from fairlead.core.alert import moment
from fairlead.core.exception import Exemption
from fairlead.core.maintenance import Maintenance

LONGEST = timedelta(days=30)
TOLERANCE = timedelta(seconds=1)
"""Alertmanager keeps milliseconds, and gives its own time to what is to begin at once."""
FAULTS = ("unapproved", "too_long", "too_broad")
"""What can be wrong with a silence that fairlead did not make: each is unapproved, and some are more than that."""
OWN_LABELS = frozenset({"model", "metric", "family"})
"""Labels by which a silence says that it means fairlead's alerts; each of those has `metric` and `family`."""
_TAG = re.compile(r"fairlead (exc:EXC-[1-9][0-9]*|mnt:MNT-[1-9][0-9]*)(?![0-9])", re.ASCII)
_NAMES = re.compile("Model|Incident|Fairlead|Checkin|Exception|Alertmanager|Indicator")
"""How the names of fairlead's alerts begin."""


@dataclass(frozen=True, slots=True, order=True)
class Matcher:
    """A label and what it must be."""

    name: str
    value: str
    regex: bool = False
    equal: bool = True

    @property
    def exact(self) -> bool:
        """Whether it names one value."""
        return self.equal and not self.regex and bool(self.value)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A silence that there should be."""

    tag: str
    matchers: frozenset[Matcher]
    starts_at: datetime
    ends_at: datetime
    why: str


@dataclass(frozen=True, slots=True)
class Silence:
    """A silence that there is; one that has expired does not count."""

    id: str
    matchers: frozenset[Matcher]
    starts_at: datetime
    ends_at: datetime
    created_by: str
    comment: str

    @property
    def tag(self) -> str | None:
        """Which exception or window it belongs to, if it is fairlead's."""
        found = _TAG.match(self.created_by) or _TAG.match(self.comment)
        return found[1] if found else None


def wanted(exemptions: Iterable[Exemption], windows: Iterable[Maintenance]) -> list[Wanted]:
    """Those of exceptions in force and of windows that are not over: exact, never broader than what was approved."""
    found = []
    for one in exemptions:
        matchers = frozenset(Matcher(name, value) for name, value in one.subject.labels.items())
        why = f"accepted risk, asked by {one.requested_by}, approved by {one.decided_by}: {one.rationale}"
        found.append(Wanted(f"exc:{one.name}", matchers, one.decided_at or one.requested_at, one.until, why))
    for window in windows:
        for model in window.models:
            matchers = frozenset({Matcher("model", model), Matcher("severity", "warning")})
            why = f"maintenance, planned by {window.created_by}: {window.reason}"
            found.append(Wanted(f"mnt:{window.name}", matchers, window.starts_at, window.ends_at, why))
    return found


@dataclass(frozen=True, slots=True)
class Changes:
    """What must be done at one Alertmanager: first make those that are missing, then end those that should not be."""

    missing: tuple[Wanted, ...]
    surplus: tuple[Silence, ...]


def changes(needed: Iterable[Wanted], found: Iterable[Silence], now: datetime) -> Changes:
    """One silence for each that is wanted: no other, no longer, no broader, and not twice."""
    own = sorted((one for one in found if one.tag is not None), key=lambda one: (one.starts_at, one.id))
    missing, kept = [], set()
    for one in needed:
        fitting = next((silence for silence in own if _fits(silence, one, now)), None)
        if fitting is None:
            missing.append(one)
        else:
            kept.add(fitting.id)
    return Changes(tuple(missing), tuple(one for one in own if one.id not in kept))


def _fits(silence: Silence, one: Wanted, now: datetime) -> bool:
    if silence.tag != one.tag or silence.matchers != one.matchers or abs(silence.ends_at - one.ends_at) > TOLERANCE:
        return False
    if one.starts_at > now:
        return abs(silence.starts_at - one.starts_at) <= TOLERANCE
    return silence.starts_at <= now + TOLERANCE


@dataclass(frozen=True, slots=True)
class Foreign:
    """A silence on fairlead's alerts that fairlead did not make, and what is wrong with it."""

    silence: Silence
    faults: tuple[str, ...]


def foreign(found: Iterable[Silence], suppressing: frozenset[str]) -> list[Foreign]:
    """Silences behind fairlead's back: those that keep an alert of fairlead's silent now, and those that would."""
    strangers = [one for one in found if one.tag is None and (one.id in suppressing or _means(one))]
    return [Foreign(one, _faults(one)) for one in strangers]


def _means(silence: Silence) -> bool:
    """Whether it says that it is about fairlead's alerts. A stranger's regular expression is never executed."""
    for matcher in silence.matchers:
        if matcher.name in OWN_LABELS and (matcher.value or not matcher.equal):
            return True
        if matcher.name == "alertname" and matcher.equal:
            if matcher.regex and _NAMES.search(matcher.value):
                return True
            if not matcher.regex and _NAMES.match(matcher.value):
                return True
    return False


def _faults(silence: Silence) -> tuple[str, ...]:
    exact = {matcher.name for matcher in silence.matchers if matcher.exact}
    narrow = "model" in exact and bool(exact & {"alertname", "metric"})
    long = silence.ends_at - silence.starts_at > LONGEST + TOLERANCE
    return ("unapproved", *(("too_long",) if long else ()), *(() if narrow else ("too_broad",)))


def silences(alertmanager: Endpoint) -> list[Silence]:
    """Those that an Alertmanager has and that have not expired."""
    answer = alertmanager.ask("/api/v2/silences")
    try:
        return [_read(one) for one in answer if one["status"]["state"] != "expired"]
    except (KeyError, TypeError, ValueError) as error:
        raise UnansweredError(f"{alertmanager.url}: must answer a list of silences, got {error!r}") from None


def suppressing(alertmanager: Endpoint) -> frozenset[str]:
    """Ids of silences that keep an alert of fairlead's silent now."""
    answer = alertmanager.ask("/api/v2/alerts?active=false&silenced=true&inhibited=true&unprocessed=false")
    try:
        ours = [one for one in answer if {"metric", "family"} <= one["labels"].keys()]
        return frozenset(str(number) for one in ours for number in one["status"]["silencedBy"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UnansweredError(f"{alertmanager.url}: must answer a list of alerts, got {error!r}") from None


def make(alertmanager: Endpoint, one: Wanted, now: datetime) -> None:
    """Silence what is wanted. What should have begun is dated back, for an Alertmanager whose clock is behind.

    Releases that know no annotations of silences do not read them.
    """
    starts_at = one.starts_at if one.starts_at > now else now - timedelta(hours=1)
    alertmanager.send(
        "POST",
        "/api/v2/silences",
        {
            "matchers": [_written(matcher) for matcher in sorted(one.matchers)],
            "startsAt": _time(starts_at),
            "endsAt": _time(one.ends_at),
            "createdBy": f"fairlead {one.tag}",
            "comment": f"fairlead {one.tag}: {one.why}",
            "annotations": {"fairlead": one.tag, "reason": one.why},
        },
    )


def end(alertmanager: Endpoint, silence: Silence) -> None:
    """Expire a silence. One that another process or a peer has ended meanwhile is no mistake, whatever is answered."""
    try:
        alertmanager.send("DELETE", f"/api/v2/silence/{quote(silence.id, safe='')}")
    except UnansweredError:
        if any(one.id == silence.id for one in silences(alertmanager)):
            raise


def _read(one: Mapping[str, Any]) -> Silence:
    starts_at, ends_at = moment(one["startsAt"]), moment(one["endsAt"])
    if starts_at is None or ends_at is None:
        raise ValueError("a silence without a time")
    matchers = frozenset(
        Matcher(str(each["name"]), str(each["value"]), bool(each["isRegex"]), bool(each.get("isEqual", True)))
        for each in one["matchers"]
    )
    return Silence(str(one["id"]), matchers, starts_at, ends_at, str(one["createdBy"]), str(one["comment"]))


def _written(matcher: Matcher) -> dict[str, object]:
    return {"name": matcher.name, "value": matcher.value, "isRegex": matcher.regex, "isEqual": matcher.equal}


def _time(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def count(found: Sequence[Foreign]) -> dict[str, int]:
    """How many have each fault."""
    return {fault: sum(fault in one.faults for one in found) for fault in FAULTS}
