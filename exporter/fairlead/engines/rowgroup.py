"""A row group of a Parquet file whose columns are decoded one by one, by whichever thread asks."""

from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from fairlead.errors import SourceError

BUFFER = 1 << 17
"""Bytes read ahead per column; whole column chunks would make memory grow with the row groups."""


@dataclass(frozen=True, slots=True)
class RowGroup:
    """Rows that are all of one piece. coded are the columns that come as dictionaries of names."""

    path: Path
    source: pa.NativeFile
    metadata: pq.FileMetaData
    index: int
    columns: frozenset[str]
    coded: tuple[str, ...]
    piece: int = 0
    _readers: list[pq.ParquetFile] = field(default_factory=list)

    @property
    def rows(self) -> int:
        """How many."""
        return int(self.metadata.row_group(self.index).num_rows)

    def column(self, name: str, kind: pa.DataType) -> pa.Array:
        """All values of a column; nulls of this kind where the file has no such column."""
        if name not in self.columns:
            return pa.nulls(self.rows, kind)
        try:
            reader = self._reader()
            found = reader.read_row_group(self.index, columns=[name], use_threads=False).column(0)
            self._readers.append(reader)
            return found.chunk(0) if found.num_chunks == 1 else found.unify_dictionaries().combine_chunks()
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError) as error:
            raise unreadable(self.path, error) from error

    def number(self, name: str) -> pa.Array:
        """A column of numbers."""
        return self.column(name, pa.float64())

    def name(self, name: str) -> pa.Array:
        """A column of names."""
        return self.column(name, pa.null())

    def _reader(self) -> pq.ParquetFile:
        """One that no other thread is using."""
        try:
            return self._readers.pop()
        except IndexError:
            return opened(self.source, self.metadata, self.coded)


def opened(source: pa.NativeFile, metadata: pq.FileMetaData, coded: tuple[str, ...]) -> pq.ParquetFile:
    """A reader of its own of a file that is open."""
    return pq.ParquetFile(source, metadata=metadata, pre_buffer=False, buffer_size=BUFFER, read_dictionary=list(coded))


def unreadable(path: Path, error: Exception) -> SourceError:
    """The one error of a file that pyarrow cannot read."""
    reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
    return SourceError(f"{path}: must be a readable Parquet file, got {reason}")
