"""Analyses on demand."""

import json
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Request, Response
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from fairlead.api.access import allowed, service_of
from fairlead.api.once import Once, once
from fairlead.api.problem import ProblemError, documented
from fairlead.api.service import Analyses
from fairlead.core.access import Caller, Permission
from fairlead.core.families import FAMILIES
from fairlead.core.run import Run

EARLIEST = datetime(1971, 1, 1, tzinfo=UTC)
LARGEST = 2**31 - 1
"""Of the ids."""


def _moment(value: datetime) -> datetime:
    """UTC where it names no zone."""
    moment = value if value.tzinfo else value.replace(tzinfo=UTC)
    if not EARLIEST <= moment <= datetime.max.replace(tzinfo=UTC) - timedelta(days=1):
        raise ValueError("must be a moment after 1970")
    return moment.astimezone(UTC)


Family = Literal["data", "fairness", "model", "explanation", "quality"]


class AnalysisWanted(BaseModel):
    """What to analyse: without model all of them, without families all that the model has, without as_of up to now."""

    model_config = ConfigDict(extra="forbid")

    model: Annotated[str, Field(min_length=1, max_length=128)] | None = None
    families: Annotated[list[Family], Field(min_length=1, max_length=len(FAMILIES))] | None = None
    as_of: Annotated[datetime, AfterValidator(_moment)] | None = None


class AnalysisRun(BaseModel):
    """One run of a request; its measurements are a record."""

    id: int
    model: str
    family: str
    window_start: datetime
    window_end: datetime
    finished_at: datetime
    baseline: str | None
    samples: int
    failure: str | None


class AnalysisState(BaseModel):
    """A request of analyses and what became of it."""

    id: int
    status: Literal["pending", "running", "done", "failed"]
    models: list[str]
    families: list[str]
    as_of: datetime
    requested_by: str
    requested_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    failure: str | None
    runs: list[AnalysisRun]


router = APIRouter()


@router.post(
    "/api/v1/monitoring/analyze-now",
    status_code=202,
    response_model=AnalysisState,
    responses=documented(401, 403, 409, 413, 422, 429, 503),
)
def analyze_now(
    wanted: AnalysisWanted, request: Request, once: Annotated[Once, Depends(once(Permission.ANALYSE))]
) -> Response:
    """Ask for analyses; the answer comes at once, its Location tells how far they are. An equal request that waits
    already is the same one."""
    analyses = service_of(request).analyses
    answer = once(lambda: _accepted(wanted, analyses, once.caller), status=202)
    answer.headers["Location"] = f"/api/v1/monitoring/analyses/{json.loads(bytes(answer.body))['id']}"
    analyses.wake()
    return answer


def _accepted(wanted: AnalysisWanted, analyses: Analyses, caller: Caller) -> AnalysisState:
    models, families = _sensible(wanted, analyses)
    number = analyses.request(caller, models, families, wanted.as_of)
    if number is None:
        raise ProblemError(429, "queue: must have room, got as many requests as may wait", {"Retry-After": "60"})
    return _state(number, analyses)


@router.get("/api/v1/monitoring/analyses/{id}", responses=documented(401, 403, 404, 422, 503))
def analysis(
    request: Request,
    number: Annotated[int, Path(alias="id", ge=1, le=LARGEST)],
    _caller: Annotated[Caller, Depends(allowed(Permission.ANALYSE))],
) -> AnalysisState:
    """How far requested analyses are, and their runs."""
    return _state(number, service_of(request).analyses)


def _sensible(wanted: AnalysisWanted, analyses: Analyses) -> tuple[list[str], list[str]]:
    """The models and families that are meant."""
    known, families = analyses.families(), list(dict.fromkeys(wanted.families or ()))
    if wanted.model is not None and wanted.model not in known:
        raise ProblemError(422, f"body.model: must be a configured model, got {wanted.model!r}")
    if wanted.as_of is not None and wanted.as_of > analyses.now():
        raise ProblemError(422, f"body.as_of: must not be in the future, got {wanted.as_of.isoformat()!r}")
    models = [wanted.model] if wanted.model is not None else list(known)
    if families:
        models = [model for model in models if set(families) & set(known[model])]
        unknown = [family for family in families if not any(family in known[model] for model in models)]
        if unknown:
            subject = f"model {wanted.model!r}" if wanted.model is not None else "any model"
            raise ProblemError(422, f"body.families: must be measured of {subject}, got {unknown[0]!r}")
    return models, [family for family in FAMILIES if family in families]


def _state(number: int, analyses: Analyses) -> AnalysisState:
    found = analyses.get(number)
    if found is None:
        raise ProblemError(404, f"analyses: must be the id of a request, got {number}")
    wanted, runs = found
    return AnalysisState.model_validate(
        {
            "id": number,
            "status": wanted.status,
            "models": wanted.models,
            "families": wanted.families,
            "as_of": wanted.as_of,
            "requested_by": wanted.requested_by,
            "requested_at": wanted.requested_at,
            "started_at": wanted.started_at,
            "finished_at": wanted.finished_at,
            "failure": wanted.failure,
            "runs": [_run(run) for run in runs],
        }
    )


def _run(run: Run) -> AnalysisRun:
    return AnalysisRun(
        id=run.id,
        model=run.model,
        family=run.family,
        window_start=run.window.start,
        window_end=run.window.end,
        finished_at=run.finished,
        baseline=run.baseline,
        samples=run.samples,
        failure=run.failure,
    )
