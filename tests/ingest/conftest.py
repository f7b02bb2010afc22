"""A log in a fresh folder, with its manifest."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from fairlead.core.logged import ID, LogFile
from fairlead.ingest.compactor import Compactor
from fairlead.ingest.folder import Folder, by_day
from fairlead.ingest.writer import Pushed, Writer
from fairlead.store.database import Database
from fairlead.store.manifest import Manifest, StaleError

NOON = datetime(2026, 1, 9, 12, tzinfo=UTC)
STAMP = pa.timestamp("us", "UTC")


@dataclass
class Log:
    """Its parts, and a clock that stands still."""

    path: Path
    database: Database
    now: datetime = NOON
    folder: Folder = field(init=False)

    def __post_init__(self) -> None:
        self.folder = Folder(self.path)
        self.manifest = Manifest(self.database)
        self.compactor = Compactor(self.folder, self.manifest, lambda: self.now)
        self.writer = self.another()

    def another(self, most_waiting: int = 1 << 20) -> Writer:
        return Writer(self.folder, self.manifest, StaleError, lambda: self.now, most_waiting)

    def write(self, *pushed: Pushed) -> list[object]:
        """Flush these together; the answers, or why there is none."""
        self.writer._flush(pushed)
        return [one.done.exception() or one.done.result()[0] for one in pushed]

    def rows(self) -> list[int]:
        """Values of all rows in the manifest."""
        files = self.manifest.live()
        return sorted(n for file in files for n in self.folder.read(file.name).read().column("n").to_pylist())

    def files(self) -> list[LogFile]:
        return self.manifest.live()


@pytest.fixture
def log(tmp_path: Path, database: Database) -> Iterator[Log]:
    made = Log(tmp_path / "log", database)
    yield made
    made.folder.close()


def pushed(*values: int, at: datetime = NOON, key: str | None = None, ids: bool = False, digest: str = "d") -> Pushed:
    """Rows that hold these numbers; with ids, equal numbers are one row."""
    table = pa.table({"at": pa.array([at] * len(values), STAMP), "n": pa.array(values, pa.int64())})
    if ids:
        table = table.append_column(ID, pa.array(values, pa.int64()))
    parts = list(by_day(table)) if values else []
    return Pushed("m", "predictions", parts, {}, key, digest, table.nbytes, len(values))
