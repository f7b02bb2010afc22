"""Feeds Parquet files whose columns already have the right types, straight from their row groups."""

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from fairlead.core.plan import Plan, Window
from fairlead.engines.batch import EPOCH, ROWS, Batch, microseconds, wanted
from fairlead.errors import SourceError

BUFFER = 1 << 20
"""Bytes read ahead per column; whole column chunks would make memory grow with the row groups."""
UNITS = {"s": 1_000_000, "ms": 1_000, "us": 1}


def open_file(path: Path) -> pq.ParquetFile:
    """The file's metadata; a file that is cut off or no Parquet is one error."""
    try:
        return pq.ParquetFile(path, pre_buffer=False, buffer_size=BUFFER)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError) as error:
        raise SourceError(f"{path}: must be a readable Parquet file, got {_first_line(error)}") from error


def is_clean(schema: pa.Schema, plan: Plan, window: Window | None) -> bool:
    """Whether no value needs to be parsed or converted on the way in."""
    for column in wanted(plan, window):
        if column not in schema.names:
            continue
        kind = schema.field(column).type
        if window and column == plan.timestamp:
            clean = pa.types.is_timestamp(kind) or pa.types.is_date(kind) or pa.types.is_integer(kind)
        elif column in plan.number_columns():
            clean = _is_number(kind)
        else:
            clean = _is_name(kind)
        if not clean or (column in plan.number_columns() and column in plan.name_columns()):
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
            yield _select(record, path, plan, window)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError) as error:
        raise SourceError(f"{path}: must be a readable Parquet file, got {_first_line(error)}") from error


def _select(record: pa.RecordBatch, path: Path, plan: Plan, window: Window | None) -> Batch:
    undated = 0
    if window is not None:
        stamps = record.column(plan.timestamp)
        undated = stamps.null_count
        inside = _inside(stamps, path, plan, window)
        record = record.drop_columns([plan.timestamp])
        if not inside.all():
            record = record.filter(pa.array(inside))
        rows = int(inside.sum())
    else:
        rows = record.num_rows
    return Batch(rows, dict(zip(record.schema.names, record.columns, strict=True)), {}, undated)


def _inside(stamps: pa.Array, path: Path, plan: Plan, window: Window) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Rows of the window, compared in the column's own unit."""
    start, end = microseconds(window)
    if pa.types.is_integer(stamps.type):
        if plan.timestamp_unit is None:
            raise SourceError(
                f"{path}: column {plan.timestamp!r}: must be timestamps, got integers; set timestamp_unit"
            )
        unit = plan.timestamp_unit
    else:
        unit = "us" if pa.types.is_date(stamps.type) else stamps.type.unit
        stamps = stamps.cast(pa.timestamp(unit)) if pa.types.is_date(stamps.type) else stamps
    if unit == "ns":
        low, high = start * 1000, end * 1000
    else:
        low, high = -(-start // UNITS[unit]), -(-end // UNITS[unit])
    values = stamps.cast(pa.int64())
    mask = pc.and_(pc.greater_equal(values, low), pc.less(values, high)).fill_null(False)
    return np.asarray(mask.to_numpy(zero_copy_only=False), dtype=np.bool_)


def _overlaps(file: pq.ParquetFile, index: int, timestamp: str, window: Window) -> bool:
    """Whether a row group can hold rows of the window or undated ones; without statistics it can."""
    group = file.metadata.row_group(index)
    for place in range(group.num_columns):
        chunk = group.column(place)
        if chunk.path_in_schema != timestamp or not chunk.is_stats_set or not chunk.statistics.has_min_max:
            continue
        low, high = chunk.statistics.min, chunk.statistics.max
        if isinstance(low, datetime) and not chunk.statistics.null_count:
            low, high = (value if value.tzinfo else value.replace(tzinfo=EPOCH.tzinfo) for value in (low, high))
            return bool(low < window.end and high >= window.start)
        if isinstance(low, date) and not isinstance(low, datetime) and not chunk.statistics.null_count:
            return bool(low <= window.end.date() and high >= window.start.date())
    return True


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
