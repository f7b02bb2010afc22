"""What analyses found: the recorded runs with severities."""

from datetime import datetime
from typing import Annotated, Any, Literal, Protocol

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from fairlead.api.access import allowed, service_of
from fairlead.api.cursor import Cursor, Limit, Page, cursor_of, position
from fairlead.api.encoded import encoded
from fairlead.api.problem import ProblemError, documented
from fairlead.core.access import Caller, Permission

Reader = Annotated[Caller, Depends(allowed(Permission.OVERVIEW))]
Number = Annotated[int, Path(ge=1, le=2**31 - 1)]
Family = Literal["data", "fairness", "model", "explanation", "quality"]
Severity = Literal["info", "inconclusive", "warning", "critical"]


class Wanted(BaseModel):
    """Which records; all of what is given must hold."""

    model_config = ConfigDict(extra="forbid")

    model: Annotated[str | None, Field(max_length=128)] = None
    family: Family | None = None
    severity: Severity | None = Field(None, description="Of the worst measurement.")
    trigger: Annotated[str | None, Field(max_length=16)] = None
    start: AwareDatetime | None = Field(None, alias="from", description="Windows that end at this time or later.")
    end: AwareDatetime | None = Field(None, alias="to", description="Windows that end before this time.")
    limit: Limit = 50
    cursor: Cursor = None


class Records(Protocol):
    """Implemented in app."""

    def page(
        self, filters: dict[str, Any], severity: str | None, before: int | None, most: int, caller: Caller
    ) -> tuple[list[dict[str, Any]], int | None]:
        """Records newest first, and the id behind which the next page begins (None: there is none)."""

    def one(self, number: int, caller: Caller) -> dict[str, Any] | None:
        """A record with all its measurements."""


class Window(BaseModel):
    """Half-open: [start, end)."""

    start: datetime
    end: datetime


class Limits(BaseModel):
    """Where a severity begins; null where none does."""

    warning: float | None
    critical: float | None


class Judged(BaseModel):
    """A measurement: past its threshold and inside its noise it is inconclusive."""

    metric: str
    labels: dict[str, str]
    value: float
    noise: float | None
    thresholds: Limits | None
    severity: Severity
    samples: int
    baseline_samples: int


class NotComputed(BaseModel):
    """A metric without a value, and why."""

    metric: str
    labels: dict[str, str]
    reason: str


class Record(BaseModel):
    """A run: severity is that of its worst measurement, findings are the measurements above info."""

    id: int
    model: str
    model_version: str
    family: str
    trigger: str
    window: Window
    started_at: datetime
    finished_at: datetime
    baseline: str | None
    samples: int
    failure: str | None
    severity: Severity
    counts: dict[Severity, int]
    findings: list[Judged]


class WholeRecord(Record):
    """A run with all that it measured."""

    measurements: list[Judged]
    not_computed: list[NotComputed]


router = APIRouter(tags=["monitoring"])


@router.get("/api/v1/monitoring/records", response_model=Page[Record])
def list_records(request: Request, caller: Reader, wanted: Annotated[Wanted, Query()]) -> Response:
    """Records, newest first. A page may be short, also empty, while `next` names another one.

    Fairness is left out for those who may not see it.
    """
    sees_fairness = caller.may(Permission.FAIRNESS)
    if wanted.family == "fairness" and not sees_fairness:
        raise ProblemError(403, f"role: must have the permission fairness, got {caller.role}")
    filters = wanted.model_dump(include={"model", "family", "trigger", "start", "end"})
    filters["hidden"] = () if sees_fairness else ("fairness",)
    before = position(wanted.cursor)
    found, last = service_of(request).records.page(filters, wanted.severity, before, wanted.limit, caller)
    return encoded({"items": found, "next": None if last is None else cursor_of(last)})


@router.get("/api/v1/monitoring/records/{number}", response_model=WholeRecord, responses=documented(404))
def one_record(request: Request, caller: Reader, number: Number) -> Response:
    """One record with all its measurements."""
    found = service_of(request).records.one(number, caller)
    if found is None:
        raise ProblemError(404, f"record: must be there and shown to {caller.role}, got {number}")
    return encoded(found)
