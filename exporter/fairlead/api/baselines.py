"""Baselines: listed, made, approved, activated, archived, reset and compared."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated, Any, Self

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from fairlead.api.access import allowed, service_of
from fairlead.api.cursor import Cursor, Limit, Page, page_of, position
from fairlead.api.once import Once, once
from fairlead.api.problem import ProblemError, documented
from fairlead.api.service import Baselines
from fairlead.core.access import Caller, Permission
from fairlead.core.difference import Report
from fairlead.core.distance import Distance
from fairlead.core.lifecycle import RESETS, State, Trigger
from fairlead.errors import ApprovalError, UnknownBaselineError

ROOT = "/api/v1/monitoring/baselines"
ONE = ROOT + "/{model:path}/{version}"


def _said(text: str) -> str:
    if not text.strip():
        raise ValueError("must not be blank")
    return text


Name = Annotated[str, Field(min_length=1, max_length=128)]
Why = Annotated[str, Field(min_length=1, max_length=2000), AfterValidator(_said)]
NAME = "^[^\\x00-\\x1f\\x7f]+$"
VERSION = "^[0-9]{4}-[0-9]{2}-[0-9]{2}-v[0-9]{1,9}$"
Model = Annotated[str, Path(min_length=1, max_length=128, pattern=NAME)]
Version = Annotated[str, Path(pattern=VERSION)]


class Asked(BaseModel):
    """What a request asks for; unknown keys are refused."""

    model_config = ConfigDict(extra="forbid")


class NewBaseline(Asked):
    """Which model, of which rows (so many last whole days, or the validation set), and why."""

    model: Name
    last_days: Annotated[int, Field(ge=1, le=400)] | None = None
    validation: bool = False
    trigger: Trigger
    reason: Why

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if self.validation == (self.last_days is not None):
            raise ValueError("must have one of last_days and validation")
        if self.trigger is Trigger.QUARTERLY_REFRESH:
            raise ValueError("trigger must be another one than quarterly_refresh, which is the review's")
        if self.trigger is Trigger.DEPLOYMENT and not self.validation:
            raise ValueError("trigger must be another one than deployment without the validation set")
        return self


def _resets(trigger: Trigger) -> Trigger:
    if trigger not in RESETS:
        raise ValueError(f"must be {' or '.join(sorted(RESETS))}")
    return trigger


class Reset(Asked):
    """Which model, and what has happened."""

    model: Name
    reason: Why
    trigger: Annotated[Trigger, AfterValidator(_resets)] = Trigger.DATA_SOURCE_CHANGE


class BaselineItem(BaseModel):
    """A baseline without its content. What is unknown or has not happened is null; distance is from the one before."""

    model_config = ConfigDict(from_attributes=True)

    model: str
    version: str
    state: State
    trigger: Trigger
    reason: str
    model_version: str | None
    created_by: str
    author: str
    created_at: datetime
    expires_at: datetime | None
    approved_by: str | None
    approved_role: str | None
    approved_at: datetime | None
    activated_at: datetime | None
    archived_at: datetime | None
    source: str
    samples: int
    content_hash: str


class BaselineDetail(BaselineItem):
    """A baseline with how far it is from the one before, and on request with its content."""

    distance: Distance | None
    content: dict[str, Any] | None = None


class ResetBaseline(BaselineDetail):
    """The new baseline, and the incident that documents why (null if there was nothing to do)."""

    incident: str | None = None


@contextmanager
def _answered() -> Iterator[None]:
    """What is not there is 404, what another role must decide is 403, what a state does not allow stays 409."""
    try:
        yield
    except UnknownBaselineError as error:
        raise ProblemError(404, str(error)) from None
    except ApprovalError as error:
        raise ProblemError(403, str(error)) from None


router = APIRouter(tags=["baselines"])
Reader = Annotated[Caller, Depends(allowed(Permission.FAIRNESS))]
Write = Annotated[Once, Depends(once(Permission.BASELINES))]


def baselines_of(request: Request) -> Baselines:
    """The service of this subject."""
    return service_of(request).baselines


@router.get(ROOT, dependencies=[Depends(allowed(Permission.OVERVIEW))])
def list_baselines(
    request: Request,
    *,
    model: Annotated[str | None, Query(max_length=128, pattern=NAME)] = None,
    state: State | None = None,
    trigger: Trigger | None = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[BaselineItem]:
    """Baselines, newest first."""
    found = baselines_of(request).page(model, state, trigger, position(cursor), limit + 1)
    return page_of(found, limit, BaselineItem.model_validate)


@router.post(ROOT, status_code=201, response_model=BaselineDetail, responses=documented(404, 409))
def create_baseline(request: Request, write: Write, asked: NewBaseline) -> Response:
    """Make a baseline. It is active at once where nobody has to approve, else a draft. Answers when it is kept."""
    kept, days = baselines_of(request), asked.last_days
    with _answered():
        return write.after(
            lambda: kept.prepare(write.caller, asked.model, days, asked.trigger, asked.reason),
            lambda new: BaselineDetail.model_validate(kept.create(write.caller, new)),
            status=201,
        )


@router.post(ROOT + "/reset", status_code=201, response_model=ResetBaseline, responses=documented(404, 409))
def reset_baseline(request: Request, write: Write, asked: Reset) -> Response:
    """Replace the baseline by one of the last 7 days: at once in the role that decides, else as a draft."""
    kept = baselines_of(request)

    def keep(new: Any) -> ResetBaseline:
        made, incident = kept.reset(write.caller, new)
        return ResetBaseline(**BaselineDetail.model_validate(made).model_dump(), incident=incident)

    with _answered():
        return write.after(
            lambda: kept.prepare_reset(write.caller, asked.model, asked.trigger, asked.reason), keep, 201
        )


@router.get(ROOT + "/{model:path}/diff", responses=documented(404, 409))
def compare_baselines(
    request: Request,
    caller: Reader,
    model: Model,
    before: Annotated[str, Query(pattern=VERSION)],
    after: Annotated[str, Query(pattern=VERSION)],
) -> Report:
    """What differs between two versions: how far each subject has moved, and quantities of both. Audited."""
    with _answered():
        return baselines_of(request).difference(caller, model, before, after)


@router.get(ONE, responses=documented(404, 409))
def show_baseline(
    request: Request, caller: Reader, model: Model, version: Version, content: bool = False
) -> BaselineDetail:
    """One baseline; its content holds rates of groups, so a reading of it is audited."""
    with _answered():
        found = BaselineDetail.model_validate(baselines_of(request).facts(model, version))
        if content:
            found.content = json.loads(baselines_of(request).content(caller, model, version))
    return found


@router.post(ONE + "/approve", response_model=BaselineDetail, responses=documented(404, 409))
def approve_baseline(request: Request, write: Write, model: Model, version: Version) -> Response:
    """Approve a draft of somebody else, in the role that its trigger asks for."""
    kept = baselines_of(request)
    with _answered():
        return write(lambda: BaselineDetail.model_validate(kept.approve(write.caller, model, version)))


@router.post(ONE + "/activate", response_model=BaselineDetail, responses=documented(404, 409))
def activate_baseline(request: Request, write: Write, model: Model, version: Version) -> Response:
    """Compare with an approved baseline from now on; the one that was active is archived."""
    kept = baselines_of(request)
    with _answered():
        return write.after(
            lambda: kept.prepare_activation(model, version),
            lambda apart: BaselineDetail.model_validate(kept.activate(write.caller, model, version, apart)),
        )


@router.post(ONE + "/archive", response_model=BaselineDetail, responses=documented(404, 409))
def archive_baseline(request: Request, write: Write, model: Model, version: Version) -> Response:
    """Put a baseline away that is not to become the active one."""
    kept = baselines_of(request)
    with _answered():
        return write(lambda: BaselineDetail.model_validate(kept.archive(write.caller, model, version)))
