"""The folder of the prediction log: files that are complete and on disk under their names, or not there.

Each process writes under a name of its own and holds a lock for it: what others left behind when they were killed is
told apart from what is being written now.
"""

import fcntl
import os
import re
import secrets
import threading
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from hashlib import sha256
from itertools import count
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from fairlead.core.logged import ID, LogFile
from fairlead.errors import LogError

OURS = re.compile(r"[.]?(?:predictions|labels)-[0-9]{4}-[0-9]{2}-[0-9]{2}-([0-9a-f]{16})-[0-9]+[.]parquet(?:[.]part)?")
UNSETTLED = 60.0
"""Seconds in which a file of a process that is gone may still be committed by a database that is slow to notice."""
GROUP_ROWS = 1 << 17
DAY = np.int64(86_400_000_000)


class Folder:
    """Files of one log, written by this process."""

    def __init__(self, path: Path) -> None:
        self.path, self._owner, self._numbers = path, secrets.token_hex(8), count(1)
        self._writing: set[str] = set()
        self._guard = threading.Lock()
        try:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock = os.open(path / f"{self._owner}.lock", os.O_CREAT | os.O_RDWR, 0o600)
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise LogError(f"prediction log {path}: {error.strerror}") from error

    def close(self) -> None:
        """Give the name up."""
        (self.path / f"{self._owner}.lock").unlink(missing_ok=True)
        os.close(self._lock)

    def write(
        self, model: str, kind: str, day: date, tables: Iterable[pa.Table], now: datetime, *, packed: bool = False
    ) -> LogFile:
        """One file of tables with the same columns, not yet known to survive a power cut: see `sync`."""
        name = f"{kind}-{day.isoformat()}-{self._owner}-{next(self._numbers)}.parquet"
        with self._guard:
            self._writing.add(name)
        part = self.path / f".{name}.part"
        rows, first, last, schema = 0, 2**63 - 1, -(2**63), None
        try:
            with part.open("xb") as file:
                writer = None
                for table in tables:
                    if writer is None:
                        schema, writer = table.schema, _writer(file, table.schema, packed)
                    writer.write_table(table, row_group_size=GROUP_ROWS)
                    stamps = _stamps(table)
                    rows, first, last = rows + len(stamps), min(first, int(stamps.min())), max(last, int(stamps.max()))
                if writer is None or schema is None:
                    raise LogError("prediction log: a file must have rows, got none")
                writer.close()
                file.flush()
                os.fsync(file.fileno())
                size = file.tell()
            part.rename(self.path / name)
        except BaseException:
            part.unlink(missing_ok=True)
            self.done([name])
            raise
        return LogFile(model, kind, day, name, shape_of(schema), rows, size, first, last, now)

    def sync(self) -> None:
        """Make the names of all files survive a power cut."""
        folder = os.open(self.path, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def done(self, names: Iterable[str]) -> None:
        """These are in the manifest, or never will be."""
        with self._guard:
            self._writing.difference_update(names)

    def remove(self, names: Iterable[str]) -> None:
        """Delete files that are not, or no longer, part of the log."""
        for name in names:
            (self.path / name).unlink(missing_ok=True)
        self.done(names)

    def read(self, name: str) -> pq.ParquetFile:
        """A file of the log."""
        return pq.ParquetFile(self.path / name, pre_buffer=False)

    def ids(self, name: str) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        """Hashes of the row ids in a file."""
        with self.read(name) as file:
            if ID not in file.schema_arrow.names:
                return np.zeros(0, np.int64)
            found = file.read(columns=[ID]).column(0).drop_null()
        return found.to_numpy() if len(found) else np.zeros(0, np.int64)

    def strays(self, now: float) -> list[str]:
        """Files that nobody is writing any more; which of them are part of the log, only the manifest knows."""
        found, owners = [], dict[str, bool]()
        for entry in os.scandir(self.path):
            match = OURS.fullmatch(entry.name)
            if match is None:
                continue
            owner = match[1]
            if owner == self._owner:
                with self._guard:
                    alive = entry.name.removeprefix(".").removesuffix(".part") in self._writing
            else:
                if owner not in owners:
                    owners[owner] = self._is_alive(owner)
                alive = owners[owner] or _age(entry, now) < UNSETTLED
            if not alive:
                found.append(entry.name)
        return found

    def _is_alive(self, owner: str) -> bool:
        """Whether the process that has this name holds its lock; the lock of one that is gone is removed."""
        path = self.path / f"{owner}.lock"
        try:
            lock = os.open(path, os.O_RDWR)
        except OSError:
            return False
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink(missing_ok=True)
        except OSError:
            return True
        finally:
            os.close(lock)
        return False


def by_day(table: pa.Table) -> Sequence[tuple[date, pa.Table]]:
    """The rows of each UTC day, by the first column."""
    days = _stamps(table) // DAY
    if days.min() == days.max():
        return [(_date(int(days[0])), table)]
    return [(_date(day), table.filter(pa.array(days == day))) for day in np.unique(days).tolist()]


def _date(day: int) -> date:
    return date.fromordinal(719_163 + day)


def shape_of(schema: pa.Schema) -> str:
    """A digest of columns and types."""
    return sha256(repr([(column.name, str(column.type)) for column in schema]).encode()).hexdigest()


def _stamps(table: pa.Table) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.asarray(table.column(0).cast(pa.int64()).to_numpy())


def _writer(file: object, schema: pa.Schema, packed: bool) -> pq.ParquetWriter:
    """Small files are written fast, merged ones small; readers need statistics of the timestamp only."""
    text = [column.name for column in schema if pa.types.is_string(column.type)]
    return pq.ParquetWriter(
        file,
        schema,
        compression="zstd" if packed else "lz4",
        use_dictionary=text if packed else False,
        write_statistics=[schema.names[0]],
        store_schema=False,
    )


def _age(entry: os.DirEntry[str], now: float) -> float:
    try:
        return now - entry.stat().st_mtime
    except OSError:
        return 0.0
