"""What the exporter exposes while results come in, from its own analyses and from other processes."""

import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from fairlead.app.exporter import Exporter
from fairlead.config.load import load
from fairlead.config.schema import Config
from fairlead.core.families import FAMILIES
from fairlead.store.database import Database, open_database
from fairlead.store.runs import Runs
from tests.support import logs
from tests.support.metrics import value
from tests.support.runs import midnight, run

MODELS = ("credit", "cards", "loans")
NOW = midnight(10) + timedelta(hours=1)
"""Nothing is due: the latest window has been analysed."""


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return load(logs.write_config(tmp_path, [logs.model(name, "logs/*.parquet") for name in MODELS]))


@pytest.fixture
def database(config: Config) -> Iterator[Database]:
    """A store in which every family of every model has results."""
    opened = open_database(config.store)
    Runs(opened).record(run(model=model, family=family) for model in MODELS for family in FAMILIES)
    yield opened
    opened.close()


def text(exporter: Exporter) -> str:
    """The whole page."""
    page = exporter.exposition("", False)
    assert page is not None
    return b"".join(page[0]).decode()


def gauges(exporter: Exporter) -> str:
    """The page without what is counted in this process."""
    return text(exporter).partition("# HELP fairlead_analysis_runs_total")[0]


def test_burst_of_results_ends_in_the_page_that_a_fresh_start_has(config: Config, database: Database) -> None:
    exporter = Exporter(config, database, lambda: NOW, pause=0.001)
    thread = threading.Thread(target=exporter.run)
    thread.start()
    try:
        for number in range(200):
            Runs(database).record(
                [run(model=MODELS[number % 3], family="data", value=number / 1000, trigger="on-demand")]
            )
        wanted, deadline = gauges(Exporter(config, database, lambda: NOW)), time.monotonic() + 30
        assert '"loans",feature="income"} 0.197\n' in wanted
        while gauges(exporter) != wanted:
            assert time.monotonic() < deadline
            time.sleep(0.01)
    finally:
        exporter.stop()
        thread.join(30)
    assert not thread.is_alive()
    assert value(text(exporter), "fairlead_analysis_runs_total", model="loans", family="data") == 66


def test_published_at_once_when_asked(config: Config, database: Database) -> None:
    exporter = Exporter(config, database, lambda: NOW)
    for number in range(5):
        Runs(database).record([run(family="data", value=number / 10, trigger="on-demand")])
        exporter.publish()
        found = value(text(exporter), "fairlead_feature_psi", model="credit", feature="income")
        assert found == number / 10


def test_failure_is_counted_and_leaves_the_exposition_as_it_is(config: Config, database: Database) -> None:
    exporter = Exporter(config, database, lambda: NOW)
    exposed, page = exporter.snapshot(), gauges(exporter)
    Runs(database).record([run(11, failure="broken")])
    exporter.publish()
    assert exporter.snapshot() is exposed
    assert gauges(exporter) == page
    assert value(text(exporter), "fairlead_analysis_failures_total", model="credit", family="data") == 1


def test_page_that_is_being_sent_stays_as_it_was(config: Config, database: Database) -> None:
    exporter = Exporter(config, database, lambda: NOW)
    before, sent = gauges(exporter), exporter.exposition("", False)
    Runs(database).record([run(family="data", value=0.9, trigger="on-demand")])
    exporter.publish()
    assert sent is not None
    assert b"".join(sent[0]).decode().startswith(before)
    assert not gauges(exporter).startswith(before)
