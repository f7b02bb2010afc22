"""Tables for people at a terminal."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from rich.cells import cell_len
from rich.console import Console
from rich.segment import Segment, Segments
from rich.table import Table
from rich.text import Text

from fairlead.config.access import StaticToken
from fairlead.core.audit import Link
from fairlead.core.difference import Difference, Moved
from fairlead.core.exception import Exemption
from fairlead.core.incident import Incident
from fairlead.core.maintenance import Maintenance
from fairlead.core.rotation import Turn
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


def incidents(found: Iterable[Incident]) -> Table:
    """One line per incident."""
    table = Table("incident", "status", "severity", "model", "family", "opened", "with", "title")
    for one in found:
        status = f"{one.status.value}, recovered" if one.recovered_at else one.status.value
        who = one.resolved_by or one.assigned_to or one.acknowledged_by or ""
        cells = (one.name, status, one.severity, one.model, one.family, _minute(one.opened_at), who, one.title)
        table.add_row(*(Text(plain(cell)) for cell in cells))
    return table


def oncall(turns: Iterable[Turn]) -> Table:
    """One line per rotation."""
    table = Table("rotation", "on call", "since (UTC)", "until (UTC)", "next", "email", "slack", "phone")
    for one in turns:
        span = (_minute(one.since), _minute(one.until))
        cells = (one.rotation, one.name, *span, one.next, one.email, one.slack, one.phone)
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


def exceptions(found: Iterable[Exemption]) -> Table:
    """One line per accepted risk or request."""
    table = Table("exception", "status", "model", "metric", "only", "until", "requested by", "decided by", "rationale")
    for one in found:
        about, decided = one.subject, one.decided_by or ""
        who = (_minute(one.ends_at), one.requested_by, decided, one.rationale)
        cells = (one.name, one.status.value, about.model, about.metric, about.feature or about.attribute, *who)
        table.add_row(*(Text(plain(cell)) for cell in cells))
    return table


def maintenance(found: Iterable[Maintenance], now: datetime) -> Table:
    """One line per window."""
    table = Table("window", "phase", "models", "from", "until", "planned by", "reason")
    for one in found:
        until = min(one.ends_at, one.ended_at or one.ends_at)
        when = (_minute(one.starts_at), _minute(until), one.created_by, one.reason)
        cells = (one.name, one.phase(now).value, ", ".join(one.models), *when)
        table.add_row(*(Text(plain(cell)) for cell in cells))
    return table


@dataclass(frozen=True, slots=True)
class Line:
    """Cells of a table of which the first has a style."""

    style: str
    cells: tuple[str, ...]


def wide(console: Console, columns: Mapping[str, str], lines: Sequence[Line]) -> None:
    """Print a table of many lines, whose cells may not wrap; columns maps headings to left or right.

    One that fits is drawn here, as rich would draw it; rich measures every cell of every line.
    """
    widths = [max(map(cell_len, cells)) for cells in zip(columns, *(line.cells for line in lines), strict=True)]
    simple = console.options.ascii_only or console.legacy_windows
    if not simple and sum(widths) + 3 * len(widths) + 1 <= console.width:
        _draw(console, columns, lines, widths)
        return
    table = Table()
    for name, justify in columns.items():
        table.add_column(name, justify=justify, no_wrap=True)  # type: ignore[arg-type]
    for line in lines:
        table.add_row(Text(line.cells[0], line.style), *map(Text, line.cells[1:]))
    console.print(table)


def _draw(console: Console, columns: Mapping[str, str], lines: Sequence[Line], widths: Sequence[int]) -> None:
    def rule(left: str, stroke: str, cross: str, right: str) -> str:
        return left + cross.join(stroke * (width + 2) for width in widths) + right

    def padded(cells: Iterable[str]) -> list[str]:
        each = zip(cells, widths, columns.values(), strict=True)
        gaps = ((cell, " " * (width - cell_len(cell)), justify) for cell, width, justify in each)
        return [f" {gap}{cell} " if justify == "right" else f" {cell}{gap} " for cell, gap, justify in gaps]

    found = [Segment(rule("┏", "━", "┳", "┓") + "\n")]
    for heading in padded(columns):
        found += [Segment("┃"), Segment(heading, console.get_style("table.header"))]
    found.append(Segment("┃\n" + rule("┡", "━", "╇", "┩") + "\n"))
    styles = {style: console.get_style(style) for style in {line.style for line in lines} if style}
    for line in lines:
        first, *rest = padded(line.cells)
        found += [
            Segment("│ "),
            Segment(line.cells[0], styles.get(line.style)),
            Segment(first[1 + len(line.cells[0]) :] + "│" + "│".join(rest) + "│\n"),
        ]
    found.append(Segment(rule("└", "─", "┴", "┘") + "\n"))
    console.print(Segments(found), end="")


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
