"""Who is on call."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from fairlead.console.page import Page
from fairlead.console.rendering import render
from fairlead.console.visitor import Visitor, service_of, visiting
from fairlead.core.access import Permission

router = APIRouter(route_class=Page)


@router.get("/oncall", include_in_schema=False)
def oncall(request: Request, _visitor: Annotated[Visitor, Depends(visiting(Permission.INCIDENTS_READ))]) -> Response:
    """One line for each rotation."""
    found = service_of(request).oncall
    return render(request, "oncall.html", turns=found.at(found.now()))
