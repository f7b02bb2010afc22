"""A fresh database per test, of each kind."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from fairlead.store.database import Database, open_database
from tests.support.postgres import Server


@pytest.fixture
def location(backend: str, tmp_path: Path, request: pytest.FixtureRequest) -> str:
    """A path, or the URL of a database without tables."""
    if backend == "sqlite":
        return str(tmp_path / "fairlead.db")
    server: Server = request.getfixturevalue("postgresql")
    return server.fresh()


@pytest.fixture
def database(location: str) -> Iterator[Database]:
    opened = open_database(location)
    yield opened
    opened.close()
