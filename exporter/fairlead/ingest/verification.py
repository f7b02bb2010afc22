"""Tells whether the files that the manifest of the prediction log lists are there, and whole."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from fairlead.core.logged import LogFile

END = b"PAR1"
"""What every finished Parquet file ends with."""


def verify(folder: Path, files: Iterable[LogFile]) -> Iterator[str]:
    """Everything that is wrong with these files, in words that name the place. Their pages are not unpacked."""
    for file in files:
        if problem := _problem(folder / file.name, file):
            yield f"prediction log {folder}: {file.name}: {problem}"


def _problem(path: Path, file: LogFile) -> str | None:
    try:
        with path.open("rb") as opened:
            size = opened.seek(0, 2)
            opened.seek(max(0, size - len(END)))
            end = opened.read()
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    if size != file.bytes:
        return f"must have {file.bytes} bytes, got {size}"
    return None if end == END else "must be a whole Parquet file, got another end"
