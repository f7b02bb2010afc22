"""Arrow and Parquet bodies: any types that mean the same, nothing that grows, and no bytes that end the process."""

import io
import os
import random
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fairlead.core.logged import Layout
from fairlead.ingest.apart import Apart
from fairlead.ingest.refusal import RefusedError
from fairlead.ingest.rows import Taken, table_of
from fairlead.ingest.tables import of_arrow, of_parquet

NOW = datetime(2026, 1, 9, tzinfo=UTC)
MOST_ROWS, MOST_BYTES = 1_000, 1 << 20
APART = Apart()
STAMP = pa.timestamp("us", "UTC")
FUZZES = int(os.environ.get("FAIRLEAD_FUZZES", "1500"))


def layout(unit: str | None = None) -> Layout:
    return Layout("m", "predictions", "at", unit, frozenset({"n", "both"}), frozenset({"c", "both"}))


def written(table: pa.Table, form: str, **options: Any) -> bytes:
    stream = io.BytesIO()
    if form == "parquet":
        pq.write_table(table, stream, **options)
    else:
        with pa.ipc.new_stream(stream, table.schema, **options) as writer:
            writer.write_table(table)
    return stream.getvalue()


def read(body: bytes, form: str, unit: str | None = None) -> pa.Table:
    return taken(body, form, unit).table


def taken(body: bytes, form: str, unit: str | None = None) -> Taken:
    if form == "parquet":
        return of_parquet(body, layout(unit), NOW, MOST_ROWS, MOST_BYTES, apart=APART)
    return of_arrow(body, layout(unit), NOW, MOST_ROWS, MOST_BYTES)


@pytest.fixture(scope="module", autouse=True)
def ended() -> Iterator[None]:
    yield
    APART.close()


def refused(body: bytes, form: str) -> RefusedError:
    with pytest.raises(RefusedError) as error:
        read(body, form)
    return error.value


def with_column(name: str, array: pa.Array) -> pa.Table:
    columns = {"at": pa.array([NOW] * len(array), STAMP)}
    return pa.table({**columns, name: array})


FORMS = pytest.mark.parametrize("form", ["arrow", "parquet"])

NUMBERS = {
    "doubles": (pa.array([1.5, None]), [1.5, None]),
    "floats": (pa.array([1.5, None], pa.float32()), [1.5, None]),
    "integers": (pa.array([1, None], pa.int8()), [1.0, None]),
    "large integers": (pa.array([2**60 + 1, 1]), [2**60 + 1, 1]),
    "unsigned": (pa.array([2**64 - 1, 1], pa.uint64()), [str(2**64 - 1), "1"]),
    "booleans": (pa.array([True, False, None]), [1.0, 0.0, None]),
    "decimals": (pa.array([Decimal("0.10"), None]), ["0.10", None]),
    "nothing": (pa.nulls(2), [None, None]),
    "coded": (pa.array([1, 2, 1]).dictionary_encode(), [1.0, 2.0, 1.0]),
}


@FORMS
@pytest.mark.parametrize(("array", "kept"), NUMBERS.values(), ids=NUMBERS)
def test_numbers(form: str, array: pa.Array, kept: list[Any]) -> None:
    assert read(written(with_column("n", array), form), form).column("n").to_pylist() == kept


NAMES = {
    "text": (pa.array(["a", None, ""]), ["a", None, ""]),
    "large text": (pa.array(["a"], pa.large_string()), ["a"]),
    "coded": (pa.array(["a", None, "b", "a"]).dictionary_encode(), ["a", None, "b", "a"]),
    "integers": (pa.array([2**60 + 1, None]), [str(2**60 + 1), None]),
    "doubles": (pa.array([1.0, 0.5, np.nan, None]), ["1", "0.5", None, None]),
    "floats": (pa.array([1.1, 2.0], pa.float32()), ["1.1", "2"]),
    "booleans": (pa.array([True, None]), ["true", None]),
    "decimals": (pa.array([Decimal("1.50"), Decimal("2.00")]), ["1.50", "2"]),
    "nothing": (pa.nulls(1), [None]),
}


