"""What has expired goes, what must stay stays, at the boundary instants; the chain can still be verified."""

import threading
import time
from collections import Counter
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from fairlead.app.retention import ITSELF, Retention, delete_expired
from fairlead.core.audit import PRUNED, entry_of
from fairlead.core.retention import PERIODS
from fairlead.errors import StoreError
from fairlead.store import retention as module
from fairlead.store.audit import Audit
from fairlead.store.database import Database
from fairlead.store.retention import KINDS
from fairlead.store.runs import Runs
from fairlead.store.tables import alerts, answers, audit, metadata, runs
from fairlead.store.verification import verify
from tests.support.history import ANA, DAY, NOW, alert, answer, fill
from tests.support.monitored import Clock
from tests.support.runs import run

MICROSECOND = timedelta(microseconds=1)
ENDS = {
    kind: NOW.replace(year=NOW.year + period.years) + timedelta(days=period.days) for kind, period in PERIODS.items()
}
"""When what was made now is exactly as old as its period."""


def counts(database: Database) -> dict[str, int]:
    with database.reading() as connection:
        return {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in metadata.sorted_tables
        }


def problems(database: Database) -> list[str]:
    return list(verify(database, lambda done, total: None))


def test_every_period_has_its_deletion() -> None:
    """Pushed predictions are files, which their own owner deletes."""
    assert PERIODS.keys() - KINDS.keys() <= {"predictions"}
    assert not KINDS.keys() - PERIODS.keys()


@pytest.mark.parametrize("kind", KINDS)
def test_boundary(database: Database, kind: str) -> None:
    """As old as the period to the microsecond stays; a microsecond older goes, and nothing of another kind does."""
    fill(database)
    before = counts(database)
    delete_expired(database, ITSELF, ENDS[kind])
    assert counts(database)[kind] == before[kind] + (kind == "audit")
    deleted = delete_expired(database, ITSELF, ENDS[kind] + MICROSECOND)
    assert deleted[kind] == {"alerts": 1, "runs": 2, "requests": 1, "answers": 1, "audit": 3}[kind]
    assert problems(database) == []
    for name, count in counts(database).items():
        if name not in KINDS:
            assert count == before[name], name


def test_after_a_hundred_years_what_stays_for_ever_is_there(database: Database) -> None:
    fill(database)
    before = counts(database)
    delete_expired(database, ITSELF, NOW.replace(year=2126))
    after = counts(database)
    assert (after["runs"], after["requests"], after["answers"]) == (0, 0, 0)
    assert after["alerts"] == 2, "CRITICAL ones, and one whose severity cannot be told"
    assert after["audit"] == 2, "what was deleted and where the log begins now"
    for name in ("baselines", "incidents", "incident_alerts", "tokens", "files", "partials", "days"):
        assert after[name] == before[name], name
    assert problems(database) == []


