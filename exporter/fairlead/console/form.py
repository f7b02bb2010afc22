"""What a form sends: checked to come from one of our own pages before anything of it is used."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from enum import StrEnum
from hashlib import sha256
from typing import Annotated, TypeVar

from fastapi import Depends, Request
from starlette.datastructures import FormData

from fairlead.api.once import Once
from fairlead.api.problem import ProblemError
from fairlead.console.visitor import Visitor, is_token, service_of, visiting
from fairlead.core.access import Permission

MEDIA_TYPE = "application/x-www-form-urlencoded"
TOKEN, ONCE = "token", "once"
MOST_FIELDS = 32
PROSE, LINE = 20_000, 256

Choice = TypeVar("Choice", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Sent:
    """A form of a visitor. The fields raise 422 where what was typed cannot be."""

    visitor: Visitor
    fields: dict[str, str]
    once: Once

    def text(self, name: str, most: int = PROSE) -> str:
        """What was typed, with the line ends of Unix."""
        found = self.fields.get(name, "").replace("\r\n", "\n").strip()
        if len(found) > most:
            raise ProblemError(422, f"{name}: must be at most {most} characters, got {len(found)}")
        if "\0" in found:
            raise ProblemError(422, f"{name}: must not contain U+0000")
        return found

    def choice(self, name: str, kinds: type[Choice]) -> Choice | None:
        """One of a list, or none."""
        found = self.fields.get(name, "")
        if not found:
            return None
        try:
            return kinds(found)
        except ValueError:
            raise ProblemError(422, f"{name}: must be one of {', '.join(kinds)}, got {found[:64]!r}") from None

    def day(self, name: str) -> datetime:
        """The end of a day, UTC."""
        found = self.fields.get(name, "")
        try:
            day = date.fromisoformat(found)
        except ValueError:
            raise ProblemError(422, f"{name}: must be a date such as 2026-12-24, got {found[:64]!r}") from None
        return datetime.combine(day, time(23, 59, 59), UTC)


def sent(permission: Permission) -> Callable[..., object]:
    """A dependency that is the form of a visitor who may; 403 for one that no page of ours has made for them."""

    async def form(request: Request, visitor: Annotated[Visitor, Depends(visiting(permission))]) -> Sent:
        refuse_other_sites(request)
        fields = await fields_of(request)
        if not is_token(fields.get(TOKEN, ""), visitor.secret):
            raise ProblemError(403, "form: must come from a page of this session, got another: load the page again")
        key = fields.get(ONCE, "")
        digest = sha256(repr((request.url.path, sorted(fields.items()))).encode(errors="backslashreplace")).hexdigest()
        usable = 0 < len(key) <= 128 and key.isascii() and key.isprintable()
        answers = service_of(request).answers
        return Sent(visitor, fields, Once(visitor.caller, f"form:{key}"[:128] if usable else None, digest, answers))

    form.permission = permission  # type: ignore[attr-defined]
    return form


def refuse_other_sites(request: Request) -> None:
    """403 for a form that a browser says another site has sent."""
    if request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        raise ProblemError(403, "form: must come from a page of this site, got another")


async def fields_of(request: Request) -> dict[str, str]:
    """Fields by name; a file is none, and of several of a name the last counts."""
    given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if given != MEDIA_TYPE:
        raise ProblemError(415, f"content-type: must be {MEDIA_TYPE}, got {given[:128] or 'none'}")
    content: FormData = await request.form(max_fields=MOST_FIELDS, max_files=0)
    return {name: value for name, value in content.multi_items() if isinstance(value, str)}
