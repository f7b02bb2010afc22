"""A baseline that an older fairlead made is one clear error of its own model."""

import json
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from fairlead.app.exporter import Exporter
from fairlead.config.load import load
from fairlead.store.codec import content_hash
from fairlead.store.database import open_database
from fairlead.store.runs import Runs
from tests.support import logs, workspace
from tests.support.cli import call
from tests.support.monitored import Clock
from tests.support.workspace import NOW, Workspace, current


@pytest.fixture
def space(tmp_path: Path) -> Workspace:
    """Two models; the baseline of one is of the first format."""
    made = workspace.prepare(tmp_path, {"credit": current(), "hiring": current()})
    with closing(sqlite3.connect(tmp_path / "fairlead.db")) as store, store:
        content = json.dumps({"format": 1, "rows": 4_000})
        update = "UPDATE baselines SET content = ?, content_hash = ? WHERE model = 'credit'"
        store.execute(update, (content, content_hash(content)))
    return made


def error(space: Workspace) -> str:
    with closing(sqlite3.connect(space.folder / "fairlead.db")) as store:
        (version,) = store.execute("SELECT version FROM baselines WHERE model = 'credit'").fetchone()
    return f"model 'credit': baseline {version}: format: must be 2, got 1: make a new one"


def test_it_is_listed_and_shown(space: Workspace) -> None:
    listed = call("baseline", "list", "--config.file", space.config)
    assert listed.code == 0
    assert "credit" in listed.out
    assert "hiring" in listed.out
    assert call("baseline", "show", "--config.file", space.config, "--model", "credit").document["format"] == 1


def test_analyses_of_other_models_go_on(space: Workspace) -> None:
    report = space.analyse()
    assert report.code == 3
    for family in ("data", "fairness", "model", "explanation", "quality"):
        assert report.family("credit", family)["failure"] == error(space)
        assert report.family("hiring", family)["failure"] is None
    shown = call("analyze", "--config.file", space.config, "--as-of", NOW.isoformat())
    assert error(space) in " ".join(shown.out.split())


def test_serving_goes_on(space: Workspace) -> None:
    config = load(space.config)
    database = open_database(config.store)
    exporter = Exporter(config, database, Clock(NOW + logs.DAY / 2), pause=0.01)
    thread = threading.Thread(target=exporter.run)
    thread.start()
    while Runs(database).last_id() < 2 * 5:
        assert thread.is_alive()
    exporter.stop()
    thread.join()
    runs = Runs(database).since(0)
    assert {run.failure for run in runs if run.model == "credit"} == {error(space)}
    assert {run.failure for run in runs if run.model == "hiring"} == {None}
    database.close()


def test_a_new_one_mends_it(space: Workspace) -> None:
    refused = call("baseline", "create", "--config.file", space.config, "--model", "credit", "--last-days", "3")
    assert (refused.code, refused.err) == (1, error(space) + "\n")
    path = space.folder / "validation" / "credit.parquet"
    assert call("baseline", "create", "--config.file", space.config, "--model", "credit", "--from", path).code == 0
    assert space.analyse().family("credit", "data")["failure"] is None
