"""Baselines: versions, exactly one active, content that is refused when it changed."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import insert, update
from sqlalchemy.exc import IntegrityError

from fairlead.core.baseline import Baseline
from fairlead.errors import BaselineError, StoreError
from fairlead.store.baselines import BaselineFacts, Baselines
from fairlead.store.database import Database
from fairlead.store.tables import baselines
from tests.support.comparisons import Rows, baseline_of

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


def content(size: int = 100) -> Baseline:
    return baseline_of(Rows(numbers={"income": list(range(size))}))


def create(store: Baselines, model: str = "credit", now: datetime = NOON, **more: Any) -> BaselineFacts:
    options: dict[str, Any] = {"source": "logs.parquet", "created_by": "ana", "activate": True, **more}
    return store.create(model, more.pop("content", content()), now=now, **{k: options[k] for k in FIELDS})


FIELDS = ("source", "created_by", "activate")


@pytest.fixture
def store(database: Database) -> Baselines:
    return Baselines(database)


def test_facts_of_a_new_baseline(store: Baselines) -> None:
    facts = create(store)
    assert (facts.model, facts.version, facts.active) == ("credit", "2026-03-10-v1", True)
    assert (facts.created_by, facts.created_at, facts.source, facts.samples) == ("ana", NOON, "logs.parquet", 100)
    assert len(facts.content_hash) == 64
    assert store.facts("credit") == facts == store.facts("credit", "2026-03-10-v1")


def test_versions_count_per_day_in_utc_and_per_model(store: Baselines) -> None:
    nairobi = timezone(timedelta(hours=3))
    made = [
        create(store).version,
        create(store).version,
        create(store, model="hiring").version,
        create(store, now=datetime(2026, 3, 11, 2, tzinfo=nairobi)).version,
        create(store, now=NOON + timedelta(days=1)).version,
    ]
    assert made == ["2026-03-10-v1", "2026-03-10-v2", "2026-03-10-v1", "2026-03-10-v3", "2026-03-11-v1"]


def test_eleventh_version_of_a_day(store: Baselines) -> None:
    assert [create(store, activate=False).version for _ in range(11)][-1] == "2026-03-10-v11"


def test_newest_is_active_unless_told_otherwise(store: Baselines) -> None:
    create(store)
    create(store, activate=False)
    assert [(one.version, one.active) for one in store.list("credit")] == [
        ("2026-03-10-v1", True),
        ("2026-03-10-v2", False),
    ]
    create(store)
    assert [one.active for one in store.list("credit")] == [False, False, True]


def test_activation_moves_and_keeps_every_version(store: Baselines) -> None:
    create(store)
    create(store)
    create(store, model="hiring")
    assert store.activate("credit", "2026-03-10-v1", NOON).active
    assert {model: facts.version for model, facts in store.active().items()} == {
        "credit": "2026-03-10-v1",
        "hiring": "2026-03-10-v1",
    }
    assert len(store.list()) == 3


def test_database_itself_refuses_a_second_active_baseline(store: Baselines, database: Database) -> None:
    create(store)
    create(store, activate=False)
    with pytest.raises(StoreError) as error, database.writing() as connection:
        connection.execute(update(baselines).values(state="active"))
    assert isinstance(error.value.__cause__, IntegrityError)
    assert [one.active for one in store.list("credit")] == [True, False]


def test_database_itself_refuses_a_version_twice(store: Baselines, database: Database) -> None:
    create(store)
    with database.reading() as connection:
        row = connection.execute(baselines.select()).one()._asdict()
    del row["id"]
    with pytest.raises(StoreError) as error, database.writing() as connection:
        connection.execute(insert(baselines).values({**row, "state": "draft"}))
    assert isinstance(error.value.__cause__, IntegrityError)


@pytest.mark.parametrize(
    ("version", "message"),
    [
        (None, "model 'credit': no active baseline; make one with: fairlead baseline create --model credit"),
        ("2020-01-01-v1", "model 'credit': no baseline '2020-01-01-v1'; see: fairlead baseline list --model credit"),
    ],
)
def test_missing_baseline(store: Baselines, version: str | None, message: str) -> None:
    for ask in (store.facts, store.load, store.document):
        with pytest.raises(BaselineError) as error:
            ask("credit", version)
        assert str(error.value).startswith(message)


def test_unknown_version_is_not_activated(store: Baselines) -> None:
    create(store)
    with pytest.raises(BaselineError, match="no baseline '2020-01-01-v1'"):
        store.activate("credit", "2020-01-01-v1", NOON)
    assert store.facts("credit").version == "2026-03-10-v1"


@pytest.mark.parametrize("column", ["content", "content_hash"])
def test_changed_content_is_refused(store: Baselines, database: Database, column: str) -> None:
    create(store)
    with database.writing() as connection:
        value = connection.execute(baselines.select()).one()._mapping[column]
        changed = value.replace("100", "101") if column == "content" else value[::-1]
        assert changed != value
        connection.execute(update(baselines).values({column: changed}))
    for ask in (store.load, store.document):
        with pytest.raises(BaselineError, match=r"baseline 2026-03-10-v1: content does not match its hash"):
            ask("credit")


def test_loaded_baseline_carries_its_version(store: Baselines) -> None:
    create(store)
    assert store.load("credit").version == "2026-03-10-v1"


def test_equal_content_has_an_equal_hash(store: Baselines) -> None:
    assert create(store).content_hash == create(store).content_hash
    assert store.document("credit", "2026-03-10-v1") == store.document("credit", "2026-03-10-v2")


def test_source_with_bytes_that_are_no_text(store: Baselines) -> None:
    assert create(store, source="logs-\udcff.csv").source == "logs-\\udcff.csv"


@pytest.mark.parametrize("model", ["naïve 愛", "quo'te\"s", "per%cent_", "a b"])
def test_any_model_name(store: Baselines, model: str) -> None:
    assert create(store, model=model).version == "2026-03-10-v1"
    assert create(store, model=model).version == "2026-03-10-v2"
    assert store.facts(model).model == model
