"""What the routes of pushed rows ask of the running fairlead."""

from dataclasses import dataclass, field
from typing import Any, Protocol

MOST_BYTES = 32 << 20
"""Of a body, before and after it is decompressed."""
JSON, ARROW, PARQUET = "application/json", "application/vnd.apache.arrow.stream", "application/vnd.apache.parquet"


@dataclass(frozen=True, slots=True)
class Push:
    """A request: what to keep, in which form, and the names that did not come in the body."""

    kind: str
    body: bytes
    media_type: str
    coding: str = ""
    model: str | None = None
    batch: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What to answer; mistakes where nothing was kept."""

    status: int
    content: dict[str, Any] = field(default_factory=dict)
    mistakes: list[str] = field(default_factory=list)
    retry_after: int | None = None
    repeated: bool = False


class Predictions(Protocol):
    """The prediction log."""

    async def push(self, push: Push) -> Outcome:
        """Keep rows; returns when they are on disk."""

    def hold(self, size: int) -> bool:
        """Reserve (or with less than 0 give back) memory for bodies; False when too much is in use."""
