"""Files that cannot be read: one sentence each, which names the file and quotes no row of it."""
# ruff: noqa: E501 - one line per case

import gzip
import os
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fairlead.core.plan import CategoricalColumn, NumericalColumn, Plan, Window
from fairlead.engines.batch import ROWS
from fairlead.engines.files import Files
from fairlead.engines.summarise import summarise
from fairlead.errors import SourceError
from tests.support import bins, logs

PLAN = Plan(
    "at",
    None,
    "decision",
    numerical={"income": NumericalColumn("income", bins=bins.at(1e4))},
    categorical={"purpose": CategoricalColumn("purpose")},
)
WINDOW = Window(logs.START, logs.START + logs.DAY)
HEADER = "at,income,purpose,decision\n"
ROW = "2026-01-01T00:00:00Z,5,secret,approved\n"
LATE = HEADER + ROW * (2 * ROWS)
JSON = '{"at": "2026-01-01", "income": 5, "purpose": "secret"}\n'
CSV, LINES = "must be readable CSV, got Invalid Input Error: ", "must be readable JSON lines, got Invalid Input Error: "
UTF8 = "must be readable CSV in UTF-8, got "
TWICE = "must have one line of distinct column names first, got "

BROKEN: dict[str, tuple[str, bytes | str, str]] = {
    "too few values": ("csv", HEADER + ROW + "2026-01-01,5\n", CSV + "CSV Error on Line: 3; Expected Number of Columns: 4 Found: 2"),
    "too many values": ("csv", HEADER + "secret,5,a,b,c\n", CSV + "CSV Error on Line: 2; Expected Number of Columns: 4 Found: 5"),
    "too many values, late": ("csv", LATE + "secret,5,a,b,c\n", CSV + f"CSV Error on Line: {2 * ROWS + 2}; Expected Number of Columns: 4 Found: 5"),
    "open quote": ("csv", HEADER + '2026-01-01,5,"secret,x\n' + ROW, CSV + "CSV Error on Line: 2; Value with unterminated quote found."),
    "latin-1": ("csv", (HEADER + "2026-01-01,5,é,x\n").encode("latin-1"), UTF8 + "'utf-8' codec can't decode byte 0xe9 in position 40: invalid continuation byte"),
    "latin-1, late": ("csv", (LATE + "2026-01-01,5,é,x\n").encode("latin-1"), CSV + f"CSV Error on Line: {2 * ROWS + 2}; Invalid unicode (byte sequence mismatch) detected. This file is not utf-8 encoded."),
    "utf-16": ("csv", (HEADER + ROW).encode("utf-16"), UTF8 + "'utf-8' codec can't decode byte 0xff in position 0: invalid start byte"),
    "a name twice": ("csv", "at,income,income,decision\n" + ROW, TWICE + "'income' twice"),
    "blank header": ("csv", "\n" + ROW, TWICE + "an empty first line"),
    "no timestamp column": ("csv", "AT,income\n2026-01-01,5\n", "must have the timestamp column 'at', got AT, income"),
    "endless line": ("csv", HEADER + "2026-01-01,5," + "s" * 3_000_000 + ",x\n", CSV + "CSV Error on Line: 2; Maximum line size of 2000000 bytes exceeded. Actual Size:3000015 bytes."),
    "no gzip": ("csv.gz", HEADER + ROW, "must be a readable file, got Not a gzipped file (b'at')"),
    "cut gzip": ("csv.gz", gzip.compress((HEADER + ROW * 500).encode(), mtime=0)[:20], UTF8 + "Compressed file ended before the end-of-stream marker was reached"),
    "open object": ("jsonl", JSON + '{"at": "2026-01-01"\n' + JSON, LINES + 'Malformed JSON in file "{path}", at byte 21 in line 3: unexpected character.'),
    "cut object at the end": ("jsonl", JSON * (2 * ROWS) + '{"at": "2026-', LINES + f'Malformed JSON in file "{{path}}", at byte 14 in line {2 * ROWS + 2}: unexpected end of data.'),
    "no object": ("jsonl", '["secret"]\n', LINES + 'JSON transform error in file "{path}", in line 1: Expected OBJECT, but got ARRAY'),
    "a key twice": ("jsonl", '{"at": "secret", "at": 1}\n', LINES + 'JSON transform error in file "{path}", in line 1: an object has duplicate key "at"'),
    "byte order mark": ("jsonl", "\ufeff" + JSON, LINES + 'Malformed JSON in file "{path}", at byte 1 in line 2: byte order mark (BOM) is not supported.'),
    "no JSON": ("jsonl", "at,income\n", LINES + 'Malformed JSON in file "{path}", at byte 1 in line 2: unexpected character.'),
    "latin-1 JSON": ("jsonl", '{"purpose": "é"}\n'.encode("latin-1"), LINES + 'Malformed JSON in file "{path}", at byte 14 in line 2: invalid UTF-8 encoding in string.'),
    "empty Parquet": ("parquet", b"", "must be a readable Parquet file, got Parquet file size is 0 bytes"),
    "text": ("parquet", HEADER + ROW, "must be a readable Parquet file, got Parquet magic bytes not found in footer. Either the file is corrupted or this is not a parquet file."),
}  # fmt: skip


