"""Which rows are in a window: half-open to the microsecond, whatever the timestamps are and wherever they lie."""

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fairlead.core.plan import Window
from fairlead.engines.files import Files
from fairlead.engines.summarise import summarise
from fairlead.errors import SourceError
from tests.support.stamps import END, EPOCH, START, TICK, WINDOW, found, plan, table, ticks

STAMPS = (
    END + TICK,
    START,
    datetime(2199, 12, 31, tzinfo=UTC),
    START - TICK,
    END - TICK,
    datetime(1969, 7, 20, 20, 17, 40, 5, tzinfo=UTC),
    START + TICK,
    END,
    START + timedelta(hours=2, microseconds=123_456),
    START.replace(microsecond=0),
    START.replace(microsecond=0) + timedelta(seconds=1),
    END.replace(microsecond=0),
)
SECONDS = {"s": 1_000_000, "ms": 1_000, "us": 1}


def expected(stamps: Sequence[datetime | None], window: Window = WINDOW) -> list[str]:
    inside = [bool(moment and window.start <= moment < window.end) for moment in stamps]
    return sorted(f"row {place}" for place, yes in enumerate(inside) if yes)


def floored(unit: str) -> list[datetime]:
    size = SECONDS.get(unit, 1)
    return [EPOCH + ticks(moment) // size * size * TICK for moment in STAMPS]


@pytest.mark.parametrize("words", [False, True], ids=["typed", "parsed"])
@pytest.mark.parametrize("zone", [None, "UTC", "America/New_York", "+05:45"])
@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_timestamp_columns(unit: str, zone: str | None, words: bool, tmp_path: Path) -> None:
    raw = [ticks(moment) * 1000 if unit == "ns" else ticks(moment) // SECONDS[unit] for moment in STAMPS]
    rows = table(pa.array(raw, pa.timestamp(unit, zone)), words=words)
    pq.write_table(rows, tmp_path / "a.parquet", row_group_size=1)
    summary = summarise(Files(str(tmp_path), "parquet"), plan(), WINDOW)
    assert found(summary) == expected(floored(unit))
    assert 4 <= summary.rows <= 6


@pytest.mark.parametrize("words", [False, True], ids=["typed", "parsed"])
@pytest.mark.parametrize("kind", [pa.int64(), pa.uint64(), pa.float64(), pa.string(), pa.decimal128(30, 0)], ids=str)
@pytest.mark.parametrize("unit", ["s", "ms", "us"])
def test_epochs_in_parquet(unit: str, kind: pa.DataType, words: bool, tmp_path: Path) -> None:
    stamps = [moment for moment in floored(unit) if moment > EPOCH]
    raw = pa.array([ticks(moment) // SECONDS[unit] for moment in stamps])
    pq.write_table(table(raw.cast(kind), words=words), tmp_path / "a.parquet")
    assert found(summarise(Files(str(tmp_path), "parquet"), plan(unit), WINDOW)) == expected(stamps)


@pytest.mark.parametrize("kind", [pa.int64(), pa.string()], ids=str)
def test_nanosecond_epochs_are_cut_to_the_microsecond(kind: pa.DataType, tmp_path: Path) -> None:
    raw = [1000 * ticks(moment) + extra for moment in (START - TICK, START, END - TICK, END) for extra in (0, 999)]
    pq.write_table(table(pa.array(raw).cast(kind)), tmp_path / "a.parquet")
    summary = summarise(Files(str(tmp_path), "parquet"), plan("ns"), WINDOW)
    assert found(summary) == ["row 2", "row 3", "row 4", "row 5"]


@pytest.mark.parametrize("suffix", ["csv", "jsonl"])
@pytest.mark.parametrize("unit", ["s", "ms", "us"])
def test_epochs_in_text(unit: str, suffix: str, tmp_path: Path) -> None:
    """Every microsecond counts, also where a double could not tell it from the next."""
    exact = {"s": 6, "ms": 3, "us": 0}[unit]
    raw = [f"{ticks(moment)}e-{exact}" if exact == 3 else decimal(ticks(moment), exact) for moment in STAMPS]
    write_text(tmp_path / f"a.{suffix}", raw)
    assert found(summarise(Files(str(tmp_path), suffix), plan(unit), WINDOW)) == expected(STAMPS)


def decimal(number: int, places: int) -> str:
    whole, part = divmod(abs(number), 10**places)
    return f"{'-' if number < 0 else ''}{whole}" + (f".{part:0{places}}" if places else "")


def write_text(path: Path, stamps: Sequence[str | None]) -> None:
    if path.suffix == ".csv":
        lines = [f"{stamp or ''},row {place},1\n" for place, stamp in enumerate(stamps)]
        path.write_text("at,id,x\n" + "".join(lines))
    else:
        rows = [{"at": stamp, "id": f"row {place}", "x": 1} for place, stamp in enumerate(stamps)]
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))


ZONE = timezone(-timedelta(hours=3, minutes=30))
SPELLINGS: dict[str, Callable[[datetime], str]] = {
    "zulu": lambda moment: moment.isoformat().replace("+00:00", "Z"),
    "offset": lambda moment: moment.astimezone(ZONE).isoformat(),
    "naive": lambda moment: moment.replace(tzinfo=None).isoformat(),
    "blank": lambda moment: moment.strftime("%Y-%m-%d %H:%M:%S.%f"),
    "nanoseconds": lambda moment: moment.strftime("%Y-%m-%dT%H:%M:%S.%f999Z"),
}


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet"])
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_iso_8601(spelling: str, suffix: str, tmp_path: Path) -> None:
    texts = [SPELLINGS[spelling](moment) for moment in STAMPS]
    if suffix == "parquet":
        pq.write_table(table(pa.array(texts)), tmp_path / "a.parquet")
    else:
        write_text(tmp_path / f"a.{suffix}", texts)
    assert found(summarise(Files(str(tmp_path), suffix), plan(), WINDOW)) == expected(STAMPS)


GARBAGE = ("", "yesterday", "31/12/2026", "2026-13-01", "1774744200", "NaN", "null", None)


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet"])
def test_garbage_is_undated_and_counted(suffix: str, tmp_path: Path) -> None:
    texts = [START.isoformat(), *GARBAGE]
    if suffix == "parquet":
        pq.write_table(table(pa.array(texts)), tmp_path / "a.parquet")
    else:
        write_text(tmp_path / f"a.{suffix}", texts)
    summary = summarise(Files(str(tmp_path), suffix), plan(), WINDOW)
    assert (found(summary), summary.undated) == (["row 0"], len(GARBAGE))


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize(
    "garbage", ["1e28", "99999999999999999999999999999999999999999", "-1e300", "inf", "nan", "soon"]
)
def test_impossible_epochs_leave_the_other_rows_alone(garbage: str, unit: str, tmp_path: Path) -> None:
    good = str(-(-1000 * ticks(START) // {"s": 10**9, "ms": 10**6, "us": 1000, "ns": 1}[unit]))
    write_text(tmp_path / "a.csv", [good, garbage])
    assert found(summarise(Files(str(tmp_path), "csv"), plan(unit), WINDOW)) == ["row 0"]


EXTREMES: dict[str, tuple[pa.DataType, list[int]]] = {
    "us": (pa.timestamp("us"), [2**63 - 1, -(2**63) + 1, ticks(START)]),
    "us utc": (pa.timestamp("us", "UTC"), [2**63 - 1, -(2**63) + 1, ticks(START)]),
    "ns": (pa.timestamp("ns"), [2**63 - 1, -(2**63) + 1, ticks(START) * 1000]),
    "ms": (pa.timestamp("ms"), [2**62, -(2**62), ticks(START) // 1000 + 1]),
    "s": (pa.timestamp("s"), [2**50, -(2**50), ticks(START) // 1_000_000 + 1]),
    "date": (pa.date32(), [2**31 - 1, -(2**31), (START - EPOCH).days + 1]),
}


@pytest.mark.parametrize("kind", EXTREMES)
def test_timestamps_beyond_the_calendar(kind: str, tmp_path: Path) -> None:
    """Years before 1 or after 9999 are outside every window and stop nothing."""
    arrow, raw = EXTREMES[kind]
    integers = pa.array(raw, pa.int32() if kind == "date" else pa.int64())
    window = Window(START, START + timedelta(days=1))
    pq.write_table(table(integers.cast(arrow)), tmp_path / "a.parquet")
    assert found(summarise(Files(str(tmp_path), "parquet"), plan(), window)) == ["row 2"]


def test_unsigned_epochs_beyond_63_bits(tmp_path: Path) -> None:
    pq.write_table(table(pa.array([2**64 - 1, ticks(START)], pa.uint64())), tmp_path / "a.parquet")
    assert found(summarise(Files(str(tmp_path), "parquet"), plan("us"), WINDOW)) == ["row 1"]


@pytest.mark.parametrize("words", [False, True], ids=["typed", "parsed"])
@pytest.mark.parametrize("kind", [pa.date32(), pa.date64()], ids=str)
def test_dates_are_their_midnight(kind: pa.DataType, words: bool, tmp_path: Path) -> None:
    days = [date(2026, 3, 28), date(2026, 3, 29), date(2026, 3, 30), None, date(2026, 3, 31)]
    pq.write_table(table(pa.array(days, kind), words=words), tmp_path / "a.parquet")
    window = Window(datetime(2026, 3, 29, tzinfo=UTC), datetime(2026, 3, 31, tzinfo=UTC))
    summary = summarise(Files(str(tmp_path), "parquet"), plan(), window)
    assert (found(summary), summary.undated) == (["row 1", "row 2"], 1)
    later = Window(window.start + TICK, window.end)
    assert found(summarise(Files(str(tmp_path), "parquet"), plan(), later)) == ["row 2"]


@pytest.mark.parametrize("words", [False, True], ids=["typed", "parsed"])
def test_integers_without_a_unit_are_refused(words: bool, tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(table(pa.array([ticks(START)]), words=words), path)
    with pytest.raises(SourceError) as caught:
        summarise(Files(str(path), "parquet"), plan(), WINDOW)
    assert str(caught.value) == f"{path}: column 'at': must be timestamps, got integers; set timestamp_unit"


@pytest.mark.parametrize("words", [False, True], ids=["typed", "parsed"])
def test_a_unit_does_not_touch_real_timestamps(words: bool, tmp_path: Path) -> None:
    pq.write_table(table(pa.array(STAMPS, pa.timestamp("us", "UTC")), words=words), tmp_path / "a.parquet")
    assert found(summarise(Files(str(tmp_path), "parquet"), plan("ms"), WINDOW)) == expected(STAMPS)


WITHOUT_PANDAS = """
import sys
class NoPandas:
    def find_spec(name, path=None, target=None):
        if name.partition(".")[0] == "pandas":
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, NoPandas)
from datetime import datetime
from fairlead.core.plan import Plan, Window
from fairlead.engines.files import Files
from fairlead.engines.summarise import summarise
window = Window(*(datetime.fromisoformat(end) for end in sys.argv[2:]))
print(sorted(summarise(Files(sys.argv[1], "parquet"), Plan("at", None, "id"), window).classes.counts))
"""


def test_nanoseconds_without_pandas(tmp_path: Path) -> None:
    """An exporter has no pandas, which Arrow needs for the minimum of a nanosecond column as a Python object."""
    raw = [1000 * ticks(moment) + 1 for moment in (START, END)]
    pq.write_table(table(pa.array(raw, pa.timestamp("ns"))), tmp_path / "a.parquet", row_group_size=1)
    command = [sys.executable, "-c", WITHOUT_PANDAS, str(tmp_path), START.isoformat(), END.isoformat()]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("['row 0']\n", "")
