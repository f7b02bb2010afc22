"""The embedded engine: Parquet, CSV and JSON-lines files on disk, one pass, memory flat in the number of rows."""

import glob
import os
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fairlead.core.plan import Plan, Window
from fairlead.core.summary import Floats, Summary, merge
from fairlead.engines import duck, parquet
from fairlead.engines.batch import Batch
from fairlead.engines.kernel import count, numbers
from fairlead.errors import SourceError

SUFFIXES = {
    "parquet": (".parquet", ".pq"),
    "csv": (".csv", ".csv.gz"),
    "jsonl": (".jsonl", ".ndjson", ".jsonl.gz", ".ndjson.gz"),
}
SAMPLE_ROWS = 1 << 17

Progress = Callable[[int, int], None]
"""Called with (files done, files in all)."""


def silent(done: int, total: int) -> None:
    """No progress display."""


@dataclass(frozen=True, slots=True)
class Files:
    """A file, a glob or a folder, and the format (parquet, csv or jsonl) of what it matches."""

    pattern: str
    format: str


def expand(source: Files) -> list[Path]:
    """Files of the source in name order, but hidden ones; of a folder neither other formats nor hidden folders."""
    if (root := Path(source.pattern)).is_dir():
        suffixes = SUFFIXES[source.format]
        found = [path for path in root.rglob("*") if path.name.endswith(suffixes) and not _in_hidden(path, root)]
    elif any(letter in source.pattern for letter in "*?[") and not Path(source.pattern).exists():
        found = [Path(name) for name in glob.glob(source.pattern, recursive=True)]  # noqa: PTH207 - absolute
    else:
        found = [Path(source.pattern)] if Path(source.pattern).exists() else []
    files = sorted(path for path in found if path.is_file() and not path.name.startswith((".", "_")))
    if not files:
        raise SourceError(f"{source.pattern}: must match at least one {source.format} file, got none")
    return files


def _in_hidden(path: Path, root: Path) -> bool:
    """Inside a folder like _temporary or .git, where writers keep what is not for readers."""
    return any(part.startswith((".", "_")) for part in path.relative_to(root).parts)


def batches(path: Path, kind: str, plan: Plan, window: Window | None) -> Iterator[Batch]:
    """Rows of one file."""
    try:
        if kind != "parquet":
            yield from duck.batches(path, kind, plan, window)
            return
        with parquet.open_file(path) as file:
            parquet.check(path, file.schema_arrow, plan, window)
            clean = parquet.is_clean(file.schema_arrow, plan, window)
            yield from parquet.batches(path, file, plan, window) if clean else duck.batches(path, kind, plan, window)
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: OSError | UnicodeDecodeError) -> SourceError:
    reason = error.strerror or str(error) if isinstance(error, OSError) else error.reason
    return SourceError(f"{path}: must be a readable file, got {reason}")


def summarise(source: Files, plan: Plan, window: Window | None, progress: Progress = silent) -> Summary:
    """Summary of the rows of the window (None: of all rows), counted on all cores, merged in file order."""
    files, known = expand(source), plan.known()
    pending: deque[Future[Summary]] = deque()
    workers = os.cpu_count() or 1
    with ThreadPoolExecutor(workers, thread_name_prefix="fairlead-count") as pool:
        total = count(Batch(0), plan)
        for done, path in enumerate(files):
            progress(done, len(files))
            for batch in batches(path, source.format, plan, window):
                pending.append(pool.submit(count, batch, plan))
                if len(pending) > workers:
                    total = merge(total, pending.popleft().result(), known)
        while pending:
            total = merge(total, pending.popleft().result(), known)
    progress(len(files), len(files))
    return total


def sample(source: Files, plan: Plan, seed: int = 0, progress: Progress = silent) -> dict[str, Floats]:
    """Finite values per numerical feature from at most SAMPLE_ROWS rows, each row equally likely; all rows if fewer."""
    random = np.random.default_rng(seed)
    keys, rows = np.empty(0), np.empty((0, len(plan.numerical)))
    files = expand(source)
    for done, path in enumerate(files):
        progress(done, len(files))
        for batch in batches(path, source.format, plan, None):
            ours = random.random(batch.rows)
            limit = np.partition(keys, SAMPLE_ROWS - 1)[SAMPLE_ROWS - 1] if len(keys) >= SAMPLE_ROWS else 1.0
            taken = ours < limit
            columns = [numbers(batch, column.column)[taken] for column in plan.numerical.values()]
            keys = np.concatenate((keys, ours[taken]))
            rows = np.concatenate((rows, np.column_stack(columns) if columns else np.empty((int(taken.sum()), 0))))
            if len(keys) > SAMPLE_ROWS:
                kept = np.argpartition(keys, SAMPLE_ROWS - 1)[:SAMPLE_ROWS]
                keys, rows = keys[kept], rows[kept]
    return {name: rows[np.isfinite(rows[:, place]), place] for place, name in enumerate(plan.numerical)}


def column_names(source: Files) -> set[str]:
    """Columns that the source has: what a configuration may name. Of JSON lines, only the first rows are looked at."""
    found: set[str] = set()
    for path in expand(source):
        try:
            if source.format == "parquet":
                with parquet.open_file(path) as file:
                    found |= set(file.schema_arrow.names)
            else:
                found |= set(duck.column_names(path, source.format))
        except (OSError, UnicodeDecodeError) as error:
            raise _unreadable(path, error) from error
    return found
