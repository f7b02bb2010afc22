"""Row groups and files outside a window are skipped, and that changes no result."""

from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fairlead.core.plan import Window
from fairlead.engines.files import Files
from fairlead.engines.summarise import summarise
from fairlead.errors import SourceError
from tests.support.stamps import EPOCH, START, TICK, plan, table, ticks


def test_windows_that_touch_share_no_row_and_lose_none(tmp_path: Path) -> None:
    """Seven days in three files, cut into windows at odd moments: each row is in exactly one."""
    chance = np.random.default_rng(5)
    stamps = ticks(START) + chance.integers(0, 7 * 86_400_000_000, 3_000)
    for place, part in enumerate(np.array_split(stamps, 3)):
        pq.write_table(table(pa.array(part, pa.timestamp("us"))), tmp_path / f"{place}.parquet", row_group_size=100)
    cuts = sorted(EPOCH + int(moment) * TICK for moment in chance.choice(stamps, 12))
    cuts = [START, *cuts, START + timedelta(days=7)]
    source = Files(str(tmp_path), "parquet")
    windows = [Window(low, high) for low, high in pairwise(cuts)]
    counts = [summarise(source, plan(), window).rows for window in windows]
    wanted = [int(((stamps >= ticks(w.start)) & (stamps < ticks(w.end))).sum()) for w in windows]
    assert counts == wanted
    assert sum(counts) == 3_000


KINDS: dict[str, Any] = {
    "naive us": pa.timestamp("us"),
    "utc ms": pa.timestamp("ms", "UTC"),
    "tokyo ns": pa.timestamp("ns", "Asia/Tokyo"),
    "seconds": pa.timestamp("s"),
    "dates": pa.date32(),
    "epochs": pa.int64(),
}


@pytest.mark.parametrize("nulls", [False, True], ids=["dated", "with nulls"])
@pytest.mark.parametrize("order", ["sorted", "unsorted"])
@pytest.mark.parametrize("kind", KINDS)
def test_pruning_changes_nothing(kind: str, order: str, nulls: bool, tmp_path: Path) -> None:
    """The same rows in one group without statistics and in forty groups with them, for thirty windows."""
    chance = np.random.default_rng(11)
    raw = ticks(START) + chance.integers(0, 4 * 86_400_000_000, 400)
    raw = np.sort(raw) if order == "sorted" else raw
    mask = chance.random(400) < (0.01 if nulls else 0)
    stamps = pa.array(raw, pa.timestamp("us"), mask=mask).cast(pa.timestamp("us"))
    stamps = stamps.cast(KINDS[kind], safe=False) if kind != "epochs" else stamps.cast(pa.int64())
    pq.write_table(table(stamps), tmp_path / "plain.parquet", write_statistics=False)
    pq.write_table(table(stamps), tmp_path / "groups.parquet", row_group_size=10)
    unit = "us" if kind == "epochs" else None
    for _ in range(15):
        low, high = np.sort(chance.choice(raw, 2) + chance.integers(-1, 2, 2))
        for window in (Window(EPOCH + int(low) * TICK, EPOCH + int(high) * TICK + TICK), _days(low, high)):
            plain, groups = (
                summarise(Files(str(tmp_path / name), "parquet"), plan(unit), window)
                for name in ("plain.parquet", "groups.parquet")
            )
            assert (groups.rows, groups.classes) == (plain.rows, plain.classes)
            assert groups.undated == plain.undated == int(mask.sum())


def _days(low: int, high: int) -> Window:
    """Whole days around two moments."""
    days = [EPOCH + timedelta(days=int(moment) // 86_400_000_000) for moment in (low, high)]
    return Window(days[0], days[1] + timedelta(days=1))


@pytest.mark.parametrize("kind", [name for name in KINDS if name != "epochs"])
def test_row_groups_outside_the_window_are_not_read(kind: str, tmp_path: Path) -> None:
    """Their bytes may be gone."""
    stamps = pa.array([ticks(START) + day * 86_400_000_000 for day in range(4)], pa.timestamp("us"))
    path = tmp_path / "a.parquet"
    pq.write_table(table(stamps.cast(KINDS[kind], safe=False)), path, row_group_size=1)
    metadata = pq.ParquetFile(path).metadata
    content = bytearray(path.read_bytes())
    for group in (0, 1, 3):
        for place in range(3):
            chunk = metadata.row_group(group).column(place)
            begin = chunk.dictionary_page_offset or chunk.data_page_offset
            content[begin : begin + chunk.total_compressed_size] = bytes(chunk.total_compressed_size)
    path.write_bytes(content)
    day = START.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=2)
    source = Files(str(path), "parquet")
    assert summarise(source, plan(), Window(day, day + timedelta(days=1))).rows == 1
    with pytest.raises(SourceError, match="must be a readable Parquet file"):
        summarise(source, plan(), Window(day, day + timedelta(days=2)))
