"""The route of a page: its errors are pages, too, and its headers are strict."""

from collections.abc import Callable, Coroutine
from http import HTTPStatus
from typing import Any

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from fastapi.routing import APIRoute

from fairlead.api.problem import ProblemError
from fairlead.console.rendering import HEADERS, render
from fairlead.console.visitor import LoginNeededError, login_address
from fairlead.errors import (
    FairleadError,
    ForbiddenExemptionError,
    ForbiddenMoveError,
    StoreError,
    UnknownBaselineError,
    UnknownExemptionError,
    UnknownIncidentError,
)

STATUSES: tuple[tuple[type[FairleadError], int], ...] = (
    (StoreError, 503),
    (UnknownIncidentError, 404),
    (UnknownBaselineError, 404),
    (UnknownExemptionError, 404),
    (ForbiddenExemptionError, 403),
    (ForbiddenMoveError, 403),
    (FairleadError, 409),
)
"""The first kind that an error is of says which status it is."""


class Page(APIRoute):
    """Answers with pages whatever happens, but what nobody expected."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler with its errors told as pages."""
        answer = super().get_route_handler()

        async def page(request: Request) -> Response:
            try:
                response = await answer(request)
            except LoginNeededError as error:
                response = RedirectResponse(login_address(error.back), 303)
            except ProblemError as error:
                response = failed(request, error.status, error.detail, error.headers)
            except RequestValidationError as error:
                first = error.errors()[0]
                where = ".".join(str(part) for part in first["loc"][1:])
                response = failed(request, 422, f"{where}: {str(first['msg']).lower()}")
            except FairleadError as error:
                response = failed(request, status_of(error), str(error))
            for name, value in HEADERS.items():
                response.headers.setdefault(name, value)
            return response

        return page


def status_of(error: FairleadError) -> int:
    """The status that an error has."""
    return next(status for kind, status in STATUSES if isinstance(error, kind))


def failed(request: Request, status: int, detail: str, headers: dict[str, str] | None = None) -> Response:
    """The page that says why there is no other."""
    response = render(request, "failed.html", status, title=HTTPStatus(status).phrase, detail=detail)
    response.headers.update(headers or {})
    return response
