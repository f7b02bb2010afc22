"""Labels from a source of their own, joined to the prediction logs by key.

The rows of all parts of a window are written to a database that spills to disk, with the few columns that labels are
compared with; then those labels whose key occurs among them; then both are joined in one stream. Keys are compared by
hashes of 64 bits: of ten million rows and a hundred million labels, one row is mistaken in one of 20,000 runs.
"""

import os
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from fairlead.core.partial import Identity
from fairlead.core.plan import Plan, Window
from fairlead.core.summary import Integers, Summary
from fairlead.engines import duck
from fairlead.engines.batch import ROWS, Batch, Pieces, listed
from fairlead.engines.columns import names, numbers
from fairlead.engines.files import Files, batches, columns_of, identify, matching
from fairlead.engines.incremental import SETTLED
from fairlead.engines.reader import Reader
from fairlead.errors import SourceError

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MEMORY = "400MB"
"""Of the database; beyond it, rows and labels are on disk."""
THREADS = 2
"""Each needs its share of the memory."""
AT_ONCE = 50
"""Label files that share one look at the keys."""
BEFORE = -(2**126)
"""When a label became known whose timestamp cannot be read."""


@dataclass(frozen=True, slots=True)
class Labels:
    """Where the labels are; ``timestamp`` says when one became known.

    Of several labels of one key the one that became known last counts. Where that does not single one out, the row
    has no label. A row without a key or a label says nothing.
    """

    source: Files
    key: str
    label: str
    timestamp: str | None = None
    timestamp_unit: str | None = None


Part = tuple[Path, Pieces]
"""A file of predictions and the pieces that are asked for."""


@dataclass(frozen=True, slots=True)
class WithLabels(Reader):
    """Counts rows with labels from elsewhere: all parts at once, so that the labels are read once."""

    labels: Labels = field(kw_only=True)
    parts: Sequence[Part] = field(kw_only=True)
    _states: list[str] = field(default_factory=list)
    _counted: dict[Path, dict[Window | None, Summary]] = field(default_factory=dict)

    def identify(self, path: Path) -> Identity:
        """What is read of a file and of the label files."""
        if not self._states:
            self._states.append(self._state())
        return replace(identify(path), path=f"{path} with {self.labels.source.pattern}", labels=self._states[-1])

    def count(self, path: Path, pieces: Pieces) -> list[Summary]:
        """One summary per piece, or one of all rows. The undated rows of the file are in each."""
        if not self._counted:
            self._count_all()
        counted = self._counted[path]
        return [counted[piece] for piece in pieces or (None,)]

    def _count_all(self) -> None:
        with closing(labelled(self.labels, self.kind, self.plan, self.parts)) as rows:
            found = iter(self.add_up(rows, sum(len(pieces or (None,)) for _, pieces in self.parts)))
        for path, pieces in self.parts:
            partials = {piece: next(found) for piece in pieces or (None,)}
            undated = sum(partial.undated for partial in partials.values())
            self._counted[path] = {piece: replace(partial, undated=undated) for piece, partial in partials.items()}
        self._states.append(self._state())

    def _state(self) -> str:
        """A digest of the label files as they are now; of one that may yet change unseen, never the same again."""
        files = [identify(path) for path in matching(self.labels.source)]
        changed = max((max(file.modified, file.changed) for file in files), default=0)
        fresh = self.started if self.started - changed <= SETTLED else None
        return sha256(repr((self.labels, files, fresh)).encode(errors="surrogatepass")).hexdigest()


def labelled(labels: Labels, kind: str, plan: Plan, parts: Sequence[Part]) -> Generator[Batch]:
    """Rows of all parts with their labels, in no order; pieces are numbered through all parts.

    A part's undated rows come as a batch without rows, at its first piece. Columns that are not compared with labels
    are not read.
    """
    with _database(labels) as connection:
        join = _Join(connection, labels, replace(plan.of_labels(), label=None, input_key=labels.key), plan)
        join.prepare()
        first = 0
        for path, pieces in parts:
            yield Batch(0, undated=join.write(path, kind, pieces, first), piece=first)
            first += len(pieces or (None,))
        join.look_up(matching(labels.source))
        yield from join.read()


