"""A report as plain data: the same facts give the same document, and the same document the same bytes."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime

Cell = str | int | float | None


@dataclass(frozen=True, slots=True)
class Section:
    """A table under a title; text says what it shows."""

    title: str
    text: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A whole report. audit_number and audit_hash are the end of the audit log as it was then."""

    kind: str
    title: str
    subject: str
    start: datetime | None
    end: datetime
    audit_number: int
    audit_hash: str
    sections: tuple[Section, ...]


def as_json(document: Document) -> str:
    """JSON with one order of keys."""
    return json.dumps(
        {
            "kind": document.kind,
            "title": document.title,
            "subject": document.subject,
            "start": None if document.start is None else stamp(document.start),
            "end": stamp(document.end),
            "audit": {"number": document.audit_number, "hash": document.audit_hash},
            "sections": [
                {
                    "title": section.title,
                    "text": section.text,
                    "columns": list(section.columns),
                    "rows": [list(row) for row in section.rows],
                }
                for section in document.sections
            ],
        },
        ensure_ascii=False,
        allow_nan=False,
        indent=1,
    )


def stamp(moment: datetime) -> str:
    """A moment in UTC, to the second."""
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
