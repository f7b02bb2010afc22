"""Feeds CSV, JSON lines, and Parquet files whose columns need parsing, through DuckDB's stream.

Every column arrives as text and is parsed once, here: numbers with TRY_CAST, so that a word in a numerical column is
counted as a mismatch and never guesses a type; timestamps as ISO 8601, UTC where they name no zone.
"""

import codecs
import csv
import gzip
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from fairlead.core.plan import Plan, Window
from fairlead.engines.batch import ROWS, Batch, microseconds, wanted
from fairlead.errors import SourceError

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


def batches(path: Path, kind: str, plan: Plan, window: Window | None) -> Iterator[Batch]:
    """Rows of the window; ``kind`` is csv, jsonl or parquet. An empty file has no rows."""
    if path.stat().st_size == 0:
        return
    relation = _RELATIONS[kind](path, wanted(plan, window))
    if window and plan.timestamp not in relation.columns:
        names = ", ".join(relation.columns)
        raise SourceError(f"{path}: must have the timestamp column {plan.timestamp!r}, got {names}")
    for record in _stream(path, kind, _query(relation, kind, plan, window)):
        yield _select(record, window)


def column_names(path: Path, kind: str) -> list[str]:
    """Names in the header of a CSV file, keys of the first rows of JSON lines; none in an empty file."""
    if path.stat().st_size == 0:
        return []
    if kind == "csv":
        return _header(path)[1]
    rows = f"SELECT json FROM read_ndjson_objects({text(_literal(path))}) LIMIT {ROWS}"
    keys = _stream(path, kind, f"SELECT DISTINCT unnest(json_keys(json)) FROM ({rows})")
    return [name for record in keys for name in record.column(0).to_pylist()]


def _stream(path: Path, kind: str, query: str) -> Iterator[pa.RecordBatch]:
    """Results of a query; an error in the middle of the stream arrives as OSError."""
    try:
        with duckdb.connect(config={"memory_limit": MEMORY}) as connection:
            connection.execute("SET TimeZone = 'UTC'")
            connection.execute("SET enable_progress_bar = false")  # it would be drawn into the report
            yield from connection.sql(query).to_arrow_reader(ROWS)
    except (duckdb.Error, pa.ArrowException, OSError) as error:
        raise SourceError(f"{path}: must be readable {NAMES[kind]}, got {_reason(error)}") from error


def _reason(error: Exception) -> str:
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
    types = dict(zip(schema.names, schema.types, strict=True))
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


def _query(relation: Relation, kind: str, plan: Plan, window: Window | None) -> str:
    """Timestamps become microseconds in "t"; a number column brings its mismatches along as "?name"."""
    fields = []
    for name in wanted(plan, window):
        if name not in relation.columns:
            continue
        varchar = f"CAST({relation.columns[name]} AS VARCHAR)"
        if window and name == plan.timestamp:
            fields.append(f"{_stamp(varchar, plan.timestamp_unit, relation.types.get(name))} AS t")
        if name in plan.number_columns():
            number = f"TRY_CAST({varchar} AS DOUBLE)"
            fields.append(f"{number} AS {quoted('#' + name)}")
            fields.append(f"({varchar} IS NOT NULL AND {number} IS NULL) AS {quoted('?' + name)}")
        if name in plan.name_columns():
            value = _typed_name(varchar, relation.types[name]) if kind == "parquet" else _name(varchar)
            fields.append(f"{value} AS {quoted('$' + name)}")
    query = f"SELECT {', '.join(fields) or '1 AS one'} FROM {relation.sql}"
    if window is None:
        return query
    start, end = microseconds(window)
    return f"SELECT * FROM ({query}) WHERE t IS NULL OR (t >= {start} AND t < {end})"


def _stamp(varchar: str, unit: str | None, kind: pa.DataType | None) -> str:
    """Microseconds since 1970; decimals of this width are multiplied without overflow and divided exactly."""
    if unit is None or (kind is not None and (pa.types.is_timestamp(kind) or pa.types.is_date(kind))):
        return f"epoch_us(TRY_CAST({varchar} AS TIMESTAMPTZ))"
    number = f"TRY_CAST({varchar} AS DECIMAL(28, 9))"
    if unit == "ns":
        return f"CAST(floor({number}) AS HUGEINT) // 1000"
    return f"CAST(floor({number} * {MICROSECONDS[unit]}) AS HUGEINT)"


def _name(varchar: str) -> str:
    """Text formats write 1 as 1.0 and true as True at times; both are one name."""
    return f"CASE WHEN {varchar} IN ('True', 'TRUE', 'False', 'FALSE') THEN lower({varchar}) ELSE {_whole(varchar)} END"


def _typed_name(varchar: str, kind: pa.DataType) -> str:
    """A number is a name without its empty fraction; NaN is none."""
    if pa.types.is_floating(kind):
        return f"nullif({_whole(varchar)}, 'nan')"
    return _whole(varchar) if pa.types.is_decimal(kind) else varchar


def _whole(varchar: str) -> str:
    return f"regexp_replace({varchar}, '^(-?[0-9]+)[.]0+$', '\\1')"


def _select(record: pa.RecordBatch, window: Window | None) -> Batch:
    undated = 0
    if window is not None:
        dated = record.column("t").is_valid()
        undated = record.num_rows - int(pc.sum(dated).as_py() or 0)
        record = record.filter(dated) if undated else record
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
    return Batch(record.num_rows, numbers, names, mismatched, undated)
