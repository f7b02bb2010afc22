"""Parquet, CSV and JSON-lines files on disk: which there are, and their rows in batches."""

import glob
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from fairlead.core.partial import Identity, Span
from fairlead.core.plan import Plan, Window
from fairlead.engines import duck, parquet
from fairlead.engines.batch import Batch, Pieces
from fairlead.engines.rowgroup import RowGroup
from fairlead.errors import SourceError

SUFFIXES = {
    "parquet": (".parquet", ".pq"),
    "csv": (".csv", ".csv.gz"),
    "jsonl": (".jsonl", ".ndjson", ".jsonl.gz", ".ndjson.gz"),
}

Progress = Callable[[int, int], None]
"""Called with (files done, files in all)."""


def silent(done: int, total: int) -> None:
    """No progress display."""


@dataclass(frozen=True, slots=True)
class Files:
    """A file, a glob or a folder, and the format (parquet, csv or jsonl) of what it matches.

    Where something else knows which files there are, ``listed`` asks it for those that may hold rows of a window (None:
    all), and the pattern is only a name.
    """

    pattern: str
    format: str
    listed: Callable[[Window | None], list[Path]] | None = None


def expand(source: Files, window: Window | None = None) -> list[Path]:
    """Files of the source, at least one unless they are listed."""
    if source.listed:
        return source.listed(window)
    files = matching(source)
    if not files:
        raise SourceError(f"{source.pattern}: must match at least one {source.format} file, got none")
    return files


def matching(source: Files) -> list[Path]:
    """Files of the source in name order, but hidden ones; of a folder neither other formats nor hidden folders."""
    if source.listed:
        return source.listed(None)
    if (root := Path(source.pattern)).is_dir():
        suffixes = SUFFIXES[source.format]
        found = [path for path in root.rglob("*") if path.name.endswith(suffixes) and not _in_hidden(path, root)]
    elif any(letter in source.pattern for letter in "*?[") and not Path(source.pattern).exists():
        found = [Path(name) for name in glob.glob(source.pattern, recursive=True)]  # noqa: PTH207 - absolute
    else:
        found = [Path(source.pattern)] if Path(source.pattern).exists() else []
    return sorted(path for path in found if path.is_file() and not path.name.startswith((".", "_")))


def _in_hidden(path: Path, root: Path) -> bool:
    """Inside a folder like _temporary or .git, where writers keep what is not for readers."""
    return any(part.startswith((".", "_")) for part in path.relative_to(root).parts)


def batches(path: Path, kind: str, plan: Plan, pieces: Pieces) -> Iterator[Batch]:
    """Rows of one file that fall into the pieces."""
    for found in portions(path, kind, plan, pieces, whole=False):
        assert isinstance(found, Batch)  # noqa: S101 - nothing else was asked for
        yield found


def portions(path: Path, kind: str, plan: Plan, pieces: Pieces, *, whole: bool = True) -> Iterator[Batch | RowGroup]:
    """The same, where it can be as whole row groups."""
    try:
        if kind != "parquet":
            yield from duck.batches(path, kind, plan, pieces)
            return
        file = parquet.open_file(path, plan.name_columns())
        parquet.check(path, file.schema, plan, pieces)
        if parquet.is_clean(file.schema, plan, pieces):
            yield from parquet.batches(file, plan, pieces, whole=whole)
        else:
            yield from duck.batches(path, kind, plan, pieces)
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(path, error) from error


def span(path: Path, kind: str, plan: Plan) -> Span:
    """First and last timestamp of a file."""
    try:
        found = None
        if kind == "parquet":
            found = parquet.span(parquet.open_file(path), plan.timestamp)
        return duck.span(path, kind, plan) if found is None else found
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(path, error) from error


def identify(path: Path) -> Identity:
    """The file as it is now."""
    try:
        facts = path.stat()
    except OSError as error:
        raise _unreadable(path, error) from error
    return Identity(str(path), facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns, facts.st_ino)


def _unreadable(path: Path, error: OSError | UnicodeDecodeError) -> SourceError:
    reason = error.strerror or str(error) if isinstance(error, OSError) else error.reason
    return SourceError(f"{path}: must be a readable file, got {reason}")


def column_names(source: Files) -> set[str]:
    """Columns that the source has: what a configuration may name. Of JSON lines, only the first rows are looked at."""
    return {name for path in expand(source) for name in columns_of(path, source.format)}


def columns_of(path: Path, kind: str) -> list[str]:
    """The names in one file, in its order where it has one."""
    try:
        if kind != "parquet":
            return duck.column_names(path, kind)
        return list(parquet.open_file(path).schema.names)
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(path, error) from error
