"""Lists come in pages: each page names the cursor of the next one."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from typing import Annotated, Generic, TypeVar

from fastapi import Query
from pydantic import BaseModel

from fairlead.api.problem import ProblemError

T = TypeVar("T")
Row = TypeVar("Row")
MOST = 1000

Limit = Annotated[int, Query(ge=1, le=MOST, description="Most items of the page.")]
Cursor = Annotated[str | None, Query(max_length=64, description="`next` of the page before.")]


class Page(BaseModel, Generic[T]):
    """Items, newest first unless said otherwise, and the cursor of the next page (null on the last one)."""

    items: list[T]
    next: str | None = None


def page_of(found: Sequence[Row], limit: int, shown: Callable[[Row], T], key: str = "id") -> Page[T]:
    """The page of so many rows at most, of which one more was asked for; they are in the order of this attribute."""
    following = cursor_of(getattr(found[limit - 1], key)) if len(found) > limit else None
    return Page(items=[shown(one) for one in found[:limit]], next=following)


def position(cursor: str | None) -> int | None:
    """The id that a cursor stands for."""
    if cursor is None:
        return None
    try:
        text = urlsafe_b64decode(cursor.encode()).decode("ascii")
        if not text.startswith("id:") or not (number := int(text.removeprefix("id:"))) > 0:
            raise ValueError
    except ValueError:
        raise ProblemError(422, f"query.cursor: must be `next` of a page, got {cursor!r}") from None
    return number


def cursor_of(last: int) -> str:
    """The cursor behind the item with this id."""
    return urlsafe_b64encode(f"id:{last}".encode()).decode()
