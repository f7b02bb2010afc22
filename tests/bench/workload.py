"""The data that is measured: seeded prediction logs in Parquet, written piece by piece and kept on disk."""

import hashlib
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.random import Generator
from numpy.typing import NDArray

SEED = 20_260_105
START = datetime(2026, 1, 5, tzinfo=UTC)
DAY = timedelta(days=1)
DAYS = 7
ROW_GROUP = 1 << 17
"""About as many rows are in a row group, and in memory while the data is made."""

Numbers = NDArray[np.float64] | NDArray[np.int64]
SHAPES: dict[str, Callable[[Generator, int], Numbers]] = {
    "normal": lambda chance, rows: chance.normal(50, 10, rows),
    "lognormal": lambda chance, rows: chance.lognormal(10, 0.6, rows),
    "gamma": lambda chance, rows: chance.gamma(2, 500, rows),
    "uniform": lambda chance, rows: chance.uniform(-1, 1, rows),
    "student": lambda chance, rows: chance.standard_t(2.5, rows),
    "pareto": lambda chance, rows: chance.pareto(2.5, rows) + 1,
    "cents": lambda chance, rows: np.round(chance.exponential(200, rows), 2),
    "count": lambda chance, rows: chance.poisson(7, rows),
    "grade": lambda chance, rows: chance.integers(1, 6, rows),
    "flag": lambda chance, rows: (chance.random(rows) < 0.15).astype(np.int64),
}
NUMERICAL = tuple(f"{shape}_{number}" for number in range(1, 6) for shape in SHAPES)
CARDINALITIES = (2, 3, 5, 8, 12, 20, 50, 100, 300, 1000)
CATEGORICAL = tuple(f"of_{cardinality}" for cardinality in CARDINALITIES)
ATTRIBUTES = {"sex": ("female", "male"), "region": ("north", "east", "south", "west", "islands")}
OUTCOMES = ("denied", "approved")
NULLS = 0.03
"""Share missing in every seventh numerical column."""
UNLABELLED = 0.1

Progress = Callable[[int, int], None]
"""Called with (rows written, rows in all)."""


@dataclass(frozen=True, slots=True)
class Workload:
    """A baseline with half as many rows as the current window, and the window: a file per day of a week.

    ``week_at`` spreads the window's rows over the seven days, ``day_at`` the same rows in the same order over one.
    """

    folder: Path
    rows: int

    @property
    def baseline(self) -> Path:
        """One file."""
        return self.folder / "baseline.parquet"

    @property
    def logs(self) -> Path:
        """The folder of the current window."""
        return self.folder / "logs"

    @property
    def files(self) -> list[Path]:
        """The current window's files, oldest first."""
        return [self.logs / f"day-{day}.parquet" for day in range(1, DAYS + 1)]


def prepared(folder: Path, rows: int, progress: Progress) -> Workload:
    """The workload of this size: made now, or found on disk where the same code has made it."""
    code = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:8]
    home = folder / f"workload-{rows}-{code}"
    if not home.exists():
        for stale in folder.glob(f"workload-{rows}-*"):
            shutil.rmtree(stale)
        unfinished = folder / f"workload-{rows}-unfinished"
        _generate(Workload(unfinished, rows), progress)
        unfinished.rename(home)
    return Workload(home, rows)


def _generate(workload: Workload, progress: Progress) -> None:
    workload.logs.mkdir(parents=True)
    in_all, done = workload.rows + workload.rows // 2, 0
    spans = [(workload.baseline, workload.rows // 2, 0.0, float(DAYS))]
    ends = [workload.rows * day // DAYS for day in range(DAYS + 1)]
    for day, path in enumerate(workload.files):
        spans.append((path, ends[day + 1] - ends[day], float(day), day + 1.0))
    for number, (path, rows, begin, end) in enumerate(spans):
        with pq.ParquetWriter(path, _schema()) as writer:
            for piece, size, low, high in _pieces(rows, begin, end):
                writer.write_table(table(np.random.default_rng([SEED, number, piece]), size, low, high))
                done += size
                progress(done, in_all)


def _pieces(rows: int, begin: float, end: float) -> Iterator[tuple[int, int, float, float]]:
    """Equal row groups: number, rows, and the days it spans."""
    pieces = max(1, round(rows / ROW_GROUP))
    for piece in range(pieces):
        first, last = rows * piece // pieces, rows * (piece + 1) // pieces
        span = (end - begin) / pieces
        yield piece, last - first, begin + piece * span, begin + (piece + 1) * span


def table(chance: Generator, rows: int, begin: float, end: float) -> pa.Table:
    """Rows between two moments, in days since START, ordered by time."""
    days = np.sort(chance.uniform(begin, end, rows))
    columns: dict[str, pa.Array] = {"week_at": _stamps(days), "day_at": _stamps(days / DAYS)}
    numbers = {name: SHAPES[name.split("_")[0]](chance, rows) for name in NUMERICAL}
    for place, (name, values) in enumerate(numbers.items()):
        columns[name] = pa.array(values, mask=chance.random(rows) < NULLS if place % 7 == 3 else None)
    for name, cardinality in zip(CATEGORICAL, CARDINALITIES, strict=True):
        shares = 1 / np.arange(1, cardinality + 1)
        codes = chance.choice(cardinality, rows, p=shares / shares.sum())
        columns[name] = _names(codes, [f"{name}_{code}" for code in range(cardinality)])
    groups = {name: chance.integers(0, len(values), rows) for name, values in ATTRIBUTES.items()}
    columns |= {name: _names(groups[name], list(values)) for name, values in ATTRIBUTES.items()}
    logit = (numbers["normal_1"] - 48) / 8 + numbers["uniform_1"] + 0.1 * groups["sex"]
    score = 1 / (1 + np.exp(-logit))
    columns["score"] = pa.array(score)
    columns["prediction"] = _names((score > 0.5).astype(np.int64), list(OUTCOMES))
    outcome = (chance.random(rows) < score).astype(np.int64)
    columns["label"] = _names(outcome, list(OUTCOMES), chance.random(rows) < UNLABELLED)
    return pa.table(columns, schema=_schema())


def _stamps(days: NDArray[np.float64]) -> pa.Array:
    microseconds = (days * (DAY / timedelta(microseconds=1))).astype(np.int64)
    start = int(START.timestamp() * 1_000_000)
    return pa.array(start + microseconds).cast(pa.timestamp("us", "UTC"))


def _names(codes: NDArray[np.int64], names: list[str], missing: NDArray[np.bool_] | None = None) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(codes, mask=missing), names).cast(pa.string())


def _schema() -> pa.Schema:
    integers = {"count", "grade", "flag"}
    stamp = pa.timestamp("us", "UTC")
    kinds = {name: pa.int64() if name.split("_")[0] in integers else pa.float64() for name in NUMERICAL}
    texts = dict.fromkeys((*CATEGORICAL, *ATTRIBUTES), pa.string())
    return pa.schema(
        {"week_at": stamp, "day_at": stamp}
        | kinds
        | texts
        | {"score": pa.float64(), "prediction": pa.string(), "label": pa.string()}
    )