@FORMS
@pytest.mark.parametrize(("array", "kept"), NAMES.values(), ids=NAMES)
def test_names(form: str, array: pa.Array, kept: list[Any]) -> None:
    assert read(written(with_column("c", array), form), form).column("c").to_pylist() == kept


STAMPS = {
    "microseconds": (pa.array([NOW], STAMP), None, NOW),
    "milliseconds of another zone": (pa.array([NOW], pa.timestamp("ms", "Asia/Tokyo")), None, NOW),
    "without a zone": (pa.array([datetime(2026, 1, 2)], pa.timestamp("s")), None, datetime(2026, 1, 2, tzinfo=UTC)),  # noqa: DTZ001
    "nanoseconds": (pa.array([1_999], pa.timestamp("ns")), None, datetime(1970, 1, 1, 0, 0, 0, 1, tzinfo=UTC)),
    "before 1970": (pa.array([-1], pa.timestamp("ns")), None, datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)),
    "dates": (pa.array([date(2026, 1, 2)]), None, datetime(2026, 1, 2, tzinfo=UTC)),
    "text": (pa.array(["2026-01-02T03:00:00+03:00"]), None, datetime(2026, 1, 2, tzinfo=UTC)),
    "seconds": (pa.array([86_400]), "s", datetime(1970, 1, 2, tzinfo=UTC)),
}


@FORMS
@pytest.mark.parametrize(("array", "unit", "moment"), STAMPS.values(), ids=STAMPS)
def test_timestamps(form: str, array: pa.Array, unit: str | None, moment: datetime) -> None:
    table = read(written(pa.table({"at": array}), form), form, unit)
    assert (table.column("at").type, table.column("at").to_pylist()) == (STAMP, [moment])


WRONG = {
    "text for a number": (with_column("n", pa.array(["1"])), "n: must be a number, got string"),
    "a list": (with_column("n", pa.array([[1]])), "n: must be a plain column, got list"),
    "views": (with_column("c", pa.array(["x"], pa.string_view())), "c: must be a plain column, got string_view"),
    "bytes": (with_column("c", pa.array([b"x"])), "c: must be a plain column, got binary"),
    "a moment for a name": (
        with_column("c", pa.array([NOW], STAMP)),
        "c: must be text, a number, true or false, got timestamp",
    ),
    "no timestamp": (
        pa.table({"c": pa.array(["x"])}),
        "rows[0].at: must be an ISO 8601 timestamp of the years 1 to 9999, got nothing",
    ),
    "integers without a unit": (
        pa.table({"at": pa.array([1])}),
        "at: must be an ISO 8601 timestamp of the years 1 to 9999, got int64",
    ),
    "one undated": (pa.table({"at": pa.array([NOW, None], STAMP)}), "rows[1].at: must be an ISO 8601"),
    "far away": (pa.table({"at": pa.array([2**52], pa.timestamp("ms"))}), "rows[0].at: must be an ISO 8601"),
    "twice": (
        pa.Table.from_arrays([pa.array([NOW], STAMP), pa.array([1]), pa.array([2])], ["at", "n", "n"]),
        "n: must be one column, got several",
    ),
    "long text": (with_column("c", pa.array(["x" * 70_000])), "c: must be text of at most 65,536 bytes, got more"),
}


@FORMS
@pytest.mark.parametrize(("table", "mistake"), WRONG.values(), ids=WRONG)
def test_wrong_columns_are_named(form: str, table: pa.Table, mistake: str) -> None:
    error = refused(written(table, form), form)
    assert (error.status, error.mistakes[0][: len(mistake)]) == (422, mistake)


@FORMS
def test_other_columns_are_not_even_looked_at(form: str) -> None:
    table = with_column("blob", pa.array([[{"a": b"x"}]])).append_column("c", pa.array(["x"]))
    found = taken(written(table, form), form)
    assert (found.table.column("c").to_pylist(), dict(found.unlisted or {})) == (["x"], {"blob": 1})


