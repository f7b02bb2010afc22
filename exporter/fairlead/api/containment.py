"""Lifts what holds a model."""

from datetime import datetime
from typing import Annotated, Any, Protocol

from fastapi import APIRouter, Depends, Path, Request, Response
from pydantic import BaseModel

from fairlead.api.access import service_of
from fairlead.api.body import Body, Prose
from fairlead.api.once import Once, once
from fairlead.api.problem import ProblemError, documented
from fairlead.core.access import Caller, Permission
from fairlead.errors import ForbiddenMoveError

router = APIRouter(tags=["incidents"])


class Containment(Protocol):
    """Implemented in app."""

    def unfreeze(self, name: str, caller: Caller, reason: str) -> Any:
        """Lift what holds a model; None for a model that is not configured."""

    def lifted(self) -> None:
        """Call at once, after what was ordered is committed."""


class Lifting(Body):
    """Why the model may decide again."""

    reason: Prose


class Lifted(BaseModel):
    """What was ordered; the platform is called with this key until it answers."""

    model: str
    action: str
    key: str
    ordered_by: str
    ordered_at: datetime


@router.post("/api/v1/models/{model}/unfreeze", response_model=Lifted, responses=documented(404, 409, 422))
def unfreeze(
    request: Request,
    act: Annotated[Once, Depends(once(Permission.INCIDENTS))],
    model: Annotated[str, Path(max_length=128)],
    body: Lifting,
) -> Response:
    """Lift a freeze or a manual review: an ML lead, a compliance officer or the CTO."""
    containment = service_of(request).containment

    def work() -> Lifted:
        try:
            found = containment.unfreeze(model, act.caller, body.reason)
        except ForbiddenMoveError as error:
            raise ProblemError(403, str(error)) from None
        if found is None:
            raise ProblemError(404, f"model: must be a configured one, got {model!r}")
        return Lifted.model_validate(found, from_attributes=True)

    answer = act(work)
    containment.lifted()
    return answer
