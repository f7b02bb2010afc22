"""Counts what feeders hand over, on all cores."""

import os
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

import pyarrow as pa

from fairlead.core.merging import merge
from fairlead.core.partial import Identity
from fairlead.core.plan import Plan
from fairlead.core.summary import Summary
from fairlead.engines.batch import ROWS, Batch, Pieces
from fairlead.engines.columnwise import Counting, counting
from fairlead.engines.files import identify, portions
from fairlead.engines.kernel import count
from fairlead.engines.rowgroup import RowGroup


def go_on() -> None:
    """Nothing ends the reading before its time."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Counts files of one format; started in nanoseconds since 1970. tick is called for each batch, and may raise."""

    kind: str
    plan: Plan
    pool: ThreadPoolExecutor
    started: int = field(default_factory=time.time_ns)
    tick: Callable[[], None] = go_on

    def identify(self, path: Path) -> Identity:
        """What is read of a file as it is now."""
        return identify(path)

    def count(self, path: Path, pieces: Pieces) -> list[Summary]:
        """One summary per piece, or one of all rows. The undated rows of the file are in each."""
        found = self.add_up(portions(path, self.kind, self.plan, pieces), len(pieces or (None,)))
        undated = sum(partial.undated for partial in found)
        return [replace(partial, undated=undated) for partial in found]

    def add_up(self, found: Iterator[Batch | RowGroup], pieces: int) -> list[Summary]:
        """One summary per piece."""
        nothing, known = count(Batch(0), self.plan), self.plan.known()
        partials, undated = [nothing] * pieces, [0] * pieces
        pending = deque[tuple[int, Future[Summary] | Counting]]()

        def settle(most: int) -> None:
            while len(pending) > most:
                place, future = pending.popleft()
                partials[place] = merge(partials[place], future.result(), known)

        for batch in _gathered(found):
            self.tick()
            if isinstance(batch, RowGroup):
                pending.append((batch.piece, counting(batch, self.plan, self.pool)))
                settle(1)
                continue
            undated[batch.piece] += batch.undated
            if batch.rows:
                pending.append((batch.piece, self.pool.submit(count, replace(batch, undated=0), self.plan)))
                settle(os.cpu_count() or 1)
        settle(0)
        return [replace(partial, undated=rows) for partial, rows in zip(partials, undated, strict=True)]


def _gathered(found: Iterator[Batch | RowGroup]) -> Iterator[Batch | RowGroup]:
    """Batches with the small ones of a piece put together; no more rows wait than two full batches have."""
    waiting: dict[int, list[Batch]] = {}
    for batch in found:
        if isinstance(batch, RowGroup) or batch.rows >= ROWS // 2 or batch.rows == 0:
            yield batch
            continue
        waiting.setdefault(batch.piece, []).append(batch)
        if sum(part.rows for part in waiting[batch.piece]) >= ROWS // len(waiting):
            yield _joined(waiting.pop(batch.piece))
    for parts in waiting.values():
        yield _joined(parts)


def _joined(parts: list[Batch]) -> Batch:
    """One batch of the rows of several; all have the same columns."""
    if len(parts) == 1:
        return parts[0]
    first = parts[0]
    return Batch(
        sum(part.rows for part in parts),
        {name: _concatenated([part.numbers[name] for part in parts]) for name in first.numbers},
        {name: _concatenated([part.names[name] for part in parts]) for name in first.names},
        {name: sum(part.mismatched[name] for part in parts) for name in first.mismatched},
        sum(part.undated for part in parts),
        first.piece,
    )


def _concatenated(arrays: list[pa.Array]) -> pa.Array:
    return pa.chunked_array(arrays).combine_chunks()
