"""The audit log, for those who may read it; reading it is an entry too."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel

from fairlead.api.access import audited_read, service_of
from fairlead.api.cursor import Cursor, Limit, Page, page_of, position
from fairlead.api.problem import documented
from fairlead.core.access import Permission
from fairlead.core.audit import Wanted


class AuditEntry(BaseModel):
    """Who did what to which subject, when and from where; hash chains it to the entry before."""

    number: int
    at: datetime
    actor: str
    role: str
    action: str
    subject: str
    source: str
    detail: Any
    hash: str


Words = Annotated[str | None, Query(max_length=256)]
Moment = Annotated[datetime | None, Query(description="UTC unless it names a zone.")]

router = APIRouter(prefix="/api/v1/audit", tags=["audit"])


@router.get(
    "",
    dependencies=[Depends(audited_read("audit", Permission.AUDIT))],
    responses=documented(401, 403, 422, 429, 503),
)
def page(
    request: Request,
    *,
    limit: Limit = 100,
    cursor: Cursor = None,
    actor: Words = None,
    action: Words = None,
    subject: Words = None,
    since: Moment = None,
    until: Moment = None,
) -> Page[AuditEntry]:
    """Entries that match, newest first."""
    wanted = Wanted(actor, action, subject, _utc(since), _utc(until))
    links = service_of(request).audit.page(wanted, limit + 1, position(cursor))
    return page_of(links, limit, lambda link: AuditEntry.model_validate(link.document()), key="number")


def _utc(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment and moment.tzinfo is None else moment
