"""A served fairlead that takes pushed rows, and rows to push."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from fairlead.app.exporter import Exporter
from fairlead.config.load import load
from fairlead.core.access import Role
from fairlead.store.database import open_database
from fairlead.store.manifest import Manifest
from fairlead.store.tokens import Tokens
from tests.support import logs
from tests.support.served import Rig, client_of
from tests.support.workspace import NOW, Workspace

KEY = "application"
PASSPHRASE = "correct horse battery staple, and more"  # noqa: S105 - of a test


def model(name: str = "credit", **changes: Any) -> dict[str, Any]:
    """The made-up lender's model with pushed predictions and labels, joined by a key."""
    keys: dict[str, Any] = {
        "columns": logs.columns(label=None),
        "source": {"log": True},
        "labels": {"log": True, "key": KEY, "label": "outcome"},
    }
    return {key: value for key, value in (logs.model(name, "") | keys | changes).items() if value is not None}


def configured(folder: Path, *models: dict[str, Any], secret: str | None = PASSPHRASE) -> Path:
    """A fairlead.yml with these models, and the key that hashes."""
    path = logs.write_config(folder, models or (model(),))
    if secret is not None:
        (folder / "pii.key").write_text(secret)
        path.write_text(path.read_text() + "prediction_log: {path: pushed, pii_key_file: pii.key}\n")
    return path


@contextmanager
def pushing(config: Path, now: datetime = NOW) -> Iterator[Rig]:
    """A service behind HTTP that neither analyses nor tidies on its own; its client is an admin."""
    loaded = load(config)
    database = open_database(loaded.store)
    exporter = Exporter(loaded, database, lambda: now)
    token = Tokens(database).create(f"tests-{uuid4()}", Role.ADMIN, created_by="tests", now=now)
    try:
        with client_of(exporter, token) as client:
            yield Rig(Workspace(config.parent, config), exporter, client)
    finally:
        exporter.stop()
        database.close()


def frame(count: int, start: datetime = NOW - logs.DAY, days: float = 1, seed: int = 11) -> pd.DataFrame:
    """Decisions with a key each, and their outcome."""
    found = logs.rows(count, start, days, seed)
    found[KEY] = [f"a-{seed}-{place}" for place in range(count)]
    return found


def rows_of(found: pd.DataFrame) -> list[dict[str, Any]]:
    """As JSON holds them."""
    return [{str(name): logs.plain(value) for name, value in row.items()} for row in found.to_dict("records")]


def kept(folder: Path, kind: str, by: str = KEY) -> pd.DataFrame:
    """All rows that the manifest lists, in the order of their keys."""
    loaded = load(folder / "fairlead.yml")
    database = open_database(loaded.store)
    paths = [loaded.prediction_log.path / file.name for file in Manifest(database).listed("credit", kind)]
    database.close()
    tables = [pq.ParquetFile(path).read() for path in paths]
    if not tables:
        return pd.DataFrame()
    found: pd.DataFrame = pa.concat_tables(tables).to_pandas()
    return found.sort_values(by, ignore_index=True, kind="stable")
