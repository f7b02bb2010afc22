"""The HTTP surface over an exporter with two analysed models, on each kind of database."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from fairlead.app.exporter import Exporter
from fairlead.config.load import load
from fairlead.core.access import Role
from fairlead.store.backup import backup as back_up
from fairlead.store.database import open_database
from fairlead.store.restore import restore
from fairlead.store.tokens import Tokens
from tests.support import workspace
from tests.support.postgres import BACKENDS, Server
from tests.support.served import HOSTILE, Rig, client_of
from tests.support.workspace import NOW, Workspace, current


@pytest.fixture(scope="session")
def analysed(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Analysed once for all tests."""
    space = workspace.prepare(tmp_path_factory.mktemp("api"), {"credit": current(), HOSTILE: current(0.45)})
    space.analyse()
    return space


@contextmanager
def copied(analysed: Workspace, folder: Path, store: str) -> Iterator[Rig]:
    """Served from a copy of the store, to where the tables of a database are copied."""
    config, backup = folder / "fairlead.yml", folder / "copy.db"
    text = analysed.config.read_text().replace("store: fairlead.db", f"store: {store}")
    config.write_text(text.replace("path: logs/", f"path: {analysed.folder}/logs/"))
    with closing(open_database(analysed.store)) as source:
        back_up(source, backup, force=False, progress=lambda done, total: None)
    location = load(config).store
    restore(backup, location, force=False, then=lambda database: None, progress=lambda done, total: None)
    database = open_database(location)
    exporter = Exporter(load(config), database, lambda: NOW + timedelta(hours=1))
    token = Tokens(database).create("tests", Role.ADMIN, created_by="tests", now=NOW)
    with client_of(exporter, token) as client:
        yield Rig(Workspace(folder, config), exporter, client)
    database.close()


def store_of(backend: str, request: pytest.FixtureRequest) -> str:
    """What the configuration says of a store of this kind."""
    if backend == "sqlite":
        return "fairlead.db"
    server: Server = request.getfixturevalue("postgresql")
    return server.fresh()


@pytest.fixture(scope="session", params=BACKENDS)
def shared(
    analysed: Workspace, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Rig]:
    """For tests that only look."""
    with copied(analysed, tmp_path_factory.mktemp("shared"), store_of(request.param, request)) as rig:
        yield rig


@pytest.fixture
def rig(analysed: Workspace, tmp_path: Path, backend: str, request: pytest.FixtureRequest) -> Iterator[Rig]:
    """For tests that change something."""
    with copied(analysed, tmp_path, store_of(backend, request)) as made:
        yield made
