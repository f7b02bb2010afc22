"""How monitoring itself does, and what is monitored."""

from datetime import datetime
from typing import Annotated, Any, Protocol

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel

from fairlead.api.access import allowed, service_of
from fairlead.api.encoded import encoded
from fairlead.core.access import Caller, Permission


class Health(Protocol):
    """Implemented in app."""

    def report(self) -> dict[str, Any]:
        """Store, configuration, and each model with its families."""

    def overview(self, fairness: bool) -> list[dict[str, Any]]:
        """Each model with the last run of each family."""


class StoreHealth(BaseModel):
    """Whether the database answers."""

    reachable: bool
    reason: str | None


class ConfigHealth(BaseModel):
    """Whether the configuration was last read successfully, when it was tried, and why not."""

    loaded: bool
    at: datetime
    reason: str | None


class BaselineHealth(BaseModel):
    """The active baseline."""

    version: str
    created_by: str
    created_at: datetime


class Failure(BaseModel):
    """The last failed analysis."""

    at: datetime
    reason: str


class FamilyHealth(BaseModel):
    """next_due is the first due time that no analysis has served; failing: no success came after the last failure."""

    family: str
    last_success: datetime | None
    next_due: datetime
    cadence_seconds: float
    overdue: bool
    overdue_seconds: float
    failing: bool
    last_failure: Failure | None


class ModelHealth(BaseModel):
    """One model; without a baseline nothing is compared. baseline_failure: why there is none of its version."""

    model: str
    baseline: BaselineHealth | None
    baseline_failure: str | None
    families: list[FamilyHealth]


class HealthReport(BaseModel):
    """healthy: the store answers, the configuration is loaded, each model has a baseline, nothing is late or fails."""

    healthy: bool
    as_of: datetime
    store: StoreHealth
    config: ConfigHealth
    models: list[ModelHealth]


class LastRun(BaseModel):
    """The last successful run of a family; record is its id."""

    family: str
    record: int | None
    window_end: datetime | None
    samples: int | None


class MonitoredModel(BaseModel):
    """A configured model."""

    model: str
    version: str
    risk: str
    team: str
    environment: str
    baseline: str | None
    families: list[LastRun]


class Models(BaseModel):
    """All configured models."""

    items: list[MonitoredModel]


router = APIRouter(tags=["monitoring"])


@router.get(
    "/api/v1/monitoring/health", response_model=HealthReport, dependencies=[Depends(allowed(Permission.HEALTH))]
)
def health(request: Request) -> Response:
    """Per model and family: last success, next due time, last failure; the store and the configuration."""
    return encoded(service_of(request).health.report())


@router.get("/api/v1/models", response_model=Models)
def models(request: Request, caller: Annotated[Caller, Depends(allowed(Permission.OVERVIEW))]) -> Response:
    """The configured models with the last run of each family; fairness only for those who may see it."""
    found = service_of(request).health.overview(caller.may(Permission.FAIRNESS))
    return encoded({"items": found})
