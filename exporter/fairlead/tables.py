"""Tables for people at a terminal."""

from collections.abc import Iterable
from datetime import datetime

from rich.table import Table
from rich.text import Text

from fairlead.config.access import StaticToken
from fairlead.core.audit import Link
from fairlead.core.difference import Difference, Moved
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
    table = Table("model", "version", "state", "trigger", "rows", "created", "by", "approved by", "expires", "from")
    for one in facts:
        created = f"{one.created_at:%Y-%m-%d %H:%M}"
        approved = f"{one.approved_by} ({one.approved_role})" if one.approved_by else ""
        expires = f"{one.expires_at:%Y-%m-%d}" if one.expires_at else ""
        cells = (one.model, one.version, one.state, one.trigger, str(one.samples), created, one.created_by, approved)
        table.add_row(*(Text(plain(cell)) for cell in (*cells, expires, one.source)))
    return table


def moved(found: Iterable[Moved]) -> Table:
    """One line per statistic of how far something has moved."""
    table = Table("of", "moved by")
    table.add_column("value", justify="right")
    for one in found:
        table.add_row(Text(plain(one.subject)), Text(one.statistic), f"{one.value:.6g}")
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


def audit(entries: Iterable[Link]) -> Table:
    """One line per entry."""
    table = Table("number", "at (UTC)", "actor", "role", "action", "subject", "from", "detail")
    for one in entries:
        at = f"{one.at:%Y-%m-%d %H:%M:%S}"
        cells = (str(one.number), at, one.actor, one.role, one.action, one.subject, one.source, one.detail)
        table.add_row(*(Text(plain(cell)) for cell in cells))
    return table
