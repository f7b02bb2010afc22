"""A row group that is counted column by column has the very counts of its rows read together."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fairlead.core.edges import NumericalBins, numerical_bins
from fairlead.core.plan import AttributeColumn, CategoricalColumn, NumericalColumn, Plan, Window
from fairlead.core.summary import Summary
from fairlead.engines import columnwise, parquet, reader
from fairlead.engines.files import Files
from fairlead.engines.rowgroup import RowGroup
from fairlead.engines.summarise import summarise
from fairlead.errors import SourceError
from fairlead.store.codec import pack_summary
from tests.support import logs

ROWS = 40_000
chance = np.random.default_rng(5)


def mask(share: float) -> np.ndarray:
    return chance.random(ROWS) < share


FLOATS = np.where(mask(0.01), np.nan, chance.lognormal(3, 2, ROWS))
FLOATS[:9] = [0.0, -0.0, np.inf, -np.inf, 1e300, -1e300, np.nan, 2.0**-1074, 1e18]
NAMES = np.array(["a", "b", "é", "", "1"])[chance.integers(0, 5, ROWS)]
COLUMNS: dict[str, pa.Array] = {
    "normal": pa.array(chance.normal(0, 1, ROWS)),
    "wild": pa.array(FLOATS, mask=mask(0.02)),
    "single": pa.array(chance.normal(0, 1, ROWS).astype(np.float32)),
    "few": pa.array(chance.integers(-3, 4, ROWS), mask=mask(0.05)),
    "full": pa.array(chance.integers(0, 10, ROWS)),
    "spread": pa.array(chance.integers(-(2**62), 2**62, ROWS)),
    "near the end": pa.array(2**63 - 1 - chance.integers(0, 5, ROWS)),
    "small": pa.array(chance.integers(0, 9, ROWS).astype(np.int8)),
    "unsigned": pa.array(chance.integers(0, 9, ROWS).astype(np.uint64) + np.uint64(2**63)),
    "flag": pa.array(mask(0.3), mask=mask(0.1)),
    "nothing": pa.nulls(ROWS, pa.int64()),
    "money": pa.array([Decimal(int(cents)) / 100 for cents in chance.integers(0, 9999, ROWS)]),
}
BASE = {name: np.asarray(array.cast(pa.float64(), safe=False).drop_null()) for name, array in COLUMNS.items()}


def edges(name: str) -> NumericalBins:
    sample = BASE[name][np.isfinite(BASE[name])]
    return numerical_bins(sample[:5_000] if len(sample) else np.zeros(1), "p1_p99")


NUMERICAL = {name: NumericalColumn(name, -2.0, 5.0, edges(name)) for name in COLUMNS}
PLAN = Plan(
    timestamp="at",
    timestamp_unit=None,
    prediction="answer",
    favourable="yes",
    label="truth",
    score="score",
    output=numerical_bins(np.linspace(0, 1, 1000), "p1_p99"),
    numerical=NUMERICAL | {"absent": NumericalColumn("absent", bins=edges("normal"))},
    categorical={
        "name": CategoricalColumn("name", frozenset({"a"})),
        "id": CategoricalColumn("id"),
        "digit": CategoricalColumn("few"),
        "gone": CategoricalColumn("gone"),
    },
    attributes={"group": AttributeColumn("name"), "band": AttributeColumn("normal", (-1.0, 1.0))},
    intersections={"both": ("group", "band")},
    attributions={"normal": NumericalColumn("single", bins=edges("single"))},
    thinning=4,
)
SCORES = np.where(mask(0.02), np.nan, chance.uniform(-0.01, 1.01, ROWS))
WINDOW = Window(logs.START, logs.START + timedelta(days=1))
PLANS: dict[str, Plan] = {
    "binary": PLAN,
    "every row": replace(PLAN, thinning=1),
    "probabilities": replace(PLAN, score=None, probabilities={"yes": "score", "no": "rest"}),
    "one feature": replace(PLAN, numerical={"few": NUMERICAL["few"]}),
    "no many-valued feature": replace(PLAN, numerical={name: NUMERICAL[name] for name in ("few", "full", "flag")}),
    "regression": replace(
        PLAN, regression=True, favourable=None, favourable_range=(0.0, 1.0), tolerance=0.5, score=None,
        prediction="normal", label="single",
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("logs")
    at = pa.array([logs.START + timedelta(seconds=2 * second) for second in range(ROWS)], pa.timestamp("us", "UTC"))
    columns = {
        "at": at,
        **COLUMNS,
        "name": pa.array(NAMES, mask=mask(0.03)),
        "id": pa.array([f"id {number}" for number in range(ROWS)]),
        "score": pa.array(SCORES),
        "rest": pa.array(1 - SCORES),
        "answer": pa.array(np.where(SCORES > 0.5, "yes", "no"), mask=mask(0.01)),
        "truth": pa.array(np.where(chance.random(ROWS) < 0.5, "yes", "no"), mask=mask(0.1)),
    }
    pq.write_table(pa.table(columns), home / "a.parquet", row_group_size=20_000)
    return home


def counted(folder: Path, plan: Plan, window: Window | None) -> Summary:
    return summarise(Files(str(folder), "parquet"), plan, window)


@pytest.mark.parametrize("window", [WINDOW, None], ids=["window", "all rows"])
@pytest.mark.parametrize("plan", PLANS.values(), ids=PLANS)
def test_counts_are_the_same(folder: Path, plan: Plan, window: Window | None, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = watched(monkeypatch)
    found = counted(folder, plan, window)
    assert seen == [0, 1]
    monkeypatch.setattr(parquet, "LEAST", ROWS)
    rows = counted(folder, plan, window)
    assert seen == [0, 1]
    assert pack_summary(found) == pack_summary(rows)
    assert list(found.numerical) == list(rows.numerical)
    assert list(found.categorical) == list(rows.categorical)
    assert found.rows == ROWS


def watched(patch: pytest.MonkeyPatch) -> list[int]:
    """Row groups that are counted by column from now on."""
    seen: list[int] = []

    def counting(group: RowGroup, *rest):  # type: ignore[no-untyped-def]
        seen.append(group.index)
        return columnwise.counting(group, *rest)

    patch.setattr(reader, "counting", counting)
    return seen


CUTS: dict[str, tuple[Callable[[Plan], Plan], timedelta, list[int]]] = {
    "in the middle of a row group": (lambda plan: plan, timedelta(seconds=30_000), [1]),
    "between row groups": (lambda plan: plan, timedelta(seconds=40_000), [1]),
    "inputs by a key": (lambda plan: replace(plan, input_key="id"), timedelta(0), []),
    "inputs by their values": (lambda plan: replace(plan, hash_inputs=True), timedelta(0), []),
}


@pytest.mark.parametrize("cut", CUTS.values(), ids=CUTS)
def test_rows_that_must_be_seen_together_are(
    folder: Path, cut: tuple[Callable[[Plan], Plan], timedelta, list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    change, after, by_column = cut
    window, plan = Window(logs.START + after, WINDOW.end), change(PLAN)
    seen = watched(monkeypatch)
    found = counted(folder, plan, window)
    assert seen == by_column
    monkeypatch.setattr(parquet, "LEAST", ROWS)
    assert pack_summary(found) == pack_summary(counted(folder, plan, window))
    assert found.rows == ROWS - after // timedelta(seconds=2)


@pytest.mark.parametrize("size", [1, 7_001, 1 << 20])
def test_slices_change_nothing(folder: Path, size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    if size > 1:
        monkeypatch.setattr(columnwise, "SLICE", size)
    monkeypatch.setattr(columnwise, "TOGETHER", size)
    found = counted(folder, PLAN, WINDOW)
    monkeypatch.undo()
    assert pack_summary(found) == pack_summary(counted(folder, PLAN, WINDOW))


def test_file_that_is_replaced_meanwhile_is_still_the_old_one(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    path.write_bytes((folder / "a.parquet").read_bytes())
    file = parquet.open_file(path)
    (first, _) = parquet.batches(file, PLAN, None, whole=True)
    (tmp_path / "b").write_bytes(b"something else")
    (tmp_path / "b").rename(path)
    assert isinstance(first, RowGroup)
    assert first.number("full").equals(pq.read_table(folder / "a.parquet")["full"].chunk(0)[:20_000])


def test_damage_in_one_column_is_one_error(folder: Path, tmp_path: Path) -> None:
    content = bytearray((folder / "a.parquet").read_bytes())
    metadata = pq.read_metadata(folder / "a.parquet")
    chunk = next(c for c in map(metadata.row_group(1).column, range(20)) if c.path_in_schema == "normal")
    content[chunk.data_page_offset : chunk.data_page_offset + 40] = b"\xff" * 40
    (tmp_path / "a.parquet").write_bytes(content)
    with pytest.raises(SourceError, match=r"a\.parquet: must be a readable Parquet file, got "):
        counted(tmp_path, PLAN, WINDOW)
