"""Feeds CSV, JSON lines, and Parquet files whose columns need parsing, through DuckDB's stream.

Every column arrives as text and is parsed once, here: numbers with TRY_CAST, so that a word in a numerical column is
counted as a mismatch and never guesses a type; timestamps as ISO 8601, UTC where they name no zone.
"""

import codecs
import csv
import gzip
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from fairlead.core.partial import NOWHERE, Span
from fairlead.core.plan import Plan, Window
from fairlead.engines.batch import ROWS, Batch, Pieces, listed, microseconds, split, values, wanted
from fairlead.errors import SourceError

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

DELIMITERS = ",;\t|"
MEMORY = "1GB"
FILE_ONLY = "hive_partitioning=false"
"""Else a folder named sex=other would replace the column sex."""
MICROSECONDS = {"s": 1_000_000, "ms": 1_000, "us": 1}
NAMES = {"csv": "CSV", "jsonl": "JSON lines", "parquet": "Parquet"}


@dataclass(frozen=True, slots=True)
class Relation:
    """SQL that reads a file; columns maps each name to its SQL. types are known of Parquet only."""

    sql: str
    columns: Mapping[str, str]
    types: Mapping[str, pa.DataType] = field(default_factory=dict)


def batches(path: Path, kind: str, plan: Plan, pieces: Pieces) -> Iterator[Batch]:
    """Rows of the window; ``kind`` is csv, jsonl or parquet. An empty file has no rows."""
    if path.stat().st_size == 0:
        return
    relation = relate(path, kind, wanted(plan, pieces))
    if pieces and plan.timestamp not in relation.columns:
        got = listed(relation.columns)
        raise SourceError(f"{path}: must have the timestamp column {plan.timestamp!r}, got {got}")
    for record in _stream(path, kind, _query(relation, kind, plan, pieces)):
        yield from _split(record, pieces) if pieces else [_batch(record)]


def span(path: Path, kind: str, plan: Plan) -> Span:
    """First and last timestamp of a file, of which no other column is parsed."""
    if path.stat().st_size == 0:
        return NOWHERE
    relation = relate(path, kind, [plan.timestamp])
    moment = stamp(relation.columns[plan.timestamp], plan.timestamp_unit, relation.types.get(plan.timestamp))
    query = f"SELECT min(t), max(t) FROM (SELECT TRY_CAST({moment} AS BIGINT) AS t FROM {relation.sql})"
    first, last = next(_stream(path, kind, query)).to_pydict().values()
    return NOWHERE if first[0] is None else (first[0], last[0])


def column_names(path: Path, kind: str) -> list[str]:
    """Names in the header of a CSV file, keys of the first rows of JSON lines; none in an empty file."""
    if path.stat().st_size == 0:
        return []
    if kind == "csv":
        return _header(path)[1]
    rows = f"SELECT json FROM read_ndjson_objects({text(_literal(path))}) LIMIT {ROWS}"
    keys = _stream(path, kind, f"SELECT DISTINCT unnest(json_keys(json)) AS name FROM ({rows}) ORDER BY name")
    return [name for record in keys for name in record.column(0).to_pylist()]


def _stream(path: Path, kind: str, query: str) -> Iterator[pa.RecordBatch]:
    """Results of a query; an error in the middle of the stream arrives as OSError."""
    try:
        with connect(MEMORY) as connection:
            yield from connection.sql(query).to_arrow_reader(ROWS)
    except failures() as error:
        raise unreadable(path, kind, error) from error


def connect(memory: str, folder: str = "") -> "DuckDBPyConnection":
    """A database in memory; beyond the limit it spills to the folder, or fails where there is none."""
    import duckdb  # noqa: PLC0415 - slow to import, and Parquet seldom needs it

    connection = duckdb.connect(config={"memory_limit": memory, "temp_directory": folder})
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("SET enable_progress_bar = false")  # it would be drawn into the report
    return connection


def failures() -> tuple[type[Exception], ...]:
    """What reading and computing with DuckDB may raise."""
    import duckdb  # noqa: PLC0415 - as above

    return duckdb.Error, pa.ArrowException, OSError


def unreadable(path: Path, kind: str, error: Exception) -> SourceError:
    """The one error of a file that DuckDB cannot read."""
    return SourceError(f"{path}: must be readable {NAMES[kind]}, got {reason(error)}")


