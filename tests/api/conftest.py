"""The HTTP surface over an exporter with two analysed models."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from fairlead.app.exporter import Exporter
from fairlead.config.load import load
from fairlead.core.access import Role
from fairlead.store.database import open_database
from fairlead.store.tokens import Tokens
from tests.support import workspace
from tests.support.served import HOSTILE, Rig, client_of
from tests.support.workspace import NOW, Workspace, current


@pytest.fixture(scope="session")
def analysed(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Analysed once for all tests."""
    space = workspace.prepare(tmp_path_factory.mktemp("api"), {"credit": current(), HOSTILE: current(0.45)})
    space.analyse()
    return space


@contextmanager
def copied(analysed: Workspace, folder: Path) -> Iterator[Rig]:
    """Served from a copy of the store."""
    config = folder / "fairlead.yml"
    config.write_text(analysed.config.read_text().replace("path: logs/", f"path: {analysed.folder}/logs/"))
    stores = (sqlite3.connect(place / "fairlead.db") for place in (analysed.folder, folder))
    with closing(next(stores)) as source, closing(next(stores)) as target:
        source.backup(target)
    database = open_database(str(folder / "fairlead.db"))
    exporter = Exporter(load(config), database, lambda: NOW + timedelta(hours=1))
    token = Tokens(database).create("tests", Role.ADMIN, created_by="tests", now=NOW)
    with client_of(exporter, token) as client:
        yield Rig(Workspace(folder, config), exporter, client)
    database.close()


@pytest.fixture(scope="session")
def shared(analysed: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    """For tests that only look."""
    with copied(analysed, tmp_path_factory.mktemp("shared")) as rig:
        yield rig


@pytest.fixture
def rig(analysed: Workspace, tmp_path: Path) -> Iterator[Rig]:
    """For tests that change something."""
    with copied(analysed, tmp_path) as made:
        yield made
