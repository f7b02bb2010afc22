"""Arrow streams and Parquet files as a table: only listed columns, and nothing that is larger when it is unpacked."""

import json
import struct
from collections import Counter
from collections.abc import Sequence
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from fairlead.core.logged import Layout
from fairlead.ingest import moments
from fairlead.ingest.apart import Apart
from fairlead.ingest.flatbuffer import batch_facts
from fairlead.ingest.refusal import MOST, RefusedError, invalid, too_large, unreadable
from fairlead.ingest.rows import LONGEST, MICROS, Taken, must_be
from fairlead.ingest.spelling import stored_name, stored_number

UNPACKED = "body: must be Arrow without compression of its own (Content-Encoding is known), got compressed buffers"
BROKEN = (pa.ArrowException, OSError, ValueError, KeyError, IndexError, struct.error, UnicodeDecodeError, MemoryError)
"""What reading bytes that are no Arrow or Parquet raises."""


def of_arrow(body: bytes, layout: Layout, now: datetime, most_rows: int, most_bytes: int) -> Taken:
    """Rows of an Arrow IPC stream without compression of its own."""
    try:
        _check_stream(body, most_rows)
        schema = pa.ipc.open_stream(body).schema
        wanted, unlisted = _wanted(schema.names, [str(kind) for kind in schema.types], schema, layout)
        options = pa.ipc.IpcReadOptions(included_fields=wanted, use_threads=False)
        table = pa.ipc.open_stream(body, options=options).read_all()
        table.validate(full=True)
    except BROKEN as error:
        raise unreadable("an Arrow IPC stream", _reason(error)) from None
    return _taken(table, unlisted, layout, now, most_bytes)


def _check_stream(body: bytes, most_rows: int) -> None:
    """Refuse, before anything is unpacked, too many rows and what is compressed inside."""
    reader, rows = pa.ipc.MessageReader.open_stream(pa.py_buffer(body)), 0
    try:
        while True:
            message = reader.read_next_message()
            if message.type not in ("record batch", "dictionary"):
                continue
            count, compressed = batch_facts(message.metadata.to_pybytes())
            if compressed:
                raise RefusedError(415, "unreadable", [UNPACKED])
            rows += count if message.type == "record batch" else 0
            if max(rows, count) > most_rows:
                raise too_large("rows", most_rows)
    except StopIteration:
        return


def of_parquet(body: bytes, layout: Layout, now: datetime, most_rows: int, most_bytes: int, *, apart: Apart) -> Taken:
    """Rows of a Parquet file, which another process unpacks."""
    stream = apart.unpacked(body, sorted(_listed(layout)), most_rows, most_bytes)
    table = pa.ipc.open_stream(stream).read_all()
    facts = json.loads(table.schema.metadata[b"facts"])
    _, unlisted = _wanted(facts["names"], facts["types"], table.schema, layout)
    return _taken(table, unlisted, layout, now, most_bytes)


def _listed(layout: Layout) -> set[str]:
    return {layout.timestamp, *layout.columns(), *((layout.id,) if layout.id else ()), *layout.aliases}


def _wanted(
    names: Sequence[str], types: Sequence[str], schema: pa.Schema, layout: Layout
) -> tuple[list[int], list[str]]:
    """Places of the listed columns, and the names of the others; a listed column that occurs twice is a mistake.

    The schema has the columns that can be read.
    """
    listed = _listed(layout)
    twice = sorted({name for name in names if name in listed and names.count(name) > 1})
    if twice:
        raise invalid([f"{name}: must be one column, got several" for name in twice])
    wrong = [
        f"{must_be(name)} a plain column, got {kind}"
        for name, kind in zip(names, types, strict=True)
        if name in listed and not (name in schema.names and _is_plain(schema.field(name).type))
    ]
    if wrong:
        raise invalid(wrong)
    places = [place for place, name in enumerate(names) if name in listed]
    return places, [name for name in names if name not in listed]


def _is_text(kind: pa.DataType) -> bool:
    types = pa.types
    return bool(types.is_string(kind) or types.is_large_string(kind))


def _is_plain(kind: pa.DataType) -> bool:
    """What a column may be: no lists, no bytes, nothing of which a few bytes make many values."""
    types = pa.types
    if types.is_dictionary(kind):
        return _is_plain(kind.value_type) and not types.is_dictionary(kind.value_type)
    return bool(
        types.is_null(kind)
        or types.is_boolean(kind)
        or types.is_integer(kind)
        or types.is_floating(kind)
        or types.is_decimal(kind)
        or types.is_timestamp(kind)
        or types.is_date(kind)
        or _is_text(kind)
    )


def _taken(table: pa.Table, unlisted: Sequence[str], layout: Layout, now: datetime, most_bytes: int) -> Taken:
    names = list(table.schema.names)
    for alias, column in layout.aliases.items():
        if alias in names and column not in names:
            names[names.index(alias)] = column
    columns = {name: _flat(table.column(place), most_bytes) for place, name in enumerate(names)}
    if sum(array.nbytes for array in columns.values()) > most_bytes:
        raise too_large("bytes", most_bytes)
    mistakes: list[tuple[int, str]] = []
    arrays = [_stamps(columns.get(layout.timestamp), table.num_rows, layout, now, mistakes)]
    for column in layout.columns():
        array = columns.get(column)
        if array is None:
            array = pa.nulls(table.num_rows)
        arrays.append(_column(array, column, layout, mistakes))
    ids = stored_name(columns[layout.id]) if layout.id in columns else None
    if layout.id and ids is None:
        ids = pa.nulls(table.num_rows, pa.string())
    if mistakes:
        raise invalid([text for _, text in sorted(mistakes)[:MOST]])
    counts = Counter(dict.fromkeys(unlisted, table.num_rows)) if table.num_rows else Counter()
    return Taken(pa.table(arrays, names=[layout.timestamp, *layout.columns()]), ids, counts)


