"""How often Slack is told about a model: at most five messages in any hour, and nothing that was told before.

A message is about alerts, each (metric, severity). It is held back while all of them were told within six hours, unless
one of them is worse than what was last told of its metric. What waits for room is folded into the next message. Two of
the five places are kept for CRITICAL, so that a WARNING never stands in its way.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from fairlead.core.alert import CRITICAL
from fairlead.core.incident import rank

HOUR = timedelta(hours=1)
REPEAT = timedelta(hours=6)
MOST = 5
FOR_OTHERS = 3
"""Messages without a CRITICAL alert in an hour."""

Key = tuple[str, str]
"""Metric and severity."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message that waits. place is where it goes: only messages to the same place are folded into one."""

    id: int
    place: str
    alerts: frozenset[Key]
    arrived_at: datetime

    @property
    def critical(self) -> bool:
        """Whether one of its alerts is CRITICAL."""
        return any(severity == CRITICAL for _, severity in self.alerts)


@dataclass(frozen=True, slots=True)
class Told:
    """A message that was sent, or folded into one that was; when it had arrived, and when it was sent."""

    alerts: frozenset[Key]
    arrived_at: datetime
    sent_at: datetime


@dataclass(frozen=True, slots=True)
class Post:
    """A message that took a place in its hour: sent, or nobody knows whether."""

    at: datetime
    critical: bool


@dataclass(frozen=True, slots=True)
class Next:
    """The message to send, and those that are folded into it, oldest first."""

    message: Message
    folded: tuple[Message, ...]


def is_repeat(alerts: Collection[Key], told: Iterable[Told], waiting: Iterable[Message], now: datetime) -> bool:
    """Whether a message that arrives says nothing that was not told, or waits to be told, within six hours.

    Counted from arrival to arrival: Alertmanager repeats after six hours, of which the message may have waited one.
    """
    if not alerts:
        return False
    recent = [one for one in told if now - one.arrived_at < REPEAT]
    known = [(one.arrived_at, one.alerts) for one in recent] + [(one.arrived_at, one.alerts) for one in waiting]
    return not _news(alerts, known)


def ready_at(message: Message, told: Iterable[Told], now: datetime) -> datetime:
    """When a message may be sent for what it says: six hours after the same was sent, now when it says anything new."""
    recent = [one for one in told if now - one.sent_at < REPEAT]
    if not message.alerts or _news(message.alerts, [(one.sent_at, one.alerts) for one in recent]):
        return now
    last = {key: max(one.sent_at for one in recent if key in one.alerts) for key in message.alerts}
    return min(last.values()) + REPEAT


def following(waiting: Sequence[Message], told: Sequence[Told], posts: Sequence[Post], now: datetime) -> Next | None:
    """What to send now of one model's messages, None for nothing yet: CRITICAL first, then the one that waits longest.

    The last place of the hour goes to the newest message, because its text holds what still fires, and all others are
    folded into it. Before that only those are folded for which no place is left: other ones under a CRITICAL.
    """
    ready = sorted((one for one in waiting if ready_at(one, told, now) <= now), key=_order)
    for critical in (True, False):
        group, places = [one for one in ready if one.critical is critical], _places(posts, critical, now)
        if not group or places <= 0:
            continue
        same = [one for one in ready if one.place == group[0].place]
        if places > 1:
            crowded = critical and _places(posts, False, now) <= 0
            return Next(group[0], tuple(one for one in same if crowded and not one.critical))
        chosen = [one for one in same if one.critical is critical][-1]
        return Next(chosen, tuple(one for one in same if one.id != chosen.id))
    return None


def _order(message: Message) -> tuple[datetime, int]:
    return message.arrived_at, message.id


def _places(posts: Sequence[Post], critical: bool, now: datetime) -> int:
    """How many more messages keep every closed hour at five."""
    recent = [post for post in posts if now - post.at <= HOUR]
    left = MOST - len(recent)
    return left if critical else min(left, FOR_OTHERS - sum(not post.critical for post in recent))


def _news(alerts: Collection[Key], known: Sequence[tuple[datetime, Collection[Key]]]) -> bool:
    """Whether one of the alerts is not known, or worse than what is known last of its metric."""
    last: Mapping[str, tuple[datetime, int]] = _last(known)
    every = {key for _, keys in known for key in keys}
    return any(key not in every or (key[0] in last and rank(key[1]) > last[key[0]][1]) for key in alerts)


def _last(known: Sequence[tuple[datetime, Collection[Key]]]) -> dict[str, tuple[datetime, int]]:
    """Of each metric when it was last told, and the worst severity then."""
    last: dict[str, tuple[datetime, int]] = {}
    for at, keys in known:
        for metric, severity in keys:
            found = (at, rank(severity))
            last[metric] = max(last.get(metric, found), found)
    return last