@FORMS
def test_too_many_rows(form: str) -> None:
    assert refused(written(with_column("n", pa.nulls(MOST_ROWS + 1, pa.float64())), form), form).status == 413


@FORMS
def test_a_dictionary_of_one_long_text_does_not_grow(form: str) -> None:
    """A thousand rows of a few bytes that name a text of 60 kB would be 60 MB."""
    coded = pa.DictionaryArray.from_arrays(pa.array([0] * 1_000, pa.int32()), pa.array(["x" * 60_000]))
    body = written(with_column("c", coded), form)
    assert len(body) < 150_000
    error = refused(body, form)
    assert (error.status, error.mistakes) == (413, [f"body: must be at most {MOST_BYTES:,} bytes, got more"])


def test_compressed_pages_that_grow_are_refused_before_they_do() -> None:
    table = with_column("c", pa.array(["x" * 60_000 + str(number) for number in range(100)]))
    body = written(table, "parquet", compression="zstd", use_dictionary=False)
    assert len(body) < 50_000
    assert refused(body, "parquet").status == 413


@pytest.mark.parametrize("codec", ["lz4", "zstd"])
def test_arrow_with_compression_of_its_own_is_refused(codec: str) -> None:
    options = pa.ipc.IpcWriteOptions(compression=codec)
    error = refused(written(with_column("c", pa.array(["x" * 1000] * 50)), "arrow", options=options), "arrow")
    assert (error.status, "without compression of its own" in error.mistakes[0]) == (415, True)


def test_all_forms_say_the_same() -> None:
    rows = [{"at": "2026-01-01T00:00:00Z", "n": n * 0.5, "c": str(n % 3), "both": n} for n in range(100)]
    table = pa.Table.from_pylist(rows)
    expected = table_of(rows, layout(), NOW).table
    for form in ("arrow", "parquet"):
        assert read(written(table, form), form).equals(expected)


def bodies(form: str) -> list[bytes]:
    coded = pa.array(["a", "b", None, "a"] * 25).dictionary_encode()
    table = pa.table(
        {
            "at": pa.array([NOW] * 100, STAMP),
            "n": pa.array([1.5, None, 2.0, 3.0] * 25),
            "c": coded,
            "both": pa.array([1, 2, 3, None] * 25, pa.int32()),
        }
    )
    plain = table.set_column(2, "c", table.column("c").cast(pa.string()))
    found = [written(table, form), written(plain, form)]
    if form == "parquet":
        found += [written(plain, form, compression=codec) for codec in ("none", "zstd", "gzip", "lz4")]
        found.append(written(plain, form, use_dictionary=False, data_page_version="2.0"))
    return found


@FORMS
def test_broken_bytes_are_refused_and_never_end_the_process(form: str) -> None:
    """Bits turned, parts cut out, doubled and overwritten: a table that is sound, or one clear refusal."""
    chance, seeds = random.Random(11), bodies(form)  # noqa: S311 - only damage
    outcomes = set()
    for _ in range(FUZZES):
        body = bytearray(chance.choice(seeds))
        for _ in range(chance.choice((1, 1, 2, 8))):
            place = chance.randrange(len(body))
            match chance.randrange(5):
                case 0:
                    body[place] ^= 1 << chance.randrange(8)
                case 1:
                    body[place] = chance.choice((0, 1, 127, 128, 255))
                case 2:
                    del body[place : place + chance.randrange(1, 64)]
                case 3:
                    body[place:place] = body[place : place + chance.randrange(1, 64)]
                case 4:
                    body[place : place + 4] = chance.randrange(2**32).to_bytes(4, "little")
            if not body:
                break
        try:
            table = read(bytes(body), form)
        except RefusedError as error:
            outcomes.add(error.status)
            continue
        table.validate(full=True)
        assert table.num_rows <= MOST_ROWS
        outcomes.add(201)
    assert {201, 400} <= outcomes <= {201, 400, 413, 415, 422}
