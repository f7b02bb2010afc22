"""Runs: written whole, read back equal, and what is the latest."""

from dataclasses import replace
from datetime import datetime

import pytest

from fairlead.core.run import Run
from fairlead.errors import StoreError
from fairlead.store.database import Database
from fairlead.store.runs import Runs
from tests.support.runs import midnight, run


@pytest.fixture
def store(database: Database) -> Runs:
    return Runs(database)


def numbered(*runs: Run) -> list[Run]:
    """As the store gives them back, with ids from 1."""
    return [replace(one, id=number) for number, one in enumerate(runs, 1)]


def test_runs_come_back_equal(store: Runs) -> None:
    made = [run(9), run(10, failure="source: must be a readable file, got none"), run(10, trigger="on-demand")]
    store.record(made)
    assert store.since(0) == numbered(*made)
    assert store.since(2) == numbered(*made)[2:]
    assert store.last_id() == 3


def test_empty_store(store: Runs) -> None:
    store.record([])
    assert (store.last_id(), store.latest(), store.since(0)) == (0, [], [])
    assert (store.last_successes(), store.first_windows(), store.tried([midnight(10)])) == ({}, {}, [])


def test_latest_is_the_successful_run_whose_window_ends_last(store: Runs) -> None:
    store.record([run(10, value=0.1), run(9, value=0.2), run(11, failure="broken"), run(8, family="model")])
    assert [(one.family, one.window.end) for one in store.latest()] == [("data", midnight(10)), ("model", midnight(8))]


def test_of_equal_windows_the_one_recorded_last_counts(store: Runs) -> None:
    store.record([run(10, value=0.1), run(10, value=0.2, trigger="on-demand")])
    assert [one.measurements[0].value for one in store.latest()] == [0.2]


def test_models_and_families_are_apart(store: Runs) -> None:
    store.record([run(model=model, family=family) for model in ("a", "b") for family in ("data", "model")])
    assert len(store.latest()) == 4


def test_last_success_is_when_a_run_finished(store: Runs) -> None:
    store.record([run(10), run(9), run(12, failure="broken")])
    assert store.last_successes() == {("credit", "data"): run(10).finished}
    assert isinstance(next(iter(store.last_successes().values())), datetime)


def test_tried_windows_are_of_scheduled_runs_only(store: Runs) -> None:
    store.record([run(9), run(10, trigger="on-demand"), run(11, failure="broken"), run(11, failure="again"), run(14)])
    found = store.tried([midnight(10), midnight(11)])
    assert [(one.window.end, one.succeeded, one.at) for one in found] == [
        (midnight(11), False, run(11).finished),
        (midnight(14), True, run(14).finished),
    ]
    assert store.first_windows() == {("credit", "data"): midnight(9)}
    assert store.families_analysed("credit", run(9).window) == ["data"]
    assert store.families_analysed("credit", run(11).window) == []


def test_window_is_analysed_on_schedule_once(store: Runs) -> None:
    store.record([run(10)])
    for again in (run(10), run(10, value=0.2)):
        with pytest.raises(StoreError):
            store.record([run(11), again])
    others = [run(10, trigger="on-demand"), run(10, failure="broken"), run(10, family="model")]
    assert store.record(others) == [one.id for one in store.since(1)]
    assert len(store.since(1)) == 3


def test_runs_by_their_ids(store: Runs) -> None:
    store.record([run(day) for day in (9, 10, 11)])
    assert [one.id for one in store.numbered([3, 1])] == [1, 3]


def test_all_or_none_are_kept(store: Runs) -> None:
    wrong = replace(run(11), samples=None)  # type: ignore[arg-type]  # the database must refuse it
    with pytest.raises(StoreError):
        store.record([run(10), wrong])
    assert store.last_id() == 0


def test_failure_with_bytes_that_are_no_text(store: Runs) -> None:
    store.record([run(failure="logs-\udcff.csv: must be readable")])
    assert store.since(0)[0].failure == "logs-\\udcff.csv: must be readable"


def test_another_process_is_seen_through_another_connection(store: Runs, location: str) -> None:
    from fairlead.store.database import open_database

    other = open_database(location)
    Runs(other).record([run()])
    other.close()
    assert len(store.since(0)) == 1