def test_many_batches(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BATCH", 7)
    Runs(database).record([run(day) for day in range(1, 32)])
    for number in range(23):
        answer(database, str(number), NOW)
    seen: list[tuple[str, int]] = []
    later = datetime(2031, 3, 20, tzinfo=NOW.tzinfo)
    deleted = delete_expired(database, ITSELF, later, observe=lambda kind, count: seen.append((kind, count)))
    assert deleted == {"runs": 19, "alerts": 0, "requests": 0, "answers": 23, "audit": 0}
    assert max(count for _, count in seen) == 7
    assert Counter(kind for kind, count in seen if count) == {"runs": 3, "answers": 4}
    assert [one.window.end.day for one in Runs(database).since(0)] == list(range(20, 32))


def test_others_write_between_two_batches(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BATCH", 1)
    Runs(database).record([run(day) for day in range(1, 21)])
    longest = [0.0]
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            begin = time.monotonic()
            Runs(database).record([run(31, trigger="on-demand")])
            longest[0] = max(longest[0], time.monotonic() - begin)

    writer = threading.Thread(target=write)
    writer.start()
    delete_expired(database, ITSELF, datetime(2031, 3, 25, tzinfo=NOW.tzinfo), wait=lambda: bool(stop.wait(0.01)))
    stop.set()
    writer.join()
    assert longest[0] < 5
    assert {one.window.end.day for one in Runs(database).since(0)} == {31}


def test_dry_run_deletes_nothing(database: Database) -> None:
    fill(database)
    before = counts(database)
    late = NOW.replace(year=2126)
    assert delete_expired(database, ITSELF, late, dry_run=True) == {
        "runs": 2,
        "alerts": 1,
        "requests": 1,
        "answers": 1,
        "audit": 3,
    }
    assert counts(database) == before
    assert delete_expired(database, ITSELF, late) == {"runs": 2, "alerts": 1, "requests": 1, "answers": 1, "audit": 3}


def test_what_was_deleted_is_in_the_audit_log(database: Database) -> None:
    fill(database)
    delete_expired(database, ITSELF, ENDS["alerts"] + MICROSECOND)
    delete_expired(database, ITSELF, ENDS["alerts"] + DAY)
    with database.reading() as connection:
        query = select(audit.c.actor, audit.c.action, audit.c.detail).where(audit.c.action == "retention.deleted")
        assert connection.execute(query).all() == [
            ("fairlead", "retention.deleted", '{"alerts": 1, "answers": 1, "requests": 1}')
        ]


def test_alerts_that_came_in_the_same_second_are_told_apart(database: Database) -> None:
    fill(database)
    with database.writing() as connection:
        values = {"fingerprint": "d4", "starts_at": "x", "status": "firing", "receiver": "r", "content": "no json"}
        connection.execute(alerts.insert().values(received_at=NOW, **values))
    delete_expired(database, ITSELF, ENDS["alerts"] + MICROSECOND)
    with database.reading() as connection:
        left = connection.execute(select(alerts.c.fingerprint).order_by(alerts.c.id)).scalars().all()
    assert left == ["a1", "c3", "d4"], "what cannot be read stays"
    assert alert("a1")["labels"] == {"alertname": "ModelFeatureDrift", "severity": "critical"}


class TestChain:
    """The audit log after its beginning is gone."""

    @pytest.fixture
    def pruned(self, database: Database) -> Database:
        """Ten entries, a day apart; then the first three went, and later two more."""
        for number in range(10):
            Audit(database).add(entry_of(ANA, "token.create", str(number), NOW + number * DAY))
        five = NOW.replace(year=2031)
        delete_expired(database, ITSELF, five + 2 * DAY + MICROSECOND)
        delete_expired(database, ITSELF, five + 4 * DAY + MICROSECOND)
        return database

    def subjects(self, database: Database) -> list[str]:
        with database.reading() as connection:
            return list(connection.execute(select(audit.c.subject).order_by(audit.c.id)).scalars())

    def test_is_sound(self, pruned: Database) -> None:
        assert self.subjects(pruned) == ["5", "6", "7", "8", "9", "audit", "audit"]
        assert problems(pruned) == []
        Audit(pruned).add(entry_of(ANA, "token.create", "next", NOW))
        assert problems(pruned) == []

    @pytest.mark.parametrize("place", [0, 1, 4, 5])
    def test_a_further_entry_that_goes_is_noticed(self, pruned: Database, place: int) -> None:
        with pruned.writing() as connection:
            ids = list(connection.execute(select(audit.c.id).order_by(audit.c.id)).scalars())
            connection.execute(audit.delete().where(audit.c.id == ids[place]))
        assert len(problems(pruned)) == 1

    def test_a_forged_beginning_is_noticed(self, pruned: Database) -> None:
        with pruned.writing() as connection:
            connection.execute(audit.delete().where(audit.c.subject == "5"))
            first = connection.execute(select(audit.c.hash).order_by(audit.c.id)).scalars().first()
            forged = f'{{"entries": 6, "hash": "{first}", "number": 6}}'
            newest = select(func.max(audit.c.id)).where(audit.c.action == PRUNED).scalar_subquery()
            connection.execute(update(audit).where(audit.c.id == newest).values(detail=forged))
        assert problems(pruned) != []

    def test_an_old_entry_behind_a_newer_one_waits_for_it(self, database: Database) -> None:
        """A clock was set back: the log is cut at one place only."""
        for moment in (NOW, NOW + 9 * DAY, NOW + DAY):
            Audit(database).add(entry_of(ANA, "token.create", "x", moment))
        delete_expired(database, ITSELF, NOW.replace(year=2031) + 2 * DAY)
        assert self.subjects(database) == ["x", "x", "audit"]
        assert problems(database) == []


class TestJob:
    """The part of `fairlead serve`."""

    def test_a_month_of_days(self, database: Database) -> None:
        """Looks of every hour: one deletion a day, and nothing is ever there that is older than its period."""
        clock, finished = Clock(NOW), list[float]()
        seen: Counter[str] = Counter()
        job = Retention(database, clock, lambda kind, count: seen.update({kind: count}), finished.append)
        for hour in range(24 * 30):
            clock.now = NOW + timedelta(hours=hour)
            if hour % 24 == 0:
                answer(database, str(hour), clock.now)
            job.look()
            if hour % 24 == 23:
                with database.reading() as connection:
                    oldest = connection.execute(select(answers.c.kept_at).order_by(answers.c.kept_at)).scalars().first()
                assert oldest is not None
                assert clock.now - oldest < 9 * DAY
        assert len(finished) == 31
        assert seen["answers"] == 30 - 7

    def test_failure_is_tried_again_and_says_nothing_of_success(
        self, database: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from fairlead.app import retention as job_module

        clock, finished, calls = Clock(NOW), list[float](), list[datetime]()

        def broken(*arguments: object, **options: object) -> dict[str, int]:
            calls.append(clock.now)
            if len(calls) == 1:
                raise StoreError("database is locked")
            return {}

        monkeypatch.setattr(job_module, "delete_expired", broken)
        job = Retention(database, clock, lambda kind, count: None, finished.append)
        for minute in range(10):
            clock.now = NOW + timedelta(minutes=minute)
            job.look()
        assert calls == [NOW, NOW + timedelta(minutes=5)]
        assert finished == [(NOW + timedelta(minutes=5)).timestamp()]

    def test_it_ends_when_stopped(self, database: Database) -> None:
        Runs(database).record([run()])
        job = Retention(database, Clock(NOW.replace(year=2126)), lambda kind, count: None, lambda moment: None)
        thread = threading.Thread(target=job.run)
        thread.start()
        while True:
            with database.reading() as connection:
                if not connection.execute(select(func.count()).select_from(runs)).scalar_one():
                    break
        job.stop()
        thread.join(10)
        assert not thread.is_alive()