@pytest.mark.parametrize("case", BROKEN)
def test_unreadable(case: str, tmp_path: Path) -> None:
    suffix, content, expected = BROKEN[case]
    path = tmp_path / f"a.{suffix}"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(SourceError) as caught:
        summarise(Files(str(path), suffix.removesuffix(".gz")), PLAN, WINDOW)
    assert str(caught.value) == f"{path}: {expected.replace('{path}', str(path))}"
    assert "secret" not in str(caught.value)


def whole_parquet(tmp_path: Path) -> bytes:
    path = tmp_path / "whole.parquet"
    logs.write_parquet(logs.rows(3_000), path)
    content = path.read_bytes()
    path.unlink()
    return content


@pytest.mark.parametrize("share", [0.0001, 0.01, 0.25, 0.5, 0.9, 0.99, 0.999])
def test_truncated_parquet(share: float, tmp_path: Path) -> None:
    content = whole_parquet(tmp_path)
    path = tmp_path / "a.parquet"
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(SourceError, match=rf"^{re.escape(str(path))}: must be a readable Parquet file, got [^\n]+$"):
        summarise(Files(str(path), "parquet"), PLAN, WINDOW)


def test_damaged_parquet(tmp_path: Path) -> None:
    """Bytes changed at random: rows, or one sentence; a worker's error arrives as one, too."""
    content, chance = whole_parquet(tmp_path), np.random.default_rng(8)
    path, refused = tmp_path / "a.parquet", 0
    for _ in range(60):
        damaged = bytearray(content)
        for _ in range(chance.choice((1, 3, 30))):
            damaged[chance.integers(len(damaged))] = chance.integers(256)
        path.write_bytes(damaged)
        try:
            summarise(Files(str(path), "parquet"), PLAN, WINDOW)
        except SourceError as error:
            refused += 1
            assert "\n" not in str(error)  # noqa: PT017 - either outcome is right
    assert refused > 10


def test_text_that_is_no_utf_8_in_parquet(tmp_path: Path) -> None:
    offsets = pa.py_buffer(np.array([0, 2, 3], np.int32).tobytes())
    broken = pa.Array.from_buffers(pa.string(), 2, [None, offsets, pa.py_buffer(b"\xff\xfea")])
    stamps = pa.array([logs.START] * 2, pa.timestamp("us", "UTC"))
    pq.write_table(pa.table({"at": stamps, "decision": ["x"] * 2, "purpose": broken}), tmp_path / "a.parquet")
    with pytest.raises(SourceError, match=r"^column 'purpose': must be UTF-8 text, got other bytes$"):
        summarise(Files(str(tmp_path), "parquet"), PLAN, WINDOW)


@pytest.mark.parametrize("column", ["at", "income", "purpose"])
def test_a_column_twice_in_parquet(column: str, tmp_path: Path) -> None:
    table = pa.table({"at": pa.array([logs.START], pa.timestamp("us")), "income": [1.0], "purpose": ["x"]})
    path = tmp_path / "a.parquet"
    pq.write_table(table.append_column(column, table[column]), path)
    with pytest.raises(SourceError) as caught:
        summarise(Files(str(path), "parquet"), PLAN, WINDOW)
    assert str(caught.value) == f"{path}: must have distinct column names, got {column!r} twice"


