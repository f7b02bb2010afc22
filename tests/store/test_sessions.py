"""Sessions in the store: found until they end, seen by every process, and forgotten afterwards."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select

from fairlead.core.access import Role
from fairlead.store.database import Database, open_database
from fairlead.store.sessions import Session, Sessions
from fairlead.store.tables import sessions

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def session(digest: str, opened: datetime = NOON, name: str = "ana") -> Session:
    return Session(digest, "store", "7", "p" * 64, name, Role.ML_LEAD, opened, opened + HOUR)


def test_found_until_it_ends_by_every_process(database: Database, location: str) -> None:
    Sessions(database).add(session("a"))
    elsewhere = open_database(location)
    assert Sessions(elsewhere).find("a", NOON + HOUR - timedelta(microseconds=1)) == session("a")
    assert Sessions(elsewhere).find("a", NOON + HOUR) is None
    assert Sessions(elsewhere).find("b", NOON) is None
    Sessions(elsewhere).remove("a")
    assert Sessions(database).find("a", NOON) is None
    elsewhere.close()


def test_those_that_ended_are_forgotten_with_the_next(database: Database) -> None:
    kept = Sessions(database)
    for place in range(5):
        kept.add(session(f"old {place}"))
    kept.add(session("new", NOON + HOUR))
    with database.reading() as connection:
        assert connection.execute(select(func.count()).select_from(sessions)).scalar() == 1


def test_any_name_can_be_kept(database: Database) -> None:
    Sessions(database).add(session("a", name="\ud800é\0" + "x" * 300))
    found = Sessions(database).find("a", NOON)
    assert found is not None
    assert len(found.name) == 256
