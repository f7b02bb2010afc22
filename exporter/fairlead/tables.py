"""Tables for people at a terminal."""

from collections.abc import Iterable

from rich.table import Table
from rich.text import Text

from fairlead.core.difference import Difference
from fairlead.store.baselines import BaselineFacts


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
