"""A fresh database per test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from fairlead.store.database import Database, open_database


@pytest.fixture
def location(tmp_path: Path) -> str:
    return str(tmp_path / "fairlead.db")


@pytest.fixture
def database(location: str) -> Iterator[Database]:
    opened = open_database(location)
    yield opened
    opened.close()
