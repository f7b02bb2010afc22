"""Reports as JSON or as a page that prints well."""

from datetime import datetime
from typing import Annotated, Literal, Protocol

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from fairlead.api.access import allowed, service_of
from fairlead.api.problem import ProblemError, documented
from fairlead.core.access import Caller, Permission
from fairlead.errors import ReportError

Reader = Annotated[Caller, Depends(allowed(Permission.OVERVIEW))]
Kind = Literal["executive", "board", "regulator", "model-health", "bias-audit", "transparency"]
NEEDS = {"regulator": Permission.INCIDENTS_READ, "bias-audit": Permission.FAIRNESS, "model-health": Permission.HEALTH}
MEDIA_TYPES = {"json": "application/json", "html": "text/html; charset=utf-8"}


class Reports(Protocol):
    """Implemented in app."""

    def make(
        self,
        kind: str,
        caller: Caller,
        *,
        style: str,
        period: str | None = None,
        model: str | None = None,
        incident: str | None = None,
    ) -> str:
        """The text of a report."""


class Wanted(BaseModel):
    """About what. Without a period: the last one that is over."""

    model_config = ConfigDict(extra="forbid")

    period: str | None = Field(None, max_length=16, description="2026-11-30, 2026-W48, 2026-11 or 2026-Q4.")
    model: Annotated[str | None, Field(max_length=128)] = None
    incident: Annotated[str | None, Field(max_length=32)] = None
    format: Literal["json", "html"] | None = Field(None, description="Instead of the header Accept.")


class AuditEnd(BaseModel):
    """The last entry of the audit log when the period ended."""

    number: int
    hash: str


class Section(BaseModel):
    """A table."""

    title: str
    text: str
    columns: list[str]
    rows: list[list[str | float | int | None]]


class Report(BaseModel):
    """A report."""

    kind: Kind
    title: str
    subject: str
    start: datetime | None
    end: datetime
    audit: AuditEnd
    sections: list[Section]


router = APIRouter(tags=["reports"])


@router.get(
    "/api/v1/reports/{kind}",
    response_model=Report,
    responses={200: {"content": {"text/html": {"schema": {"type": "string"}}}}, **documented(404, 406)},
)
def report(request: Request, caller: Reader, kind: Kind, wanted: Annotated[Wanted, Query()]) -> Response:
    """Executive (month), board and transparency (quarter), bias audit (week), model health (day), one incident."""
    needed = NEEDS.get(kind)
    if needed is not None and not caller.may(needed):
        raise ProblemError(403, f"role: must have the permission {needed}, got {caller.role}")
    style = wanted.format or _accepted(request.headers.get("accept", "*/*"))
    asked = wanted.model_dump(exclude={"format"})
    try:
        text = service_of(request).reports.make(kind, caller, style=style, **asked)
    except ReportError as error:
        raise ProblemError(422, f"query.{error}") from None
    return Response(text, media_type=MEDIA_TYPES[style], headers={"Vary": "Accept"})


def _accepted(accept: str) -> str:
    """The style that an Accept header prefers; of equal ones JSON."""
    best, chosen = 0.0, None
    for style, types in (("json", ("application/json", "application/*", "*/*")), ("html", ("text/html", "text/*"))):
        for offer in accept.lower().split(","):
            name, _, parameters = offer.replace(" ", "").partition(";")
            weight = _weight(parameters)
            if name in types and weight > best:
                best, chosen = weight, style
    if chosen is None:
        raise ProblemError(406, f"accept: must allow application/json or text/html, got {accept[:128]!r}")
    return chosen


def _weight(parameters: str) -> float:
    for parameter in parameters.split(";"):
        if parameter.startswith("q="):
            try:
                return min(1.0, float(parameter[2:]))
            except ValueError:
                return 0.0
    return 1.0
