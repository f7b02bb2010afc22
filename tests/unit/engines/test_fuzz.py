"""Whatever lies in a log, reading it ends in rows or in one sentence, and sound files give every row."""

import csv
import faulthandler
import gzip
import io
import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from fairlead.core.plan import AttributeColumn, CategoricalColumn, NumericalColumn, Plan, Window
from fairlead.core.summary import Summary
from fairlead.engines.files import Files
from fairlead.engines.labels import Labels
from fairlead.engines.summarise import summarise
from fairlead.errors import SourceError
from tests.support import bins, logs

PLAN = Plan(
    "at",
    None,
    "decision",
    favourable="approved",
    label="outcome",
    output=bins.at(0.5),
    score="score",
    numerical={"x": NumericalColumn("x", bins=bins.at(0.0, 1e4))},
    categorical={"c": CategoricalColumn("c")},
    attributes={"sex": AttributeColumn("sex")},
)
NAMES = {"income": "x", "purpose": "c"}
WINDOW = Window(logs.START, logs.START + timedelta(hours=12))
SUFFIXES = (".parquet", ".csv", ".csv.gz", ".jsonl", ".jsonl.gz")
PATIENCE = 60
"""Seconds until a read counts as hanging."""


@pytest.fixture(autouse=True)
def impatience() -> Iterator[None]:
    """A read that hangs ends the tests with the place where it does."""
    yield
    faulthandler.cancel_dump_traceback_later()


def read(content: bytes, suffix: str, window: Window | None = None) -> Summary | None:
    """The summary; None if the file was refused in a sentence that names it. It is read as labels, too."""
    faulthandler.dump_traceback_later(PATIENCE, exit=True, file=2)
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"a{suffix}"
        path.write_bytes(content)
        source = Files(str(path), logs.FORMATS[suffix])
        refused(lambda: summarise(source, PLAN, None, labels=Labels(source, "c", "outcome", "at")), path)
        found = list[Summary]()
        return None if refused(lambda: found.append(summarise(source, PLAN, window)), path) else found[0]


def refused(attempt: Callable[[], object], path: Path) -> bool:
    """Whether it was refused; any other error comes through."""
    try:
        attempt()
    except SourceError as error:
        message = str(error)
        assert message.startswith((f"{path}: ", "column "))
        assert "\n" not in message
        return True
    return False


@pytest.mark.parametrize("suffix", SUFFIXES)
@settings(max_examples=15)
@given(st.binary(max_size=200))
@example(b"\x00")
@example(b"\n\n\n")
@example(b'"')
@example(b"\xef\xbb\xbf")
@example(b"a,b\n\x00,\x00\n")
@example(b"a\r\r\nb\n\r")
@example(b"[" * 5_000)
@example(b'{"x": ' * 2_000)
@example(b'{"x": 1}' * 100)
@example(b"PAR1PAR1")
@example(b"PAR1\xff\xff\xff\xffPAR1")
@example(b"PAR1\x00\x00\x00\x7fPAR1")
@example(gzip.compress(b"", mtime=0))
@example(gzip.compress(b"a,b\n1,2\n", mtime=0)[:-4])
@example(gzip.compress(b"a,b\n1,2\n", mtime=0) * 2)
def test_random_bytes(suffix: str, content: bytes) -> None:
    read(content, suffix)


@cache
def sound(suffix: str) -> bytes:
    """A real log of 300 rows."""
    with TemporaryDirectory() as folder:
        frame = logs.with_gaps(logs.rows(300)).rename(columns=NAMES)
        return logs.write(frame, Path(folder) / f"a{suffix}").read_bytes()


def flipped(content: bytes, flips: list[tuple[float, int]]) -> bytes:
    damaged = bytearray(content)
    for place, mask in flips:
        damaged[int(place * len(damaged))] ^= mask
    return bytes(damaged)


places = st.floats(0, 1, exclude_max=True)


@pytest.mark.parametrize("suffix", SUFFIXES)
@settings(max_examples=12)
@given(flips=st.lists(st.tuples(places, st.integers(1, 255)), min_size=1, max_size=8), windowed=st.booleans())
def test_flipped_bits(suffix: str, flips: list[tuple[float, int]], windowed: bool) -> None:
    found = read(flipped(sound(suffix), flips), suffix, WINDOW if windowed else None)
    if suffix in (".parquet", ".csv.gz", ".jsonl.gz"):
        assert found is None or found.rows <= 300