def reason(error: Exception) -> str:
    """DuckDB's message on one line, without its advice and without what it quotes from rows."""
    message = re.split(r"\n\s*(?:Possible|LINE \d|\*|file =)|[;.] Try |\nTry ", str(error).strip())[0]
    message = re.sub(r"\n\s*Original Line:.*\n", "\n", message, flags=re.DOTALL)
    message = re.sub(r"(?<=got )([A-Z]+):.*", r"\1", message, flags=re.DOTALL)
    message = re.sub(r"Object \{.*\} has", "an object has", message, flags=re.DOTALL)
    message = re.sub(r'value ".*" is not', "a value is not", message, flags=re.DOTALL)
    return "; ".join(line.strip() for line in message.splitlines() if line.strip())[:400]


def text(value: str) -> str:
    """An SQL string."""
    return "'" + value.replace("'", "''") + "'"


def quoted(name: str) -> str:
    """An SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def relate(path: Path, kind: str, wanted: list[str]) -> Relation:
    """What a query reads this file from."""
    return _RELATIONS[kind](path, wanted)


def _csv(path: Path, _wanted: list[str]) -> Relation:
    """Columns by position: a name may be empty, or differ from another in case only."""
    delimiter, header = _header(path)
    columns = {name: f"c{place}" for place, name in enumerate(header)}
    types = ", ".join(f"c{place}: 'VARCHAR'" for place in range(len(header)))
    options = f"{FILE_ONLY}, auto_detect=false, header=true, delim={text(delimiter)}, quote='\"', escape='\"'"
    return Relation(f"read_csv({text(_literal(path))}, {options}, columns={{{types}}})", columns)


def _jsonl(path: Path, wanted: list[str]) -> Relation:
    columns = {name: quoted(name) for name in wanted}
    types = ", ".join(f"{text(name)}: 'VARCHAR'" for name in wanted)
    options = f"{FILE_ONLY}, format='newline_delimited', columns={{{types}}}"
    return Relation(f"read_json({text(_literal(path))}, {options})", columns)


def _parquet(path: Path, _wanted: list[str]) -> Relation:
    schema = pq.read_schema(path)
    columns = {name: f"c{place}" for place, name in enumerate(schema.names)}
    types = {
        column.name: column.type.value_type if pa.types.is_dictionary(column.type) else column.type for column in schema
    }
    names = ", ".join(f"c{place}" for place in range(len(schema.names)))
    return Relation(f"read_parquet({text(_literal(path))}, {FILE_ONLY}) AS file({names})", columns, types)


_RELATIONS = {"csv": _csv, "jsonl": _jsonl, "parquet": _parquet}


def _literal(path: Path) -> str:
    """The path with glob characters taken literally."""
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in str(path))


def _header(path: Path) -> tuple[str, list[str]]:
    """Delimiter and column names, from the first line alone: the commonest of , ; tab | in it."""
    opener = gzip.open if path.suffix == ".gz" else open
    try:
        with opener(path, "rt", encoding="utf-8-sig", newline="") as stream:
            line = stream.readline(1 << 20)
    except (UnicodeDecodeError, EOFError, zlib.error) as error:
        raise SourceError(f"{path}: must be readable CSV in UTF-8, got {error}") from error
    delimiter = max(DELIMITERS, key=line.count)
    names = next(csv.reader([line], delimiter=delimiter), [])
    names = [name.removeprefix(codecs.BOM_UTF8.decode()) for name in names]
    duplicates = sorted({name for name in names if name and names.count(name) > 1})
    if not any(names) or duplicates:
        got = f"{duplicates[0]!r} twice" if duplicates else "an empty first line"
        raise SourceError(f"{path}: must have one line of distinct column names first, got {got}")
    return delimiter, names


def _query(relation: Relation, kind: str, plan: Plan, pieces: Pieces) -> str:
    """Timestamps become microseconds in "t"; a number column brings its mismatches along as "?name"."""
    fields = []
    for name in wanted(plan, pieces):
        if name not in relation.columns:
            continue
        column, typed = relation.columns[name], relation.types.get(name)
        if pieces and name == plan.timestamp:
            fields.append(f"{stamp(column, plan.timestamp_unit, typed)} AS t")
        if name in plan.number_columns():
            fields.append(f"{number(column)} AS {quoted('#' + name)}")
            fields.append(f"({column} IS NOT NULL AND {number(column)} IS NULL) AS {quoted('?' + name)}")
        if name in plan.name_columns():
            fields.append(f"{name_of(column, typed)} AS {quoted('$' + name)}")
    query = f"SELECT {', '.join(fields) or '1 AS one'} FROM {relation.sql}"
    if pieces is None:
        return query
    spans = " OR ".join(f"(t >= {start} AND t < {end})" for start, end in map(microseconds, pieces))
    return f"SELECT * REPLACE (TRY_CAST(t AS BIGINT) AS t) FROM ({query}) WHERE t IS NULL OR {spans}"


def stamp(column: str, unit: str | None, kind: pa.DataType | None) -> str:
    """Microseconds since 1970; decimals of this width are multiplied without overflow and divided exactly."""
    if kind is not None and pa.types.is_timestamp(kind) and kind.unit == "us":
        return f"epoch_us({column})"
    varchar = _varchar(column)
    if unit is None or (kind is not None and (pa.types.is_timestamp(kind) or pa.types.is_date(kind))):
        return f"epoch_us(TRY_CAST({varchar} AS TIMESTAMPTZ))"
    whole = f"TRY_CAST({varchar} AS DECIMAL(28, 9))"
    if unit == "ns":
        return f"CAST(floor({whole}) AS HUGEINT) // 1000"
    return f"CAST(floor({whole} * {MICROSECONDS[unit]}) AS HUGEINT)"


def number(column: str) -> str:
    """The value as a double, NULL where it is none."""
    return f"TRY_CAST({_varchar(column)} AS DOUBLE)"


def name_of(column: str, kind: pa.DataType | None) -> str:
    """The canonical name of a value; ``kind`` is its type in Parquet."""
    if kind is None:
        return key_of(column, pa.string())
    varchar = _varchar(column)
    if pa.types.is_floating(kind):
        double = f"TRY_CAST({varchar} AS DOUBLE)"
        whole = f"abs({double}) < 1e38 AND {double} = trunc({double})"
        return f"CASE WHEN {whole} THEN CAST(CAST({double} AS HUGEINT) AS VARCHAR) ELSE nullif({varchar}, 'nan') END"
    return _whole(varchar) if pa.types.is_decimal(kind) else varchar


def key_of(column: str, kind: pa.DataType) -> str:
    """The canonical name where text is a number too: CSV writes 1 as 1.0 and true as True at times."""
    if not (pa.types.is_string(kind) or pa.types.is_large_string(kind)):
        return name_of(column, kind)
    varchar = _varchar(column)
    return f"CASE WHEN {varchar} IN ('True', 'TRUE', 'False', 'FALSE') THEN lower({varchar}) ELSE {_whole(varchar)} END"


def _varchar(column: str) -> str:
    return f"CAST({column} AS VARCHAR)"


def _whole(varchar: str) -> str:
    """Without an empty fraction."""
    return f"regexp_replace({varchar}, '^(-?[0-9]+)[.]0+$', '\\1')"


def _split(record: pa.RecordBatch, pieces: Sequence[Window]) -> Iterator[Batch]:
    stamps = record.column("t")
    record = record.drop_columns(["t"])
    if stamps.null_count:
        yield Batch(0, undated=stamps.null_count)
        record, stamps = record.filter(stamps.is_valid()), stamps.drop_null()
    starts, ends = np.array([microseconds(piece) for piece in pieces], dtype=np.int64).T
    moments = values(stamps.cast(pa.int64(), safe=False), "int64")
    for piece, rows in split(record, moments, starts, ends):
        yield _batch(rows, piece)


def _batch(record: pa.RecordBatch, piece: int = 0) -> Batch:
    numbers: dict[str, pa.Array] = {}
    names: dict[str, pa.Array] = {}
    mismatched: dict[str, int] = {}
    for name, column in zip(record.schema.names, record.columns, strict=True):
        if name.startswith("?"):
            mismatched[name[1:]] = int(pc.sum(column).as_py() or 0)
        elif name.startswith("#"):
            numbers[name[1:]] = column
        elif name.startswith("$"):
            names[name[1:]] = column
    return Batch(record.num_rows, numbers, names, mismatched, piece=piece)
