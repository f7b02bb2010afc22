"""Loading `fairlead.yml`: every mistake at once, each with its line and place."""

import difflib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from fairlead.config import meaning
from fairlead.config.document import Document, read
from fairlead.config.frozen import frozen
from fairlead.config.schema import Config
from fairlead.config.section import Section
from fairlead.config.shape import FileShape, section_at
from fairlead.config.wording import Loc, short, shown, where
from fairlead.errors import ConfigError, Problem

S = TypeVar("S", bound=Section)
SectionAt = Callable[[Loc], type[Section]]
"""The section whose keys belong at a place."""

EXPECTED = {  # pydantic's error type → what must be
    "string_type": "text",
    "bool_type": "true or false",
    "int_type": "a whole number of at least 1",
    "greater_than": "a number above {gt:g}",
    "greater_than_equal": "a whole number of at least {ge}",
    "float_type": "a number",
    "finite_number": "a finite number",
    "model_type": "a mapping",
    "dict_type": "a mapping",
    "list_type": "a list",
    "too_short": "{min_length} or more entries",
    "too_long": "at most {max_length} entries",
    "literal_error": "{expected}",
    "must_be": "{expected}",
}


def load(path: Path) -> Config:
    """The configuration in a file; ConfigError lists every mistake in it, sorted by line."""
    document = read(path)
    folder = path.absolute().parent
    problems = [Problem(line, where(loc), message) for loc, line, message in document.mistakes]
    shape, errors = shaped(document, FileShape, section_at)
    problems += [problem(document, loc, message) for loc, message in errors if loc not in document.wrong]
    wrong = document.wrong.union(loc for loc, _ in errors)
    _blank(document.data, wrong)
    if isinstance(document.data, dict):
        for loc, message in meaning.check(document.data, folder):
            if not any(loc[:length] in wrong for length in range(len(loc) + 1)):
                problems.append(problem(document, loc, message))
    if problems or shape is None:
        raise ConfigError(str(path), sorted(problems, key=lambda one: one.line or 0))
    return frozen(path.absolute(), folder, shape)


def shaped(document: Document, shape: type[S], section_at: SectionAt) -> tuple[S | None, list[tuple[Loc, str]]]:
    """What a document is in this shape, or the place and message of everything that it is not."""
    try:
        return shape.model_validate(document.data), []
    except ValidationError as error:
        details = error.errors(include_url=False)
        return None, [_mistake(document, detail, section_at) for detail in details]


def _mistake(document: Document, detail: ErrorDetails, section_at: SectionAt) -> tuple[Loc, str]:
    loc, kind = detail["loc"], detail["type"]
    if kind == "missing":
        return loc, "must be given, got nothing"
    if kind == "extra_forbidden":
        return loc, _unknown(loc, section_at)
    found = short(document.written[loc]) if loc in document.written else shown(detail["input"])
    context: dict[str, Any] = detail.get("ctx", {})
    if kind in {"too_short", "too_long"}:
        found = str(context["actual_length"])
    if kind == "string_type" and loc in document.written:
        found += f' (write "{found}")'
    return loc, f"must be {EXPECTED.get(kind, kind).format_map(context)}, got {found}"


def problem(document: Document, loc: Loc, message: str) -> Problem:
    """A mistake with its line and place."""
    place = loc if loc in document.lines else _without_key_mark(loc)
    return Problem(document.line(place), where(place), message)


def _without_key_mark(loc: Loc) -> Loc:
    """Pydantic names the key of an entry (…, key, "[key]")."""
    return loc[:-1] if loc[-1:] == ("[key]",) else loc


def _unknown(loc: Loc, section_at: SectionAt) -> str:
    known = list(section_at(loc[:-1]).model_fields)
    near = difflib.get_close_matches(str(loc[-1])[:64], known, n=1)
    hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(known)}"
    return f"must be a known key, got {shown(loc[-1])} ({hint})"


def _blank(data: Any, places: Iterable[tuple[Any, ...]]) -> None:
    """Replace each wrong value by None; a list with a wrong item is wrong as a whole, but for `models`.

    An item that is a section with a wrong value in it is not a wrong item.
    """
    for loc in places:
        parent, last = data, len(loc) - 1
        for depth, key in enumerate(loc):
            if not (isinstance(parent, list) or (isinstance(parent, dict) and key in parent)):
                break
            if depth == last or (depth > 0 and depth + 1 == last and isinstance(parent[key], list)):
                parent[key] = None
                break
            parent = parent[key]
