"""Feeds CSV, JSON lines, and Parquet files whose columns need parsing, through DuckDB's stream.

Every column arrives as text and is parsed once, here: numbers with TRY_CAST, so that a word in a numerical column is
counted as a mismatch and never guesses a type; timestamps as ISO 8601, UTC where they name no zone.
"""

import codecs
import csv
import gzip
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from fairlead.core.plan import Plan, Window
from fairlead.engines.batch import ROWS, Batch, microseconds, wanted
from fairlead.errors import SourceError

DELIMITERS = ",;\t|"
MEMORY = "1GB"
PER_SECOND = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}


def batches(path: Path, kind: str, plan: Plan, window: Window | None) -> Iterator[Batch]:
    """Rows of the window; ``kind`` is csv, jsonl or parquet. An empty file has no rows."""
    if path.stat().st_size == 0:
        return
    relation, present = _relation(path, kind, plan, window)
    if present is not None and window and plan.timestamp not in present:
        raise SourceError(f"{path}: must have the timestamp column {plan.timestamp!r}, got {', '.join(present)}")
    columns = [name for name in wanted(plan, window) if present is None or name in present]
    query = _query(relation, columns, kind, plan, window)
    try:
        with duckdb.connect(config={"memory_limit": MEMORY}) as connection:
            connection.execute("SET TimeZone = 'UTC'")
            for record in connection.sql(query).to_arrow_reader(ROWS):
                yield _select(record, plan, window)
    except duckdb.Error as error:
        raise SourceError(f"{path}: must be readable {_NAMES[kind]}, got {_reason(error)}") from error


_NAMES = {"csv": "CSV", "jsonl": "JSON lines", "parquet": "Parquet"}


def _reason(error: duckdb.Error) -> str:
    """DuckDB's message up to its advice, on one line."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    kept = []
    for line in lines:
        if line.startswith(("Possible", "LINE", "*", "file =")):
            break
        kept.append(line)
    return "; ".join(kept)[:400]


def text(value: str) -> str:
    """An SQL string."""
    return "'" + value.replace("'", "''") + "'"


def quoted(name: str) -> str:
    """An SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def _relation(path: Path, kind: str, plan: Plan, window: Window | None) -> tuple[str, list[str] | None]:
    """SQL that reads the file as text columns, and the columns it has (None where only the rows tell)."""
    if kind == "csv":
        delimiter, header = _header(path)
        columns = ", ".join(f"{text(name)}: 'VARCHAR'" for name in header)
        options = f"auto_detect=false, header=true, delim={text(delimiter)}, quote='\"', escape='\"'"
        return f"read_csv({text(_literal(path))}, {options}, columns={{{columns}}})", header
    if kind == "jsonl":
        columns = ", ".join(f"{text(name)}: 'VARCHAR'" for name in wanted(plan, window))
        options = f"format='newline_delimited', columns={{{columns}}}"
        return f"read_json({text(_literal(path))}, {options})", None
    schema = pa.parquet.read_schema(path)
    return f"read_parquet({text(_literal(path))})", list(schema.names)


def _literal(path: Path) -> str:
    """The path with glob characters taken literally."""
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in str(path))


def _header(path: Path) -> tuple[str, list[str]]:
    """Delimiter and column names, from the first line alone: the commonest of , ; tab | in it."""
    opener = gzip.open if path.suffix == ".gz" else open
    try:
        with opener(path, "rt", encoding="utf-8-sig", newline="") as stream:
            line = stream.readline(1 << 20)
    except (UnicodeDecodeError, OSError, EOFError) as error:
        raise SourceError(f"{path}: must be readable CSV in UTF-8, got {error}") from error
    delimiter = max(DELIMITERS, key=line.count)
    names = next(csv.reader([line], delimiter=delimiter), [])
    duplicates = sorted({name for name in names if names.count(name) > 1})
    if not names or duplicates:
        got = f"{duplicates[0]!r} twice" if duplicates else "an empty first line"
        raise SourceError(f"{path}: must have one line of distinct column names first, got {got}")
    return delimiter, [name.removeprefix(codecs.BOM_UTF8.decode()) for name in names]


def _query(relation: str, columns: list[str], kind: str, plan: Plan, window: Window | None) -> str:
    """Timestamps become microseconds in "t"; a number column brings its mismatches along as "?name"."""
    fields = []
    for name in columns:
        varchar = f"CAST({quoted(name)} AS VARCHAR)"
        if window and name == plan.timestamp:
            fields.append(f"{_stamp(varchar, plan.timestamp_unit)} AS t")
            if name not in plan.number_columns() | plan.name_columns():
                continue
        if name in plan.number_columns():
            number = f"TRY_CAST({varchar} AS DOUBLE)"
            fields.append(f"{number} AS {quoted('#' + name)}")
            fields.append(f"({varchar} IS NOT NULL AND {number} IS NULL) AS {quoted('?' + name)}")
        if name in plan.name_columns():
            fields.append(f"{_name(varchar, name, kind)} AS {quoted('$' + name)}")
    query = f"SELECT {', '.join(fields) or '1 AS one'} FROM {relation}"
    if window is None:
        return query
    start, end = microseconds(window)
    return f"SELECT * FROM ({query}) WHERE t IS NULL OR (t >= {start} AND t < {end})"


def _stamp(varchar: str, unit: str | None) -> str:
    if unit is None:
        return f"epoch_us(TRY_CAST({varchar} AS TIMESTAMPTZ))"
    return f"TRY_CAST(floor(TRY_CAST({varchar} AS DECIMAL(38, 9)) * 1000000 / {PER_SECOND[unit]}) AS BIGINT)"


def _name(varchar: str, name: str, kind: str) -> str:
    """Text formats write 1 as 1.0 and true as True at times; both are one name."""
    if kind == "parquet":
        return varchar
    plain = f"regexp_replace({varchar}, '^(-?[0-9]+)[.]0+$', '\\1')"
    return f"CASE WHEN {varchar} IN ('True', 'TRUE', 'False', 'FALSE') THEN lower({varchar}) ELSE {plain} END"


def _select(record: pa.RecordBatch, plan: Plan, window: Window | None) -> Batch:
    undated = 0
    if window is not None:
        dated = record.column("t").is_valid()
        undated = record.num_rows - int(pc.sum(dated).as_py() or 0)
        record = record.filter(dated) if undated else record
    columns: dict[str, pa.Array] = {}
    mismatched: dict[str, int] = {}
    for name, column in zip(record.schema.names, record.columns, strict=True):
        if name.startswith("?"):
            mismatched[name[1:]] = int(pc.sum(column).as_py() or 0)
        elif name.startswith(("#", "$")):
            columns[name[1:]] = column
    return Batch(record.num_rows, columns, mismatched, undated)