def test_parquet_without_the_timestamp_column(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"AT": [1], "income": ["5"]}), path)
    with pytest.raises(SourceError) as caught:
        summarise(Files(str(path), "parquet"), PLAN, WINDOW)
    assert str(caught.value) == f"{path}: must have the timestamp column 'at', got AT, income"


Edit = Callable[[str], str | bytes]
SOUND: dict[str, Edit] = {
    "as written": lambda text: text,
    "byte order mark": lambda text: "\ufeff" + text,
    "quoted header with a byte order mark": lambda text: "\ufeff" + text.replace("at,", '"at",', 1),
    "windows lines": lambda text: text.replace("\n", "\r\n"),
    "old mac lines": lambda text: text.replace("\n", "\r"),
    "semicolons": lambda text: text.replace(",", ";"),
    "tabs": lambda text: text.replace(",", "\t"),
    "bars": lambda text: text.replace(",", "|"),
    "no last line end": lambda text: text.rstrip("\n"),
    "blank lines": lambda text: text + "\n\n",
    "an unnamed index": lambda text: text.replace("at,", ",at,", 1).replace("2026-", "0,2026-"),
    "unnamed columns": lambda text: text.replace("\n", ",,\n"),
    "a name that differs in case": lambda text: text.replace("\n", ",9\n").replace("decision,9", "decision,Income", 1),
    "every value quoted": lambda text: "".join(
        ",".join(f'"{value}"' for value in line.split(",")) + "\n" for line in text.splitlines()
    ),
}


@pytest.mark.parametrize("case", SOUND)
def test_csv_of_every_dialect(case: str, tmp_path: Path) -> None:
    content = SOUND[case](HEADER + ROW + ROW.replace("5,", ",").replace("secret", ""))
    (tmp_path / "a.csv").write_bytes(content.encode() if isinstance(content, str) else content)
    summary = summarise(Files(str(tmp_path), "csv"), PLAN, WINDOW)
    assert (summary.rows, summary.undated) == (2, 0)
    assert (summary.numerical["income"].counts.tolist(), summary.numerical["income"].missing) == ([1, 0], 1)
    assert (summary.categorical["purpose"].counts, summary.categorical["purpose"].missing) == ({"secret": 1}, 1)
    assert summary.classes.counts == {"approved": 2}


def test_names_with_separators_and_line_ends_in_quotes(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(HEADER + '2026-01-01,5,"a\nb, ""c"";d",approved\n' + ROW)
    summary = summarise(Files(str(tmp_path), "csv"), PLAN, WINDOW)
    assert summary.categorical["purpose"].counts == {'a\nb, "c";d': 1, "secret": 1}


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\n\n\n"])
def test_json_lines_of_every_dialect(ending: str, tmp_path: Path) -> None:
    rows = [
        '{"at": "2026-01-01", "income": 5, "purpose": "secret", "further": [1, {"x": 2}]}',
        '{"purpose": "\\u00e9\\n\\"\\ud83c\\udf93", "at": "2026-01-01", "income": null}',
        '{"at": "2026-01-01", "income": "5e3"}',
        '{"AT": "2026-01-01", "Income": 5}',
    ]
    (tmp_path / "a.jsonl").write_text(ending.join(rows) + ending)
    summary = summarise(Files(str(tmp_path), "jsonl"), PLAN, WINDOW)
    assert (summary.rows, summary.undated) == (3, 1)
    assert (summary.numerical["income"].counts.tolist(), summary.numerical["income"].missing) == ([2, 0], 1)
    assert summary.categorical["purpose"].counts == {"secret": 1, 'é\n"🎓': 1}
    assert summary.classes.missing == 3


def test_parquet_file_whose_name_is_not_utf8(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"\xff.parquet")
    logs.write(logs.rows(50), tmp_path / "a.parquet").rename(path)
    with pytest.raises(SourceError, match="must have a name in UTF-8, got other bytes"):
        summarise(Files(str(path), "parquet"), PLAN, None)
