"""Feeds Parquet files whose columns already have the right types, straight from their row groups."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from fairlead.core.partial import EVERYWHERE, NOWHERE, Span
from fairlead.core.plan import Plan, Window
from fairlead.engines.batch import ROWS, Batch, Pieces, listed, microseconds, split, values, wanted
from fairlead.engines.rowgroup import RowGroup, opened, unreadable
from fairlead.errors import SourceError

LEAST = ROWS // 2
"""Rows of a row group from which it is counted column by column; smaller ones are read together."""
MOST = 1 << 20
"""Rows up to which it is: a column of them is in memory at once."""
KEPT = 1 << 26
"""Bytes of a row group's values for correlations up to which it is counted column by column."""
NANOSECONDS = {"s": 1_000_000_000, "ms": 1_000_000, "us": 1_000, "ns": 1}
STORED = {"milliseconds": 1_000_000, "microseconds": 1_000, "nanoseconds": 1}
DAY = 86_400_000_000_000
"""Nanoseconds."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A file that stays the same one while it is read, whatever happens to its name."""

    path: Path
    source: pa.NativeFile
    coded: tuple[str, ...]
    file: pq.ParquetFile

    @property
    def schema(self) -> pa.Schema:
        """Its columns."""
        return self.file.schema_arrow


def open_file(path: Path, names: Iterable[str] = ()) -> Opened:
    """The file and its metadata; one that is cut off or no Parquet is one error.

    Text columns among ``names`` come coded.
    """
    try:
        source = pa.OSFile(str(path))
        metadata = pq.read_metadata(source)
        coded = sorted(set(names) & {metadata.schema.column(place).path for place in range(metadata.num_columns)})
        return Opened(path, source, tuple(coded), opened(source, metadata, tuple(coded)))
    except UnicodeEncodeError as error:
        raise SourceError(f"{path}: must have a name in UTF-8, got other bytes") from error
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError) as error:
        raise unreadable(path, error) from error


def check(path: Path, schema: pa.Schema, plan: Plan, pieces: Pieces) -> None:
    """Refuse a file in which a column that is read occurs twice, or whose rows cannot be dated."""
    for column in wanted(plan, pieces):
        if schema.names.count(column) > 1:
            raise SourceError(f"{path}: must have distinct column names, got {column!r} twice")
    if pieces is None:
        return
    if plan.timestamp not in schema.names:
        got = listed(schema.names)
        raise SourceError(f"{path}: must have the timestamp column {plan.timestamp!r}, got {got}")
    if pa.types.is_integer(schema.field(plan.timestamp).type) and plan.timestamp_unit is None:
        raise SourceError(f"{path}: column {plan.timestamp!r}: must be timestamps, got integers; set timestamp_unit")


def is_clean(schema: pa.Schema, plan: Plan, pieces: Pieces) -> bool:
    """Whether no value needs to be parsed or converted on the way in."""
    for column in wanted(plan, pieces):
        if column not in schema.names:
            continue
        kind = schema.field(column).type
        if pieces and column == plan.timestamp:
            clean = pa.types.is_timestamp(kind) or pa.types.is_date(kind) or pa.types.is_integer(kind)
        else:
            clean = (column not in plan.number_columns() or _is_number(kind)) and (
                column not in plan.name_columns() or _is_name(kind)
            )
        if not clean:
            return False
    return True


def _is_number(kind: pa.DataType) -> bool:
    types = pa.types
    return bool(
        types.is_integer(kind)
        or types.is_floating(kind)
        or types.is_decimal(kind)
        or types.is_boolean(kind)
        or types.is_null(kind)
    )


def _is_name(kind: pa.DataType) -> bool:
    types = pa.types
    if types.is_dictionary(kind):
        return _is_name(kind.value_type) and not types.is_null(kind.value_type)
    return bool(
        types.is_string(kind)
        or types.is_large_string(kind)
        or types.is_integer(kind)
        or types.is_boolean(kind)
        or types.is_floating(kind)
        or types.is_null(kind)
    )


def batches(found: Opened, plan: Plan, pieces: Pieces, *, whole: bool = False) -> Iterator[Batch | RowGroup]:
    """Rows of the window, in file order; row groups outside it are not read.

    With ``whole``, row groups that lie in one piece come as they are, if their rows need not be seen together.
    """
    file, columns = found.file, [column for column in wanted(plan, pieces) if column in found.schema.names]
    waiting: list[int] = []
    try:
        for index in range(file.num_row_groups):
            places = _places(file, index, plan.timestamp, pieces)
            if whole and len(places) == 1 and _is_whole(file, index, plan, pieces):
                yield from _rows(file, waiting, columns, plan, pieces)
                waiting = []
                yield RowGroup(
                    found.path, found.source, file.metadata, index, frozenset(columns), found.coded, places[0]
                )
            elif places:
                waiting.append(index)
        yield from _rows(file, waiting, columns, plan, pieces)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError) as error:
        raise unreadable(found.path, error) from error