@pytest.mark.parametrize("suffix", SUFFIXES)
@settings(max_examples=12)
@given(share=places, windowed=st.booleans())
def test_truncated(suffix: str, share: float, windowed: bool) -> None:
    found = read(sound(suffix)[: int(share * len(sound(suffix)))], suffix, WINDOW if windowed else None)
    assert found is None or found.rows <= 300
    if suffix == ".parquet":
        assert found is None


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_undamaged(suffix: str) -> None:
    """The files that are damaged above are sound before."""
    found = read(sound(suffix), suffix)
    assert found is not None
    assert (found.rows, found.predicted > 250, found.numerical["x"].mismatched) == (300, True, 0)


words = st.text(st.characters(codec="utf-8"), max_size=12)
marks = st.text("\"',;\t|\r\n\\ a\x00", max_size=6)


@settings(max_examples=30)
@given(st.lists(st.tuples(words | marks, words | marks, marks), min_size=1, max_size=8), st.sampled_from(",;\t|"))
def test_csv_as_python_writes_it(rows: list[tuple[str, str, str]], delimiter: str) -> None:
    """Every text of every row arrives, separators, quotes and line ends included."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, delimiter=delimiter)
    writer.writerows([("c", "decision", "x", "at"), *((*row, "") for row in rows)])
    found = read(stream.getvalue().encode(), ".csv")
    assert found is not None
    assert found.rows == len(rows)
    assert sum(found.categorical["c"].counts.values()) == sum(row[0] != "" for row in rows)


@settings(max_examples=25)
@given(st.text("\"',;\n\r\\a1\x00", max_size=60))
def test_csv_as_nobody_writes_it(body: str) -> None:
    found = read(f"c,x,at\n{body}".encode(), ".csv")
    assert found is None or found.rows <= len(body)


scalars = st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | words
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3))
objects = st.dictionaries(st.sampled_from(["at", "decision", "outcome", "x", "c", "sex", "score", "X", ""]), values)


@settings(max_examples=30)
@given(st.lists(objects, min_size=1, max_size=6), st.booleans())
def test_json_lines_as_python_writes_them(rows: list[dict[str, Any]], ascii_only: bool) -> None:
    """Every object is a row, whatever it holds."""
    content = "".join(json.dumps(row, ensure_ascii=ascii_only) + "\n" for row in rows)
    found = read(content.encode(), ".jsonl")
    assert found is not None
    assert found.rows == len(rows)


@settings(max_examples=25)
@given(st.lists(values, min_size=1, max_size=5))
def test_json_lines_of_any_values(rows: list[Any]) -> None:
    """A null is a row without values; a line that is neither it nor an object is refused."""
    found = read("".join(json.dumps(row) + "\n" for row in rows).encode(), ".jsonl")
    if all(row is None or isinstance(row, dict) for row in rows):
        assert found is not None
        assert found.rows == len(rows)
    else:
        assert found is None


SMALLEST = {"s": 1_000_000, "ms": 1_000}
UNITS, ZONES = ("s", "ms", "us", "ns"), (None, "UTC", "Asia/Kathmandu", "+05:45", "-11:00")
FIXED: tuple[pa.DataType, ...] = (
    *(pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64()),
    *(pa.float16(), pa.float32(), pa.float64(), pa.date32(), pa.binary(5), pa.duration("ms")),
    *(pa.timestamp(unit, zone) for unit in UNITS for zone in ZONES),
)
"""Types whose values may be any bits."""
DRAWN: dict[pa.DataType, st.SearchStrategy[Any]] = {
    pa.bool_(): st.booleans(),
    pa.string(): words,
    pa.large_string(): words,
    pa.string_view(): words,
    pa.binary(): st.binary(max_size=8),
    pa.large_binary(): st.binary(max_size=8),
    pa.decimal128(38, 10): st.decimals(-(10**27), 10**27, places=10),
    pa.decimal256(60, 0): st.decimals(-(10**59), 10**59, places=0),
    pa.decimal128(5, 2): st.decimals(-999, 999, places=2),
    pa.time32("s"): st.times().map(lambda moment: moment.replace(microsecond=0, tzinfo=None)),
    pa.time64("us"): st.times(),
    pa.date64(): st.dates(),
    pa.list_(pa.int64()): st.lists(st.integers(0, 9), max_size=3),
    pa.large_list(pa.string()): st.lists(words, max_size=3),
    pa.list_(pa.float64(), 2): st.lists(st.floats(), min_size=2, max_size=2),
    pa.struct({"a": pa.int64(), "b": pa.string()}): st.fixed_dictionaries({"a": st.integers(0, 9), "b": words}),
    pa.map_(pa.string(), pa.int64()): st.dictionaries(words, st.integers(0, 9), max_size=2).map(lambda m: [*m.items()]),
    pa.dictionary(pa.int8(), pa.string()): words,
    pa.dictionary(pa.int32(), pa.int64()): st.integers(-(2**63), 2**63 - 1),
    pa.dictionary(pa.int32(), pa.float64()): st.floats(),
    pa.dictionary(pa.int32(), pa.binary()): st.binary(max_size=8),
    pa.null(): st.none(),
}


@st.composite
def arrays(draw: st.DrawFn, rows: int) -> pa.Array:
    """A column of any type, with nulls."""
    kind = draw(st.sampled_from([*FIXED, *DRAWN]))
    missing = np.array(draw(st.lists(st.booleans(), min_size=rows, max_size=rows)), bool)
    if kind not in DRAWN:
        bits = draw(st.binary(min_size=rows * kind.byte_width, max_size=rows * kind.byte_width))
        valid = pa.py_buffer(np.packbits(~missing, bitorder="little").tobytes())
        return pa.Array.from_buffers(kind, rows, [valid, pa.py_buffer(bits)])
    cells = draw(st.lists(DRAWN[kind], min_size=rows, max_size=rows))
    cells = [None if absent else cell for cell, absent in zip(cells, missing, strict=True)]
    if pa.types.is_dictionary(kind):
        return pa.array(cells, kind.value_type).dictionary_encode().cast(kind)
    return pa.array(cells, kind)


@st.composite
def tables(draw: st.DrawFn) -> pa.Table:
    rows = draw(st.integers(0, 6))
    columns = draw(st.lists(st.sampled_from(["x", "c", "decision", "outcome", "sex", "at"]), min_size=1, unique=True))
    return pa.table({column: draw(arrays(rows)) for column in columns})


def beyond_the_calendar(column: pa.ChunkedArray) -> bool:
    """Whether seconds or milliseconds are more than 64 bits of microseconds hold."""
    if not pa.types.is_timestamp(column.type) or column.type.unit not in SMALLEST:
        return False
    most = (2**63 - 1) // SMALLEST[column.type.unit]
    return any(not -most <= value <= most for value in column.cast(pa.int64()).drop_null().to_pylist())


@settings(max_examples=100)
@given(
    table=tables(),
    windowed=st.booleans(),
    options=st.fixed_dictionaries(
        {
            "use_dictionary": st.booleans(),
            "store_schema": st.booleans(),
            "write_statistics": st.booleans(),
            "row_group_size": st.sampled_from([1, 2, 100]),
            "data_page_version": st.sampled_from(["1.0", "2.0"]),
            "version": st.sampled_from(["1.0", "2.6"]),
            "use_deprecated_int96_timestamps": st.booleans(),
        }
    ),
)
def test_parquet_of_every_type(table: pa.Table, windowed: bool, options: dict[str, Any]) -> None:
    """Every row is counted; timestamps that no calendar has, or a window's of a type that is none, are refused."""
    stream = io.BytesIO()
    try:
        pq.write_table(table, stream, **options)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        assume(condition=False)
    found = read(stream.getvalue(), ".parquet", WINDOW if windowed else None)
    if not windowed and not any(map(beyond_the_calendar, table.columns)):
        assert found is not None
        assert found.rows == table.num_rows
        assert found.numerical["x"].rows == found.categorical["c"].rows == table.num_rows
    elif found is not None:
        assert found.rows + found.undated <= table.num_rows
