"""A request of analyses on demand."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked for, and how far it got; models and families are those wanted, done and runs what there is."""

    id: int
    models: tuple[str, ...]
    families: tuple[str, ...]
    as_of: datetime
    requested_by: str
    requested_at: datetime
    status: str
    tries: int
    started_at: datetime | None
    finished_at: datetime | None
    failure: str | None
    done: tuple[str, ...]
    runs: tuple[int, ...]
