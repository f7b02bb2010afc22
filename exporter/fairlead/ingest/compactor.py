"""Merges the small files of a day into larger ones, and deletes what is no longer part of the log.

The manifest says at every moment which files there are: a merged file takes the place of its parts in one transaction,
and the parts stay on disk for those who have begun to read them.
"""

import logging
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from math import log as logarithm
from typing import Protocol

import pyarrow as pa

from fairlead.core.logged import LogFile
from fairlead.errors import FairleadError, LogError
from fairlead.ingest.folder import GROUP_ROWS, Folder

log = logging.getLogger(__name__)

TOGETHER = 16
"""Files of one magnitude that are merged; each row is so written a few times only."""
AT_ONCE = 512
FULL_ROWS = 2_000_000
"""A file with so many rows is left alone."""
SETTLED = timedelta(minutes=10)
"""After its last arrival, a day that is over is merged as far as it goes."""
READING = timedelta(minutes=30)
"""How long a file that was replaced may still be read."""
EVERY = 60.0
NUDGES = 64


class Books(Protocol):
    """What the compactor asks of the manifest."""

    def crowded(self, least: int) -> list[tuple[str, str, date]]:
        """(model, kind, day) with at least so many files."""
        ...

    def of_day(self, model: str, kind: str, day: date) -> list[LogFile]:
        """Files of a day, oldest first."""
        ...

    def replace(self, old: Sequence[LogFile], new: LogFile, now: datetime) -> bool:
        """Put one file in the place of others, if all are there."""
        ...

    def retired(self, before: datetime) -> list[str]:
        """Names of files that were retired before a moment."""
        ...

    def forget(self, names: Sequence[str], paths: Sequence[str]) -> None:
        """Drop files that are deleted, and what was counted of them."""
        ...

    def known(self, names: Collection[str]) -> set[str]:
        """Those of the names that are in the manifest."""
        ...


class Compactor:
    """Keeps the folder in order, in a thread of its own."""

    def __init__(self, folder: Folder, books: Books, clock: Callable[[], datetime]) -> None:
        self._folder, self._books, self._clock = folder, books, clock
        self._wake, self._stopped, self._nudges = threading.Event(), False, 0
        self._thread = threading.Thread(target=self._run, name="fairlead-compact", daemon=True)
        self.tidied: Callable[[], None] = lambda: None

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End at once; what is merged half is not kept."""
        self._stopped = True
        self._wake.set()
        if self._thread.ident is not None:
            self._thread.join()

    def nudge(self) -> None:
        """A file was added; after some of these it is time to look."""
        self._nudges += 1
        if self._nudges >= NUDGES:
            self._wake.set()

    def _run(self) -> None:
        while not self._stopped:
            try:
                self.tidy()
            except Exception as error:  # the next time may be better, and nothing is lost
                log.warning("prediction log not tidied", extra={"reason": str(error)})
            self.tidied()
            self._wake.wait(EVERY)
            self._wake.clear()
            self._nudges = 0

    def tidy(self) -> None:
        """Merge what is worth it, and delete what nobody needs."""
        self.merge()
        self.sweep()

    def merge(self) -> int:
        """Merge small files; how many files are gone from the log by it."""
        gone = 0
        for model, kind, day in self._books.crowded(2):
            for group in self._worth(self._books.of_day(model, kind, day), day):
                if self._stopped:
                    return gone
                try:
                    gone += self._replace(group)
                except (FairleadError, pa.ArrowException, OSError) as error:
                    extra = {"model": model, "day": day.isoformat(), "reason": str(error)}
                    log.warning("log files not merged", extra=extra)
        return gone

    def _worth(self, files: Sequence[LogFile], day: date) -> Iterator[list[LogFile]]:
        """Groups to merge: of a day that is over all but full files, else those of one magnitude, if there are many."""
        now = self._clock()
        over = day < now.astimezone(UTC).date() and max(file.arrived_at for file in files) < now - SETTLED
        alike: dict[tuple[str, int], list[LogFile]] = defaultdict(list)
        for file in files:
            if file.rows < FULL_ROWS:
                alike[file.shape, 0 if over else int(logarithm(file.rows, TOGETHER))].append(file)
        least = 2 if over else TOGETHER
        for group in alike.values():
            chosen, rows = list[LogFile](), 0
            for file in group[:AT_ONCE]:
                chosen.append(file)
                rows += file.rows
                if rows >= FULL_ROWS:
                    break
            if len(chosen) >= least:
                yield chosen

    def _replace(self, old: Sequence[LogFile]) -> int:
        first = old[0]
        arrived = max(file.arrived_at for file in old)
        new = self._folder.write(first.model, first.kind, first.day, self._rows(old), arrived, packed=True)
        try:
            if new.rows != sum(file.rows for file in old):
                raise LogError(f"{new.name}: must have the rows of its parts, got {new.rows}")
            self._folder.sync()
            if self._books.replace(old, new, self._clock()):
                self._folder.done([new.name])
                return len(old) - 1
        except (LogError, OSError):
            self._folder.remove([new.name])
            raise
        finally:
            self._folder.done([new.name])  # where the store does not say, the manifest knows
        self._folder.remove([new.name])
        return 0

    def _rows(self, files: Sequence[LogFile]) -> Iterator[pa.Table]:
        """All rows, in pieces that make good row groups."""
        waiting, rows = list[pa.Table](), 0
        for file in files:
            with self._folder.read(file.name) as content:
                for batch in content.iter_batches(GROUP_ROWS, use_threads=False):
                    if self._stopped:
                        raise LogError("prediction log: fairlead is stopping")
                    waiting.append(pa.Table.from_batches([batch]))
                    rows += batch.num_rows
                    if rows >= GROUP_ROWS:
                        yield pa.concat_tables(waiting).combine_chunks()
                        waiting, rows = [], 0
        if waiting:
            yield pa.concat_tables(waiting).combine_chunks()

    def sweep(self) -> int:
        """Delete files that nobody needs; how many."""
        strays = self._folder.strays(time.time())
        known = self._books.known([name for name in strays if not name.startswith(".")])
        unknown = [name for name in strays if name not in known]
        self._folder.remove(unknown)
        retired = self._books.retired(self._clock() - READING)
        self._folder.remove(retired)
        self._books.forget(retired, [str(self._folder.path / name) for name in retired])
        return len(unknown) + len(retired)
