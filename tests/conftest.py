"""Settings of all tests, and the stores that they run on.

Golden files are rewritten by ``make golden``, which sets FAIRLEAD_REWRITE_GOLDEN; see tests/golden.
"""

from collections.abc import Iterator

import pytest
from hypothesis import settings

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