@contextmanager
def _database(labels: Labels) -> "Iterator[DuckDBPyConnection]":
    """A database in a private folder; a full disk is one error."""
    try:
        with TemporaryDirectory(prefix="fairlead-") as folder, duck.connect(MEMORY, folder) as connection:
            connection.execute("SET preserve_insertion_order = false")
            connection.execute(f"SET threads = {min(os.cpu_count() or 1, THREADS)}")
            yield connection
    except duck.failures() as error:
        raise SourceError(f"{labels.source.pattern}: must be joined with the logs, got {duck.reason(error)}") from error


@dataclass(frozen=True, slots=True)
class _Join:
    """``reading`` is the plan of the predictions: with the key, without the label."""

    connection: "DuckDBPyConnection"
    labels: Labels
    reading: Plan
    plan: Plan
    _known: dict[str, dict[str, int]] = field(default_factory=dict)

    def prepare(self) -> None:
        """Make the tables."""
        self._known.update({name: {} for name in self._names()})
        columns = ["piece INTEGER", "key UBIGINT"]
        columns += [f"n{place} INTEGER" for place in range(len(self._names()))]
        columns += [f"x{place} DOUBLE" for place in range(len(self._numbers()))]
        kind = "DOUBLE" if self.plan.regression else "VARCHAR"
        self.connection.execute(f"CREATE TABLE rows ({', '.join(columns)})")
        self.connection.execute(f"CREATE TABLE found (key UBIGINT, label {kind}, known HUGEINT)")

    def write(self, path: Path, kind: str, pieces: Pieces, first: int) -> int:
        """Take in the rows of a part; how many are undated."""
        _refuse_without(path, kind, ("key", self.labels.key))
        undated, numerical, named = 0, self._numbers(), self._names()
        for batch in batches(path, kind, self.reading, pieces):
            undated += batch.undated
            if batch.rows == 0:
                continue
            key = _key(path, batch, self.labels.key)
            fields = {"piece": pa.array(np.full(batch.rows, first + batch.piece, np.int32)), "key": key}
            fields |= {f"n{place}": self._codes(batch, name) for place, name in enumerate(named)}
            fields |= {f"x{place}": pa.array(numbers(batch, name)) for place, name in enumerate(numerical)}
            self.connection.register("fed", pa.table(fields))
            canonical = duck.key_of("key", key.type)
            hashed = f"CASE WHEN {canonical} IS NOT NULL THEN hash({canonical}) END"
            self.connection.execute(f"INSERT INTO rows SELECT * REPLACE ({hashed} AS key) FROM fed")
            self.connection.unregister("fed")
        return undated

    def look_up(self, files: Sequence[Path]) -> None:
        """Find the labels of the keys that occur."""
        wanted = [(path, query) for path in files if (query := self._query(path))]
        for start in range(0, len(wanted), AT_ONCE):
            self._gather(wanted[start : start + AT_ONCE])

    def _gather(self, wanted: Sequence[tuple[Path, str]]) -> None:
        query = " UNION ALL ".join(query for _, query in wanted)
        said = f"SELECT hash(key) AS key, label, known FROM ({query}) WHERE key IS NOT NULL AND label IS NOT NULL"
        try:
            self.connection.execute(f"INSERT INTO found FROM ({said}) WHERE key IN (SELECT key FROM rows)")
        except duck.failures() as error:
            if len(wanted) == 1:
                raise duck.unreadable(wanted[0][0], self.labels.source.format, error) from error
            for one in wanted:
                self._gather([one])
            raise

    def _query(self, path: Path) -> str | None:
        """Keys, labels and when they became known, of one file; None of an empty one."""
        labels = self.labels
        roles = [("key", labels.key), ("label", labels.label)]
        roles += [("timestamp", labels.timestamp)] if labels.timestamp else []
        if not _refuse_without(path, labels.source.format, *roles):
            return None
        relation = duck.relate(path, labels.source.format, [column for _, column in roles])
        types = {column: relation.types.get(column) for _, column in roles}
        key, label = relation.columns[labels.key], relation.columns[labels.label]
        value = duck.name_of(label, types[labels.label])
        if self.plan.regression:
            value = f"CASE WHEN isfinite({duck.number(label)}) THEN {duck.number(label)} END"
        known = str(BEFORE)
        if labels.timestamp:
            stamp, kind = relation.columns[labels.timestamp], types[labels.timestamp]
            _refuse_unitless(path, labels, kind)
            known = f"coalesce({duck.stamp(stamp, labels.timestamp_unit, kind)}, {BEFORE})"
        return (
            f"(SELECT {duck.key_of(key, types[labels.key] or pa.string())} AS key, {value} AS label, {known} AS known"
            f" FROM {relation.sql})"
        )

    def read(self) -> Iterator[Batch]:
        """The rows with their labels."""
        latest = "SELECT key, max(known) AS known FROM found GROUP BY key"
        settled = (
            f"SELECT key, min(label) AS label FROM found JOIN ({latest}) USING (key, known)"
            " GROUP BY key HAVING min(label) = max(label)"
        )
        self.connection.execute(f"CREATE TABLE settled AS {settled}")
        self.connection.execute("DROP TABLE found")
        query = "SELECT rows.* EXCLUDE key, label FROM rows LEFT JOIN settled USING (key)"
        for record in self.connection.sql(query).to_arrow_reader(ROWS):
            yield from self._split(record)

    def _split(self, record: pa.RecordBatch) -> Iterator[Batch]:
        pieces: Integers = record.column("piece").to_numpy()
        order = np.argsort(pieces, kind="stable")
        record, pieces = record.take(pa.array(order)), pieces[order]
        starts = np.flatnonzero(np.diff(pieces, prepend=-1))
        for start, end in zip(starts, np.append(starts[1:], len(pieces)), strict=True):
            yield self._batch(record.slice(start, end - start), int(pieces[start]))

    def _batch(self, record: pa.RecordBatch, piece: int) -> Batch:
        named = {name: self._text(record.column(f"n{place}"), name) for place, name in enumerate(self._names())}
        numerical = {name: record.column(f"x{place}") for place, name in enumerate(self._numbers())}
        (numerical if self.plan.regression else named)[self.labels.label] = record.column("label")
        return Batch(record.num_rows, numerical, named, piece=piece)

    def _codes(self, batch: Batch, column: str) -> pa.Array:
        """A column of names as numbers, which stand for the same names in all batches."""
        found, known = names(batch, column), self._known[column]
        translation = [*(known.setdefault(name, len(known)) for name in found.names), -1]
        return pa.array(np.array(translation, np.int32)[found.codes], mask=found.codes < 0)

    def _text(self, codes: pa.Array, column: str) -> pa.Array:
        return pa.DictionaryArray.from_arrays(codes, pa.array(self._known[column], pa.string()))

    def _names(self) -> list[str]:
        return sorted(replace(self.reading, input_key=None).name_columns())

    def _numbers(self) -> list[str]:
        return sorted(self.reading.number_columns())


