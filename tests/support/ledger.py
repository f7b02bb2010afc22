"""A small service with writes of every kind, behind the layers that all routes have."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Annotated, Any

import httpx
from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy import select

from fairlead.api.access import allowed, service_of
from fairlead.api.body import Body, Line
from fairlead.api.once import Once, once
from fairlead.api.problem import ProblemError
from fairlead.app.answers import Answers
from fairlead.core.access import Caller, Permission, Role
from fairlead.core.audit import Entry
from fairlead.errors import FairleadError, StoreError
from fairlead.store.audit import Audit
from fairlead.store.database import Database, open_database
from fairlead.store.tables import audit
from tests.support.served import client_of

NOW = datetime(2026, 1, 9, tzinfo=UTC)
router = APIRouter()

FAILURES = {
    "problem": ProblemError(404, "late"),
    "refuse": FairleadError("no"),
    "store": StoreError("store: must be there"),
    "bug": ZeroDivisionError("secret"),
}


class Note(Body):
    """What is written."""

    text: Line
    many: tuple[Any, ...] = ()
    factor: float = 1.0


@dataclass
class Ledger:
    """Notes in the store, one audit entry each; counts how often the work began."""

    database: Database
    now: datetime = NOW
    begun: int = 0
    prepared: int = 0
    pause: Callable[[], object] = field(default=lambda: None)
    patience: float = 10.0

    def __post_init__(self) -> None:
        self.answers = Answers(self.database, lambda: self.now, self.patience)
        self.access = SimpleNamespace(authenticate=_caller, trusts=lambda _: False)
        self._counting = threading.Lock()

    def prepare(self, text: str) -> str:
        """Outside of any transaction."""
        with self._counting:
            self.prepared += 1
        self.pause()
        return text.upper()

    def write(self, caller: Caller, text: str) -> dict[str, object]:
        """Add a note; some texts fail after it is added."""
        self.begun += 1
        Audit(self.database).add(Entry(self.now, caller.name, caller.role, "note", text))
        errors = {
            "problem": ProblemError(404, "late"),
            "refuse": FairleadError("no"),
            "bug": ZeroDivisionError("secret"),
        }
        if text in errors:
            raise errors[text]
        if text == "store":
            raise StoreError("store: must be there")
        return {"text": text, "number": self.begun}

    def kept(self) -> list[str]:
        """Texts of all notes."""
        with self.database.reading() as connection:
            return list(connection.execute(select(audit.c.subject).order_by(audit.c.id)).scalars())


def _caller(authorization: str, source: str) -> Caller | None:
    name = authorization.removeprefix("Bearer ")
    return Caller(name, Role.VIEWER if name == "viewer" else Role.ADMIN, source) if name else None


Write = Annotated[Once, Depends(once(Permission.INCIDENTS))]


@router.post("/api/v1/notes")
def add(request: Request, note: Note, write: Write) -> Response:
    """In one step."""
    ledger: Any = service_of(request)
    return write(lambda: ledger.write(write.caller, note.text), 201)


@router.post("/api/v1/slow-notes/{shelf}")
def add_slowly(request: Request, shelf: str, note: Note, write: Write) -> Response:
    """In two steps."""
    ledger: Any = service_of(request)
    return write.after(lambda: ledger.prepare(note.text + shelf), lambda text: ledger.write(write.caller, text))


@router.get("/api/v1/notes", dependencies=[Depends(allowed(Permission.OVERVIEW))])
def find(text: str = "", shelf: Annotated[list[str] | None, Query()] = None) -> dict[str, object]:
    """What was asked for."""
    return {"text": text, "shelf": shelf}


@contextmanager
def opened(folder: Path, **changes: Any) -> Iterator[tuple[Ledger, httpx.Client]]:
    """A ledger and a client of it."""
    database = open_database(str(folder / "ledger.db"))
    ledger = Ledger(database, **changes)
    try:
        with client_of(ledger, "ada", [router]) as client:  # type: ignore[arg-type]  # as much of a service as is used
            yield ledger, client
    finally:
        database.close()