def _rows(file: pq.ParquetFile, groups: list[int], columns: list[str], plan: Plan, pieces: Pieces) -> Iterator[Batch]:
    for record in file.iter_batches(ROWS, row_groups=groups, columns=columns):
        yield from _split(record, plan, pieces) if pieces else [_batch(record, plan)]


def _is_whole(file: pq.ParquetFile, index: int, plan: Plan, pieces: Pieces) -> bool:
    """Whether by its statistics all rows of a row group are of one piece, and it is worth while to count it by column.

    Repeated inputs are recognised by all columns of a row. What correlations need of the rows must fit into memory.
    """
    most = min(MOST, KEPT * plan.thinning // (8 * len(plan.numerical) + 8))
    if plan.input_key or plan.hash_inputs or not LEAST <= file.metadata.row_group(index).num_rows <= most:
        return False
    if pieces is None:
        return True
    found = _extremes(file, index, plan.timestamp)
    if found is None or found.undated != 0:
        return False
    ends = [(1000 * end for end in microseconds(piece)) for piece in pieces]
    return any(start <= found.low and found.high < end for start, end in ends)


def _batch(record: pa.RecordBatch, plan: Plan, undated: int = 0, piece: int = 0) -> Batch:
    columns = dict(zip(record.schema.names, record.columns, strict=True))
    numbers = {name: columns[name] for name in plan.number_columns() if name in columns}
    names = {name: columns[name] for name in plan.name_columns() if name in columns}
    return Batch(record.num_rows, numbers, names, undated=undated, piece=piece)


def _split(record: pa.RecordBatch, plan: Plan, pieces: Sequence[Window]) -> Iterator[Batch]:
    """Batches of the pieces; the stamps are compared as integers in the column's own unit."""
    stamps = record.column(plan.timestamp)
    undated, unit = stamps.null_count, _unit(stamps.type, plan)
    if pa.types.is_date32(stamps.type):
        stamps = stamps.cast(pa.int32())
    record = record.drop_columns([plan.timestamp])
    if undated:
        record, stamps = record.filter(stamps.is_valid()), stamps.drop_null()
        yield Batch(0, undated=undated)
    ends = np.array([microseconds(piece) for piece in pieces], dtype=object) * -1000 // unit * -1
    moments = values(stamps.cast(pa.int64(), safe=False), "int64")
    for piece, rows in split(record, moments, *ends.astype(np.int64).T):
        yield _batch(rows, plan, piece=piece)


def _unit(kind: pa.DataType, plan: Plan) -> int:
    """Nanoseconds per unit of a timestamp column."""
    if pa.types.is_date32(kind):
        return DAY
    if pa.types.is_date64(kind):
        return NANOSECONDS["ms"]
    return NANOSECONDS[str(plan.timestamp_unit) if pa.types.is_integer(kind) else kind.unit]


def span(found: Opened, timestamp: str) -> Span | None:
    """First and last timestamp by the statistics of the row groups; None where one has none."""
    file = found.file
    first, last = NOWHERE
    for index in range(file.num_row_groups):
        group = _extremes(file, index, timestamp)
        if group is None:
            return None
        first, last = min(first, group.low // 1000), max(last, group.high // 1000)
    return max(first, EVERYWHERE[0]), min(last, EVERYWHERE[1])


def _places(file: pq.ParquetFile, index: int, timestamp: str, pieces: Pieces) -> list[int]:
    """The pieces that a row group can have rows of."""
    if pieces is None:
        return [0]
    return [place for place, piece in enumerate(pieces) if _overlaps(file, index, timestamp, piece)]


def _overlaps(file: pq.ParquetFile, index: int, timestamp: str, window: Window) -> bool:
    """Whether a row group can hold rows of the window or undated ones; without statistics it can."""
    found = _extremes(file, index, timestamp)
    if found is None or found.undated:
        return True
    start, end = (1000 * end for end in microseconds(window))
    return found.low < end and found.high >= start


@dataclass(frozen=True, slots=True)
class _Extremes:
    """Timestamps of a row group, in nanoseconds, and how many rows have none (None: unknown)."""

    low: int
    high: int
    undated: int | None


def _extremes(file: pq.ParquetFile, index: int, timestamp: str) -> _Extremes | None:
    """By its statistics, where it has any."""
    group = file.metadata.row_group(index)
    for place in range(group.num_columns):
        chunk = group.column(place)
        if chunk.path_in_schema != timestamp or not chunk.is_stats_set or not chunk.statistics.has_min_max:
            continue
        statistics = chunk.statistics
        unit = _nanoseconds(statistics)
        if unit is not None:
            return _Extremes(statistics.min_raw * unit, statistics.max_raw * unit, statistics.null_count)
    return None


def _nanoseconds(statistics: pq.Statistics) -> int | None:
    """What one unit of the stored integers is, or None where they are neither timestamps nor dates."""
    kind = json.loads(statistics.logical_type.to_json())
    return DAY if kind["Type"] == "Date" else STORED.get(kind.get("timeUnit"))