def _refuse_without(path: Path, kind: str, *roles: tuple[str, str]) -> bool:
    """Refuse a file that lacks one of the columns; whether it has any, which an empty one has not."""
    found = columns_of(path, kind)
    for role, column in roles if found else ():
        if found.count(column) != 1:
            got = f"{column!r} twice" if column in found else listed(found)
            raise SourceError(f"{path}: must have the {role} column {column!r}, got {got}")
    return bool(found)


def _refuse_unitless(path: Path, labels: Labels, kind: pa.DataType | None) -> None:
    if kind is not None and pa.types.is_integer(kind) and labels.timestamp_unit is None:
        where = f"{path}: column {labels.timestamp!r}"
        raise SourceError(f"{where}: must be timestamps, got integers; set timestamp_unit")


def _key(path: Path, batch: Batch, column: str) -> pa.Array:
    """The key column, of a type that the database reads."""
    key = batch.names.get(column)
    if key is None or pa.types.is_null(key.type):
        return pa.nulls(batch.rows, pa.string())
    try:
        key.validate(full=True)
    except pa.ArrowInvalid as error:
        raise SourceError(f"{path}: column {column!r}: must be UTF-8 text, got other bytes") from error
    if pa.types.is_dictionary(key.type):
        key = key.cast(key.type.value_type)
    return key.cast(pa.float32()) if pa.types.is_float16(key.type) else key
