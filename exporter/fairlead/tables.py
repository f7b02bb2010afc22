"""Tables for people at a terminal."""

from collections.abc import Iterable
from datetime import datetime

from rich.table import Table
from rich.text import Text

from fairlead.config.access import StaticToken
from fairlead.core.audit import Link
from fairlead.core.difference import Difference
from fairlead.core.incident import Incident
from fairlead.core.timeline import Attached, Event
from fairlead.store.baselines import BaselineFacts
from fairlead.store.tokens import Token


def plain(text: str) -> str:
    """No control characters, so that data can neither steer the terminal nor break a table."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)


def plain_lines(text: str) -> str:
    """The same, line by line."""
    return "\n".join(plain(line) for line in text.split("\n"))


def baselines(facts: Iterable[BaselineFacts]) -> Table:
    """One line per baseline."""
    table = Table("model", "version", "active", "rows", "created", "by", "from")
    for one in facts:
        active = "yes" if one.active else ""
        created = f"{one.created_at:%Y-%m-%d %H:%M}"
        cells = (one.model, one.version, active, str(one.samples), created, one.created_by, one.source)
        table.add_row(*(Text(plain(cell)) for cell in cells))
    return table


def differences(found: Iterable[Difference]) -> Table:
    """One line per quantity that differs."""
    table = Table("of", "quantity")
    for name in ("before", "after", "change"):
        table.add_column(name, justify="right")
    for one in found:
        change = None if one.before is None or one.after is None else one.after - one.before
        numbers = ("–" if number is None else f"{number:.6g}" for number in (one.before, one.after, change))
        table.add_row(Text(plain(one.subject)), Text(plain(one.quantity)), *numbers)
    return table


def tokens(stored: Iterable[Token], static: Iterable[StaticToken], now: datetime) -> Table:
    """One line per token; no secret is known here."""
    table = Table("id", "name", "role", "state", "created", "by", "expires")
    for one in stored:
        expires = f"{one.expires_at:%Y-%m-%d %H:%M}" if one.expires_at else "never"
        created = f"{one.created_at:%Y-%m-%d %H:%M}"
        cells = (str(one.id), one.name, one.role.value, one.state(now), created, one.created_by, expires)
        table.add_row(*(Text(plain(cell)) for cell in cells))
    for other in static:
        cells = ("–", other.name, other.role.value, "in a file", "–", str(other.file), "–")
        table.add_row(*(Text(plain(cell)) for cell in cells))
    return table


def incidents(found: Iterable[Incident]) -> Table:
    """One line per incident."""
    table = Table("incident", "status", "severity", "model", "family", "opened", "with", "title")
    for one in found:
        status = f"{one.status.value}, recovered" if one.recovered_at else one.status.value
        who = one.resolved_by or one.assigned_to or one.acknowledged_by or ""
        cells = (one.name, status, one.severity, one.model, one.family, _minute(one.opened_at), who, one.title)
        table.add_row(*(Text(plain(cell)) for cell in cells))
    return table


def audit(entries: Iterable[Link]) -> Table:
    """One line per entry."""
    table = Table("number", "at (UTC)", "actor", "role", "action", "subject", "from", "detail")
    for one in entries:
        at = f"{one.at:%Y-%m-%d %H:%M:%S}"
        cells = (str(one.number), at, one.actor, one.role, one.action, one.subject, one.source, one.detail)
        table.add_row(*(Text(plain(cell)) for cell in cells))
    return table


def attached(alerts: Iterable[Attached]) -> Table:
    """One line per alert of an incident."""
    table = Table("alert", "labels", "began", "ended")
    for one in alerts:
        labels = ", ".join(f"{name}={value}" for name, value in sorted(one.labels.items()) if name != "alertname")
        ended = "" if one.ends_at is None else _minute(one.ends_at)
        cells = (one.labels.get("alertname", ""), labels, _minute(one.first_at), ended)
        table.add_row(*(Text(plain(cell)) for cell in cells))
    return table


def timeline(events: Iterable[Event]) -> Table:
    """One line per event."""
    table = Table("at", "who", "role", "what", "text")
    for one in events:
        cells = (_minute(one.at), one.actor, one.role, one.what, one.text)
        table.add_row(*(Text(plain(cell)) for cell in cells))
    return table


def _minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"