def _flat(column: pa.ChunkedArray, most_bytes: int) -> pa.Array:
    """One array without a dictionary, if that is not much larger."""
    kind = column.type
    if pa.types.is_dictionary(kind) and _is_text(kind.value_type):
        sizes = (pc.sum(pc.binary_length(c.dictionary).take(c.indices)).as_py() or 0 for c in column.chunks)
        if sum(sizes) > most_bytes:
            raise too_large("bytes", most_bytes)
    if pa.types.is_dictionary(kind):
        column = column.cast(kind.value_type)
    if pa.types.is_large_string(column.type):
        column = column.cast(pa.string())
    return column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)


def _column(array: pa.Array, column: str, layout: Layout, mistakes: list[tuple[int, str]]) -> pa.Array:
    """As the log keeps it; the type of the whole column is right or wrong."""
    types, kind = pa.types, array.type
    number = types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind) or types.is_null(kind)
    in_both = column in layout.names
    if column in layout.numbers and not (number or (types.is_boolean(kind) and not in_both)):
        mistakes.append((-1, f"{must_be(column)} a number, got {kind}"))
        return array
    if types.is_timestamp(kind) or types.is_date(kind):
        mistakes.append((-1, f"{must_be(column)} text, a number, true or false, got {kind}"))
        return array
    if column in layout.numbers and not in_both:
        return stored_number(array)
    found = stored_name(array)
    if (pc.max(pc.binary_length(found)).as_py() or 0) > LONGEST:
        mistakes.append((-1, f"{must_be(column)} text of at most {LONGEST:,} bytes, got more"))
    if column in layout.required and found.null_count:
        at = found.is_null().index(True).as_py()
        mistakes.append((at, f"{must_be(column, at)} given, got nothing"))
    return found


def _stamps(
    array: pa.Array | None, rows: int, layout: Layout, now: datetime, mistakes: list[tuple[int, str]]
) -> pa.Array:
    """Microseconds; what is finer is rounded down."""
    column, unit = layout.timestamp, layout.timestamp_unit
    if array is None:
        array = pa.nulls(rows, pa.timestamp("us", "UTC"))
    found = _micros(array, unit)
    if found is None:
        mistakes.append((-1, f"{must_be(column)} {moments.expected(unit)}, got {array.type}"))
        return array
    if layout.stamped and found.null_count:
        found = found.fill_null(moments.micros(now))
    inside = pc.and_(pc.greater_equal(found, moments.LOWEST), pc.less_equal(found, moments.HIGHEST)).fill_null(False)
    for at in pc.indices_nonzero(pc.invert(inside)).slice(0, MOST).to_pylist():
        got = _shown(array[at])
        mistakes.append((at, f"{must_be(column, at)} {moments.expected(unit)}, got {got}"))
    return pa.nulls(rows, MICROS) if mistakes else found.cast(MICROS)


def _shown(value: pa.Scalar) -> str:
    try:
        return ascii(str(value))[1:61] if value.is_valid else "nothing"
    except (ValueError, OverflowError):
        return "one far away"


def _micros(array: pa.Array, unit: str | None) -> pa.Array | None:
    """int64 microseconds with null for what is none; None for a column of another type."""
    types, kind = pa.types, array.type
    if types.is_null(kind):
        return pa.nulls(len(array), pa.int64())
    if types.is_date(kind):
        return _dates(array)
    if types.is_timestamp(kind):
        return _scaled(array.cast(pa.int64()), kind.unit)
    if types.is_integer(kind) and unit is not None:
        return _scaled(array.cast(pa.int64(), safe=False), unit)
    if _is_text(kind) and unit is None:
        return pa.array([None if one is None else moments.of_text(one) for one in array.to_pylist()], pa.int64())
    return None


def _dates(array: pa.Array) -> pa.Array:
    if pa.types.is_date32(array.type):
        days = array.cast(pa.int32()).cast(pa.int64())
        return pc.multiply(pc.if_else(pc.less(pc.abs(days), 10**7), days, None), moments.DAY)
    return _scaled(array.cast(pa.int64()), "ms")


def _scaled(whole: pa.Array, unit: str) -> pa.Array:
    """Microseconds; null where they do not fit."""
    if unit == "ns":
        down = pc.divide(whole, 1000)
        return pc.subtract(down, pc.if_else(pc.less(whole, pc.multiply(down, 1000)), 1, 0))
    factor = 1_000_000 // moments.PER_SECOND[unit]
    fits = pc.and_(pc.less(whole, moments.HIGHEST // factor), pc.greater(whole, moments.LOWEST // factor))
    return pc.multiply(pc.if_else(fits, whole, None), factor)


def _reason(error: BaseException) -> str:
    text = str(error).strip().splitlines()
    return (text[0] if text else type(error).__name__)[:120]
