"""Feeds Parquet files whose columns already have the right types, straight from their row groups."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from fairlead.core.plan import Plan, Window
from fairlead.engines.batch import ROWS, Batch, microseconds, wanted
from fairlead.errors import SourceError

BUFFER = 1 << 20
"""Bytes read ahead per column; whole column chunks would make memory grow with the row groups."""
NANOSECONDS = {"s": 1_000_000_000, "ms": 1_000_000, "us": 1_000, "ns": 1}
STORED = {"milliseconds": 1_000_000, "microseconds": 1_000, "nanoseconds": 1}
DAY = 86_400_000_000_000
"""Nanoseconds."""


def open_file(path: Path) -> pq.ParquetFile:
    """The file's metadata; a file that is cut off or no Parquet is one error."""
    try:
        return pq.ParquetFile(path, pre_buffer=False, buffer_size=BUFFER)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError) as error:
        raise SourceError(f"{path}: must be a readable Parquet file, got {_first_line(error)}") from error


def check(path: Path, schema: pa.Schema, plan: Plan, window: Window | None) -> None:
    """Refuse a file in which a column that is read occurs twice, or whose rows cannot be dated."""
    for column in wanted(plan, window):
        if schema.names.count(column) > 1:
            raise SourceError(f"{path}: must have distinct column names, got {column!r} twice")
    if window is None:
        return
    if plan.timestamp not in schema.names:
        names = ", ".join(schema.names)
        raise SourceError(f"{path}: must have the timestamp column {plan.timestamp!r}, got {names}")
    if pa.types.is_integer(schema.field(plan.timestamp).type) and plan.timestamp_unit is None:
        raise SourceError(f"{path}: column {plan.timestamp!r}: must be timestamps, got integers; set timestamp_unit")


def is_clean(schema: pa.Schema, plan: Plan, window: Window | None) -> bool:
    """Whether no value needs to be parsed or converted on the way in."""
    for column in wanted(plan, window):
        if column not in schema.names:
            continue
        kind = schema.field(column).type
        if window and column == plan.timestamp:
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


def batches(path: Path, file: pq.ParquetFile, plan: Plan, window: Window | None) -> Iterator[Batch]:
    """Rows of the window, in file order; row groups outside it are not read."""
    columns = [column for column in wanted(plan, window) if column in file.schema_arrow.names]
    groups = [
        index
        for index in range(file.num_row_groups)
        if window is None or _overlaps(file, index, plan.timestamp, window)
    ]
    try:
        for record in file.iter_batches(ROWS, row_groups=groups, columns=columns):
            yield _select(record, plan, window)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError) as error:
        raise SourceError(f"{path}: must be a readable Parquet file, got {_first_line(error)}") from error


def _select(record: pa.RecordBatch, plan: Plan, window: Window | None) -> Batch:
    undated = 0
    if window is not None:
        stamps = record.column(plan.timestamp)
        undated = stamps.null_count
        inside = _inside(stamps, plan, window)
        record = record.drop_columns([plan.timestamp])
        if not inside.all():
            record = record.filter(pa.array(inside))
        rows = int(inside.sum())
    else:
        rows = record.num_rows
    columns = dict(zip(record.schema.names, record.columns, strict=True))
    numbers = {name: columns[name] for name in plan.number_columns() if name in columns}
    names = {name: columns[name] for name in plan.name_columns() if name in columns}
    return Batch(rows, numbers, names, undated=undated)


def _inside(stamps: pa.Array, plan: Plan, window: Window) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Rows of the window, compared as integers in the column's own unit."""
    kind = stamps.type
    if pa.types.is_date32(kind):
        unit, stamps = DAY, stamps.cast(pa.int32())
    elif pa.types.is_date64(kind):
        unit = NANOSECONDS["ms"]
    else:
        unit = NANOSECONDS[str(plan.timestamp_unit) if pa.types.is_integer(kind) else kind.unit]
    low, high = (-(-1000 * end // unit) for end in microseconds(window))
    values = stamps.cast(pa.int64(), safe=False)
    mask = pc.and_(pc.greater_equal(values, low), pc.less(values, high)).fill_null(False)
    return np.asarray(mask.to_numpy(zero_copy_only=False), dtype=np.bool_)


def _overlaps(file: pq.ParquetFile, index: int, timestamp: str, window: Window) -> bool:
    """Whether a row group can hold rows of the window or undated ones; without statistics it can."""
    group = file.metadata.row_group(index)
    for place in range(group.num_columns):
        chunk = group.column(place)
        if chunk.path_in_schema != timestamp or not chunk.is_stats_set or not chunk.statistics.has_min_max:
            continue
        unit = _nanoseconds(chunk.statistics)
        if unit is None or chunk.statistics.null_count:
            continue
        start, end = (1000 * end for end in microseconds(window))
        return bool(chunk.statistics.min_raw * unit < end and chunk.statistics.max_raw * unit >= start)
    return True


def _nanoseconds(statistics: pq.Statistics) -> int | None:
    """What one unit of the stored integers is, or None where they are neither timestamps nor dates."""
    kind = json.loads(statistics.logical_type.to_json())
    return DAY if kind["Type"] == "Date" else STORED.get(kind.get("timeUnit"))


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
