"""Settings of all tests, and the stores that they run on.

Golden files are rewritten by ``make golden``, which sets FAIRLEAD_REWRITE_GOLDEN; see tests/golden.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from fairlead.store.database import Database, open_database
from tests.support.postgres import BACKENDS, Server, running

settings.register_profile("fairlead", derandomize=True, deadline=None)
settings.load_profile("fairlead")


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    """One server for all tests, started when the first one asks for it."""
    with running() as server:
        yield server


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> str:
    """Each kind of database in turn."""
    return str(request.param)


@pytest.fixture
def location(backend: str, tmp_path: Path, request: pytest.FixtureRequest) -> str:
    """A path, or the URL of a database without tables."""
    if backend == "sqlite":
        return str(tmp_path / "fairlead.db")
    server: Server = request.getfixturevalue("postgresql")
    return server.fresh()


@pytest.fixture
def database(location: str) -> Iterator[Database]:
    """With tables, and nothing in them."""
    opened = open_database(location)
    yield opened
    opened.close()
