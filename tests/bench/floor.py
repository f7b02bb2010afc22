"""The decode floor: pyarrow reads the columns that an analysis reads and only sums and counts them.

python -m tests.bench.floor LOGS REPORT. Nothing that looks at every value can be faster with the same reader: every
core takes row groups, sixteen columns at a time, from mapped files; names stay dictionary codes. Other ways to read
(whole row groups on Arrow's threads, data sets, buffers) took as long or longer.
"""

import os
import sys
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tests.bench.contender import write_report
from tests.bench.workload import ATTRIBUTES, CATEGORICAL, NUMERICAL

TOGETHER = 16
NAMES = (*CATEGORICAL, *ATTRIBUTES, "prediction", "label")
COLUMNS = ("day_at", *NUMERICAL, "score", *NAMES)

Task = tuple[Path, pq.FileMetaData, int, tuple[str, ...]]
Totals = list[tuple[str, int, float | None]]


def totals(files: Iterable[Path]) -> dict[str, tuple[int, float | None]]:
    """Per column the values that are not null, and of numbers their sum."""
    tasks: list[Task] = []
    for path in files:
        metadata = pq.read_metadata(path)
        for group in range(metadata.num_row_groups):
            tasks += [(path, metadata, group, COLUMNS[at : at + TOGETHER]) for at in range(0, len(COLUMNS), TOGETHER)]
    found: dict[str, tuple[int, float | None]] = {}
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for part in pool.map(_read, tasks):
            for name, counted, total in part:
                before, so_far = found.get(name, (0, None if total is None else 0.0))
                found[name] = before + counted, None if so_far is None or total is None else so_far + total
    return found


def _read(task: Task) -> Totals:
    path, metadata, group, columns = task
    with pq.ParquetFile(path, metadata=metadata, memory_map=True, read_dictionary=list(NAMES)) as file:
        table = file.read_row_group(group, columns=list(columns), use_threads=False)
    return [(name, len(table[name]) - table[name].null_count, _sum(table[name])) for name in columns]


def _sum(column: pa.ChunkedArray) -> float | None:
    number = pa.types.is_integer(column.type) or pa.types.is_floating(column.type)
    return float(pc.sum(column).as_py() or 0) if number else None


if __name__ == "__main__":
    logs, report = map(Path, sys.argv[1:])
    start = time.perf_counter()
    counted = totals(sorted(logs.glob("*.parquet")))
    write_report(report, time.perf_counter() - start, {"rows": counted["day_at"][0], "columns": len(counted)})
