"""Monthly reviews: due on the 1st at 04:00 UTC, made once, tried again when they fail."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fairlead.app.scheduled import Scheduled
from fairlead.errors import BaselineError
from fairlead.monitor.history import History
from fairlead.monitor.review import Reviews
from fairlead.monitor.worker import Workers
from fairlead.store.baselines import Baselines
from fairlead.store.database import Database, open_database
from fairlead.store.leases import Leases
from tests.support.monitored import BASELINE, Clock, subject
from tests.support.runs import run

MARCH, APRIL = datetime(2026, 3, 1, 4, tzinfo=UTC), datetime(2026, 4, 1, 4, tzinfo=UTC)
SUBJECTS = [subject("credit"), subject("cards")]
HOUR = timedelta(hours=1)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = open_database(str(tmp_path / "fairlead.db"))
    yield opened
    opened.close()


class Office:
    """A process that reviews; models are monitored since 10 March."""

    def __init__(self, database: Database, name: str = "one") -> None:
        self.clock, self.made, self.failing = Clock(APRIL), list[tuple[str, datetime]](), 0
        history = History()
        for model in ("credit", "cards"):
            history.add(run(10, model=model))
        leases = Leases(database, name, clock=self.clock)
        self.scheduled = Scheduled(database, leases, self.clock, lambda model, window: None)
        self.reviews = Reviews(self.review, self.scheduled, history, self.clock, Workers())

    def review(self, model: str, due: datetime) -> Callable[[], None]:
        if model == "credit" and self.failing:
            self.failing -= 1
            raise BaselineError("model 'credit': no active baseline")
        return lambda: self.made.append((model, due))


def test_due_on_the_first_at_four(database: Database) -> None:
    office = Office(database)
    office.clock.now = APRIL - timedelta(microseconds=1)
    office.reviews.look(SUBJECTS)
    assert office.made == []
    for _ in range(3):
        office.clock.now += timedelta(microseconds=1)
        office.reviews.look(SUBJECTS)
    assert office.made == [("credit", APRIL), ("cards", APRIL)]
    later = Office(database, "two")
    later.reviews.look(SUBJECTS)
    assert later.made == []


def test_missed_review_is_made_up_but_only_the_last(database: Database) -> None:
    office = Office(database)
    office.clock.now = datetime(2027, 1, 20, tzinfo=UTC)
    office.reviews.look(SUBJECTS[:1])
    assert office.made == [("credit", datetime(2027, 1, 1, 4, tzinfo=UTC))]


def test_failed_review_is_tried_again_and_stops_no_other(database: Database) -> None:
    office = Office(database)
    office.failing = 2
    office.reviews.look(SUBJECTS)
    assert office.made == [("cards", APRIL)]
    for minutes, made in ((4, 1), (5, 1), (34, 1), (35, 2)):
        office.clock.now = APRIL + timedelta(minutes=minutes)
        office.reviews.look(SUBJECTS)
        assert len(office.made) == made


def test_review_and_its_record_are_one(database: Database) -> None:
    """What the review keeps is kept with the record, or not at all."""
    office, baselines = Office(database), Baselines(database)

    def keeping() -> None:
        baselines.create("credit", BASELINE, source="x", created_by="review", now=APRIL, activate=True)
        if len(office.made) == 0:
            office.made.append(("failed", APRIL))
            raise RuntimeError("a bug")

    office.reviews.review = lambda model, due: keeping
    office.reviews.look(SUBJECTS[:1])
    assert baselines.list() == []
    office.clock.now += HOUR
    office.reviews.look(SUBJECTS[:1])
    assert [facts.created_by for facts in baselines.list()] == ["review"]
    office.reviews.look(SUBJECTS[:1])
    assert len(baselines.list()) == 1


def test_two_processes_review_once(database: Database) -> None:
    first, second = Office(database), Office(database, "two")

    def review(model: str, due: datetime) -> Callable[[], None]:
        second.reviews.look(SUBJECTS[:1])
        return lambda: first.made.append((model, due))

    first.reviews.review = review
    first.reviews.look(SUBJECTS[:1])
    second.reviews.look(SUBJECTS[:1])
    assert (first.made, second.made) == ([("credit", APRIL)], [])
