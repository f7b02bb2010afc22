"""What the prediction log keeps of pushed rows, and how its parts speak of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

PREDICTIONS, LABELS = "predictions", "labels"
KINDS = (PREDICTIONS, LABELS)

ID = "\x01id"
"""Column of the hashes of row ids. Configured columns have no control characters, so that none is called this."""
KNOWN = "\x01known"
"""Column of when a label became known, where the configuration names none."""


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns of one model's predictions or labels; all others are dropped.

    numbers are kept as numbers and names as text; a column in both is a number that is kept as text. A row without a
    timestamp is refused, or is of ``now`` where ``stamped``. Columns in ``hashed`` are never stored as they came. The
    column ``id`` names a row: the same id on the same UTC day is the same row. aliases are further names of columns.
    """

    model: str
    kind: str
    timestamp: str
    timestamp_unit: str | None
    numbers: frozenset[str]
    names: frozenset[str]
    hashed: frozenset[str] = frozenset()
    id: str | None = None
    stamped: bool = False
    required: frozenset[str] = frozenset()
    aliases: Mapping[str, str] = field(default_factory=dict)

    def columns(self) -> tuple[str, ...]:
        """All that is kept but the timestamp, in the order of files."""
        return tuple(sorted((self.numbers | self.names) - {self.timestamp}))


@dataclass(frozen=True, slots=True)
class LogFile:
    """One file of the log: rows of one model, kind and UTC day; first and last in microseconds since 1970.

    shape tells files with other columns or types apart.
    """

    model: str
    kind: str
    day: date
    name: str
    shape: str
    rows: int
    bytes: int
    first: int
    last: int
    arrived_at: datetime


@dataclass(frozen=True, slots=True)
class Answered:
    """A batch that was taken: its key, a digest of what was sent, and the answer."""

    model: str
    kind: str
    key: str
    digest: str
    answer: str


@dataclass(frozen=True, slots=True)
class Holding:
    """What the log holds of one model and kind."""

    model: str
    kind: str
    files: int
    rows: int
    bytes: int
    oldest: date
