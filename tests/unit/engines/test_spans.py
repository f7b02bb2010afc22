"""From when to when the rows of a file are, whatever its timestamps are, in the microseconds of windows."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fairlead.core.partial import EVERYWHERE, NOWHERE
from fairlead.core.plan import Plan
from fairlead.engines.files import span
from tests.support.stamps import END, EPOCH, START, ticks

PLAN = Plan("at", None, "id")
STAMPS: Sequence[datetime | None] = (END, START, None, START + timedelta(hours=3))
SECONDS = {"s": 1_000_000, "ms": 1_000, "us": 1}


def floored(unit: str) -> tuple[int, int]:
    size = SECONDS.get(unit, 1)
    return ticks(START) // size * size, ticks(END) // size * size


def write(path: Path, stamps: pa.Array, **options: object) -> None:
    pq.write_table(pa.table({"at": stamps, "id": ["x"] * len(stamps)}), path, row_group_size=2, **options)


@pytest.mark.parametrize("statistics", [True, False], ids=["statistics", "none"])
@pytest.mark.parametrize("zone", [None, "UTC", "America/New_York"])
@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_timestamps(unit: str, zone: str | None, statistics: bool, tmp_path: Path) -> None:
    factor = {"s": 1 / 1_000_000, "ms": 1 / 1_000, "us": 1, "ns": 1000}[unit]
    raw = [None if moment is None else int(ticks(moment) * factor // 1) for moment in STAMPS]
    write(tmp_path / "a.parquet", pa.array(raw, pa.timestamp(unit, zone)), write_statistics=statistics)
    assert span(tmp_path / "a.parquet", "parquet", PLAN) == floored(unit)


@pytest.mark.parametrize("unit", ["s", "ms", "us"])
@pytest.mark.parametrize("kind", [pa.int64(), pa.uint64(), pa.float64(), pa.string()], ids=str)
def test_epochs_in_parquet(kind: pa.DataType, unit: str, tmp_path: Path) -> None:
    raw = [None if moment is None else ticks(moment) // SECONDS[unit] for moment in STAMPS]
    write(tmp_path / "a.parquet", pa.array(raw).cast(kind))
    assert span(tmp_path / "a.parquet", "parquet", replace(PLAN, timestamp_unit=unit)) == floored(unit)


def test_dates(tmp_path: Path) -> None:
    write(tmp_path / "a.parquet", pa.array([date(2026, 3, 30), None, date(2026, 3, 28)]))
    first, last = (datetime(2026, 3, day, tzinfo=UTC) for day in (28, 30))
    assert span(tmp_path / "a.parquet", "parquet", PLAN) == (ticks(first), ticks(last))


@pytest.mark.parametrize("suffix", ["csv", "jsonl"])
def test_text(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"a.{suffix}"
    texts = ["yesterday" if moment is None else moment.isoformat() for moment in STAMPS]
    if suffix == "csv":
        path.write_text("id,at\n" + "".join(f"x,{text}\n" for text in texts))
    else:
        path.write_text("".join(json.dumps({"id": "x", "at": text}) + "\n" for text in texts))
    assert span(path, suffix, PLAN) == floored("us")


@pytest.mark.parametrize("kind", [pa.timestamp("us"), pa.string()], ids=str)
def test_no_dated_rows(kind: pa.DataType, tmp_path: Path) -> None:
    write(tmp_path / "a.parquet", pa.nulls(3, kind))
    write(tmp_path / "b.parquet", pa.nulls(0, kind))
    (tmp_path / "c.csv").touch()
    (tmp_path / "d.csv").write_text("at,id\n")
    for path in sorted(tmp_path.iterdir()):
        assert span(path, path.suffix[1:], PLAN) == NOWHERE


def test_years_beyond_the_calendar(tmp_path: Path) -> None:
    """What does not fit 64 bits of microseconds is cut to them."""
    for kind, raw, most in ((pa.timestamp("s"), pa.int64(), 2**50), (pa.date32(), pa.int32(), 2**30)):
        path = tmp_path / f"{most}.parquet"
        write(path, pa.array([-most, most], raw).cast(kind))
        assert span(path, "parquet", PLAN) == EVERYWHERE
    write(tmp_path / "us.parquet", pa.array([2**63 - 1, -(2**63) + 1], pa.timestamp("us")))
    assert span(tmp_path / "us.parquet", "parquet", PLAN) == (-(2**63) + 1, 2**63 - 1)
    assert ticks(EPOCH) == 0
