"""What is remembered of a file that has been counted, so that it need not be read again."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time

from fairlead.core.plan import Window
from fairlead.core.schedule import DAY
from fairlead.core.summary import Summary

Span = tuple[int, int]
"""The first and the last timestamp of a file, in microseconds since 1970, UTC."""
EVERYWHERE: Span = (-(2**63), 2**63 - 1)
NOWHERE: Span = (2**63 - 1, -(2**63))
"""Of a file without a dated row."""


@dataclass(frozen=True, slots=True)
class Identity:
    """What tells a file from itself after a change; times in nanoseconds.

    labels is a digest of the label files that its rows were joined with; path then names these, too.
    """

    path: str
    size: int
    modified: int
    changed: int
    inode: int
    labels: str = ""


@dataclass(frozen=True, slots=True)
class Known:
    """Pieces of a file in its present state, without its undated rows, which have a count of their own.

    span is None until somebody has looked for it.
    """

    pieces: Mapping[Window, Summary] = field(default_factory=dict)
    undated: int = 0
    span: Span | None = None


def is_day(piece: Window) -> bool:
    """Whether the piece is a whole UTC day."""
    midnight = datetime.combine(piece.start.astimezone(UTC).date(), time(tzinfo=UTC))
    return piece.start == midnight and piece.end - piece.start == DAY
