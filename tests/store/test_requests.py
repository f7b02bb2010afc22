"""Requests of analyses: kept, told apart, bounded."""

from datetime import UTC, datetime, timedelta

from fairlead.store.database import Database
from fairlead.store.requests import Requests

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def add(
    store: Requests,
    *models: str,
    families: tuple[str, ...] = (),
    as_of: datetime | None = None,
    now: datetime = NOON,
    most: int = 9,
) -> tuple[int, bool] | None:
    return store.add(models, families, as_of, requested_by="ana", now=now, most=most)


def test_request_comes_back(database: Database) -> None:
    store = Requests(database)
    assert add(store, "credit", "cards", families=("data",)) == (1, True)
    (found,) = store.unfinished()
    assert (found.id, found.models, found.families, found.as_of) == (1, ("credit", "cards"), ("data",), NOON)
    assert (found.status, found.tries, found.done, found.runs, found.failure) == ("pending", 0, (), (), None)
    assert (found.requested_by, found.requested_at, found.started_at) == ("ana", NOON, None)
    assert store.get(1) == found
    assert store.get(2) is None


def test_equal_request_that_waits_is_the_same(database: Database) -> None:
    store = Requests(database)
    assert add(store, "credit") == (1, True)
    assert add(store, "credit", now=NOON + HOUR) == (1, False)
    assert add(store, "cards") == (2, True)
    assert add(store, "credit", families=("data",)) == (3, True)
    assert add(store, "credit", as_of=NOON) == (4, True)
    assert add(store, "credit", as_of=NOON, now=NOON + HOUR) == (4, False)
    store.start(1, NOON)
    assert add(store, "credit") == (5, True)


def test_only_so_many_wait(database: Database) -> None:
    store = Requests(database)
    assert [add(store, str(number), most=3) for number in range(5)] == [(1, True), (2, True), (3, True), None, None]
    assert add(store, "1", most=3) == (2, False)
    store.start(1, NOON)
    assert add(store, "9", most=3) == (4, True)


def test_progress_is_kept(database: Database) -> None:
    store = Requests(database)
    add(store, "credit", "cards")
    store.start(1, NOON)
    request = store.get(1)
    assert request is not None
    request = store.keep(request, "credit", [4, 5])
    request = store.keep(request, "cards", [6])
    assert (request.status, request.tries, request.done, request.runs) == ("running", 1, ("credit", "cards"), (4, 5, 6))
    store.put_back(1)
    assert [(one.status, one.tries) for one in store.unfinished()] == [("pending", 0)]
    store.start(1, NOON + HOUR)
    store.finish(1, NOON + HOUR, None)
    found = store.get(1)
    assert found is not None
    assert (found.status, found.started_at, found.finished_at) == ("done", NOON, NOON + HOUR)
    add(store, "other")
    store.finish(2, NOON, "model: gone \udcff")
    found = store.get(2)
    assert found is not None
    assert (found.status, found.failure) == ("failed", "model: gone \\udcff")
    assert store.unfinished() == []
