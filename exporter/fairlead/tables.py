"""Tables for people at a terminal."""

from collections.abc import Iterable

from rich.table import Table
from rich.text import Text

from fairlead.core.difference import Difference
from fairlead.store.baselines import BaselineFacts


def baselines(facts: Iterable[BaselineFacts]) -> Table:
    """One line per baseline."""
    table = Table("model", "version", "active", "rows", "created", "by", "from")
    for one in facts:
        active = "yes" if one.active else ""
        created = f"{one.created_at:%Y-%m-%d %H:%M}"
        cells = (one.model, one.version, active, str(one.samples), created, one.created_by, one.source)
        table.add_row(*(Text(cell) for cell in cells))
    return table


def differences(found: Iterable[Difference]) -> Table:
    """One line per quantity that differs."""
    table = Table("of", "quantity")
    for name in ("before", "after", "change"):
        table.add_column(name, justify="right")
    for one in found:
        change = None if one.before is None or one.after is None else one.after - one.before
        numbers = ("–" if number is None else f"{number:.6g}" for number in (one.before, one.after, change))
        table.add_row(Text(one.subject), Text(one.quantity), *numbers)
    return table
