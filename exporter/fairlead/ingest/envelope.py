"""The JSON around rows: {"model": …, "batch": …, "rows": […]}, or one "row"."""

import re
from dataclasses import dataclass
from typing import Any

from pydantic_core import from_json

from fairlead.ingest.refusal import invalid, too_large, unreadable

KEYS = ("model", "batch", "rows", "row")
STRING = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Envelope:
    """What a JSON body says."""

    rows: list[Any]
    model: str | None = None
    batch: str | None = None


def envelope_of(body: bytes, most_rows: int) -> Envelope:
    """A JSON body; as objects take twenty times the room of their text, they are counted before they are made."""
    most_objects = most_rows + 1000
    if _brackets(body) > most_objects and _brackets(STRING.sub(b"", body)) > most_objects:
        raise too_large("rows", most_rows)
    try:
        document = from_json(body)
    except ValueError as error:
        raise unreadable("JSON", str(error)[:120]) from None
    if not isinstance(document, dict):
        raise invalid(["body: must be an object with model and rows, got something else"])
    mistakes = [
        f"{str(key)[:60]!r}: must be one of {', '.join(KEYS)}, got another key" for key in document.keys() - {*KEYS}
    ]
    for key in ("model", "batch"):
        if not isinstance(document.get(key), str | None):
            mistakes.append(f"{key}: must be text, got something else")
    if ("rows" in document) == ("row" in document):
        mistakes.append(f"rows: must be given, or row, got {'both' if 'rows' in document else 'neither'}")
    elif not isinstance(document.get("rows", []), list):
        mistakes.append("rows: must be a list of objects, got something else")
    if mistakes:
        raise invalid(mistakes)
    rows = document["rows"] if "rows" in document else [document["row"]]
    if len(rows) > most_rows:
        raise too_large("rows", most_rows)
    return Envelope(rows, document.get("model"), document.get("batch"))


def _brackets(body: bytes) -> int:
    return body.count(b"{") + body.count(b"[")
