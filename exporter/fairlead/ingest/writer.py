"""Makes what was pushed durable: one thread writes all that waits, and only then anybody is answered."""

import json
import logging
import threading
from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, Protocol

import pyarrow as pa

from fairlead.core.logged import ID, LABELS, Answered, LogFile
from fairlead.errors import LogError, StoreError
from fairlead.ingest.folder import Folder, shape_of
from fairlead.ingest.refusal import BusyError, RefusedError
from fairlead.ingest.seen import Seen

log = logging.getLogger(__name__)

GROUP_ROWS = 50_000
"""Rows that are written together."""
TRIES = 5


class Books(Protocol):
    """What the writer asks of the manifest."""

    def answered(self, batches: Collection[tuple[str, str, str]]) -> dict[tuple[str, str, str], Answered]:
        """Those of the batches that were taken."""
        ...

    def names(self, watched: Collection[tuple[str, date]]) -> set[str]:
        """Files with predictions of these (model, day)."""
        ...

    def add(
        self,
        made: Sequence[LogFile],
        batches: Sequence[Answered],
        now: datetime,
        known: Collection[str] = (),
        watched: Collection[tuple[str, date]] = (),
    ) -> None:
        """Take files and batches in, all or nothing."""
        ...


@dataclass(slots=True)
class Pushed:
    """Rows of one request that wait; parts are of one UTC day each and, where rows have ids, end with their hashes."""

    model: str
    kind: str
    parts: Sequence[tuple[date, pa.Table]]
    facts: dict[str, Any]
    key: str | None = None
    digest: str = ""
    size: int = 0
    rows: int = 0
    done: Future[tuple[dict[str, Any], bool]] = field(default_factory=Future)

    @property
    def place(self) -> tuple[str, str, str]:
        """What names the batch."""
        return self.model, self.kind, self.key or ""


Stale = type[Exception]
Taken = Callable[[str, str, int], None]
"""Told (model, kind, rows) of what is in the log."""


class Writer:
    """Group commit: at once when idle, else together with all that came meanwhile."""

    def __init__(
        self, folder: Folder, books: Books, stale: Stale, clock: Callable[[], datetime], most_waiting: int
    ) -> None:
        self._folder, self._books, self._stale, self._clock = folder, books, stale, clock
        self._most_waiting = most_waiting
        self._seen = Seen(folder.ids)
        self._waiting: list[Pushed] = []
        self._size, self._stopped = 0, False
        self._wake = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="fairlead-log", daemon=True)
        self.written: Callable[[], None] = lambda: None

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def stop(self) -> None:
        """Write what waits, then end."""
        with self._wake:
            self._stopped = True
            self._wake.notify()
        if self._thread.ident is not None:
            self._thread.join()

    def submit(self, pushed: Pushed) -> Future[tuple[dict[str, Any], bool]]:
        """Wait in line: the future gives the answer, and whether it was given before. BusyError when too much waits."""
        pushed.done.set_running_or_notify_cancel()  # a caller who leaves changes nothing
        with self._wake:
            if self._stopped:
                raise BusyError("stopping", "prediction log: fairlead is stopping", 5)
            if self._waiting and self._size + pushed.size > self._most_waiting:
                raise BusyError("busy", "prediction log: too much waits to be written", 1)
            self._waiting.append(pushed)
            self._size += pushed.size
            self._wake.notify()
        return pushed.done

    def _run(self) -> None:
        while True:
            with self._wake:
                self._wake.wait_for(lambda: self._waiting or self._stopped)
                if not self._waiting:
                    return
                group = self._next()
            self._flush(group)
            with self._wake:
                self._size -= sum(pushed.size for pushed in group)
            self.written()

    def _next(self) -> list[Pushed]:
        """What is written together."""
        rows, number = 0, 0
        while number < len(self._waiting) and rows < GROUP_ROWS:
            rows += self._waiting[number].rows
            number += 1
        group, self._waiting = self._waiting[:number], self._waiting[number:]
        return group

    def _flush(self, group: Sequence[Pushed]) -> None:
        try:
            answers = self._commit(group)
        except Exception as error:  # the thread must not end, and each who waits must be told
            log.warning("pushed rows not kept", extra={"reason": str(error), "batches": len(group)})
            busy = isinstance(error, OSError | StoreError | LogError | pa.ArrowException)
            told = BusyError("unwritable", f"prediction log: {_reason(error)}", 15) if busy else error
            for pushed in group:
                pushed.done.set_exception(told)
            return
        for pushed, answer in zip(group, answers, strict=True):
            if isinstance(answer, Exception):
                pushed.done.set_exception(answer)
            else:
                pushed.done.set_result(answer)

    def _commit(self, group: Sequence[Pushed]) -> list[tuple[dict[str, Any], bool] | Exception]:
        """Answers in the order of the group; another process that takes the same batch first has it look again."""
        for _ in range(TRIES):
            flush = _Flush(self._folder, self._seen, self._books, self._clock())
            try:
                return flush.take(group)
            except self._stale:
                flush.undo()
        raise LogError("another process keeps taking the same batches")


def _reason(error: Exception) -> str:
    if isinstance(error, OSError):
        return error.strerror or str(error)
    return str(error).splitlines()[0]


@dataclass(slots=True)
class _Flush:
    """One attempt to take a group in."""

    folder: Folder
    seen: Seen
    books: Books
    now: datetime
    _files: list[LogFile] = field(default_factory=list)
    _ids: dict[tuple[str, date], set[int]] = field(default_factory=dict)

    def take(self, group: Sequence[Pushed]) -> list[tuple[dict[str, Any], bool] | Exception]:
        before = self.books.answered({pushed.place for pushed in group if pushed.key is not None})
        claimed: dict[tuple[str, str, str], Answered] = {}
        answers: list[tuple[dict[str, Any], bool] | Exception] = []
        tables: dict[tuple[str, str, date, str], list[pa.Table]] = defaultdict(list)
        self._look(group)
        for pushed in group:
            earlier = before.get(pushed.place) or claimed.get(pushed.place) if pushed.key is not None else None
            if earlier:
                answers.append(_again(pushed, earlier))
                continue
            kept = self._keep(pushed, tables)
            answer = {**pushed.facts, "accepted": kept, "repeated": pushed.rows - kept}
            answers.append((answer, False))
            if pushed.key is not None:
                claimed[pushed.place] = Answered(*pushed.place, pushed.digest, json.dumps(answer))
        self._write(tables)
        if self._files or claimed:
            known = {name for place in self._ids for name in self.seen.files(place)}
            self._register(list(claimed.values()), known)
        self._settle()
        return answers

    def _look(self, group: Sequence[Pushed]) -> None:
        """Know the ids of all days that rows with ids are of."""
        places = {(p.model, day) for p in group for day, table in p.parts if ID in table.schema.names}
        for place in places:
            self.seen.refresh(place, self.books.names([place]))
            self._ids[place] = set()

    def _keep(self, pushed: Pushed, tables: dict[tuple[str, str, date, str], list[pa.Table]]) -> int:
        """Put the rows that are new to the others of their day; how many."""
        kept = 0
        for day, table in pushed.parts:
            place = (pushed.model, day)
            if place in self._ids and ID in table.schema.names:
                hashes = table.column(ID).combine_chunks()
                new = self.seen.fresh(place, hashes, self._ids[place])
                table = table if all(new) else table.filter(pa.array(new))  # noqa: PLW2901
            if table.num_rows:
                day_of_file = self.now.astimezone(UTC).date() if pushed.kind == LABELS else day
                tables[pushed.model, pushed.kind, day_of_file, shape_of(table.schema)].append(table)
            kept += table.num_rows
        return kept

    def _write(self, tables: dict[tuple[str, str, date, str], list[pa.Table]]) -> None:
        try:
            for (model, kind, day, _), parts in tables.items():
                whole = parts[0] if len(parts) == 1 else pa.concat_tables(parts)
                self._files.append(self.folder.write(model, kind, day, [whole], self.now))
            if self._files:
                self.folder.sync()
        except BaseException:
            self.undo()
            raise

    def _register(self, claimed: Sequence[Answered], known: set[str]) -> None:
        """Where the store does not say whether it has kept them, only the manifest can tell what the files are."""
        try:
            self.books.add(self._files, claimed, self.now, known, sorted(self._ids))
        except BaseException:
            self.folder.done([file.name for file in self._files])
            raise

    def _settle(self) -> None:
        names = [file.name for file in self._files]
        for file in self._files:
            place = (file.model, file.day)
            if place in self._ids:
                self.seen.add(place, file.name, self._ids[place])
        self.folder.done(names)
        self.seen.trim()

    def undo(self) -> None:
        """Nothing of this is in the manifest."""
        self.folder.remove([file.name for file in self._files])
        self._files = []


def _again(pushed: Pushed, earlier: Answered) -> tuple[dict[str, Any], bool] | Exception:
    if earlier.digest != pushed.digest:
        return RefusedError(
            422, "conflict", [f"batch: must be sent with the same rows again, got {pushed.key!r} with others"]
        )
    return json.loads(earlier.answer), True
