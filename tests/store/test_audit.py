"""The audit log: what anybody does to it later is found, wherever they do it."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from json import dumps

import pytest
from sqlalchemy import text

from fairlead.core.audit import GENESIS, Entry, Head, Wanted, link
from fairlead.store import audit as module
from fairlead.store.audit import Audit
from fairlead.store.database import Database

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def entry(number: int, actor: str = "", subject: str = "", source: str = "10.0.0.1") -> Entry:
    at, detail = NOON + number * HOUR, {"note": "é", "n": number}
    actor, subject = actor or f"caller-{number % 3}", subject or f"INC-{number}"
    return Entry(at, actor, "admin", "incident.acknowledge", subject, source, detail)


@pytest.fixture
def log(database: Database, monkeypatch: pytest.MonkeyPatch) -> Audit:
    """Ten entries, numbers 1 to 10, walked in batches of three."""
    monkeypatch.setattr(module, "BATCH", 3)
    made = Audit(database)
    for number in range(1, 11):
        made.add(entry(number))
    return made


def change(database: Database, *statements: str) -> None:
    with database.writing() as connection:
        for statement in statements:
            connection.execute(text(statement))


def test_an_untouched_log_is_sound(log: Audit) -> None:
    verdict = log.verify()
    assert (verdict.entries, verdict.bad, verdict.head) == (10, None, log.head())


def test_an_empty_log_is_sound(database: Database) -> None:
    verdict = Audit(database).verify()
    assert (verdict.entries, verdict.bad, verdict.head) == (0, None, Head(0, GENESIS))


def test_the_hash_is_sha_256_of_the_facts_and_the_hash_before(log: Audit) -> None:
    """Computed here from what is kept, as somebody else would."""
    before = GENESIS
    for kept in reversed(log.page(Wanted(), 100)):
        at = kept.at.strftime("%Y-%m-%dT%H:%M:%S.%f+00:00")
        facts = [before, at, kept.actor, kept.role, kept.action, kept.subject, kept.source, kept.detail]
        before = sha256(dumps(facts).encode()).hexdigest()
        assert kept.hash == before


@pytest.mark.parametrize("column", ["at", "actor", "role", "action", "subject", "source", "detail", "hash"])
@pytest.mark.parametrize("number", [1, 3, 4, 10])
def test_an_edited_entry_is_named(log: Audit, database: Database, column: str, number: int) -> None:
    value = "2026-03-10 13:00:00.000001" if column == "at" else "x"
    change(database, f"UPDATE audit SET {column} = '{value}' WHERE id = {number}")
    assert log.verify().bad == number


def test_an_edited_entry_with_its_hash_made_anew_is_found_at_the_next(log: Audit, database: Database) -> None:
    forged = Entry(NOON + 5 * HOUR, "nobody", "admin", "incident.acknowledge", "INC-5", "10.0.0.1", {})
    with database.reading() as connection:
        before = connection.execute(text("SELECT hash FROM audit WHERE id = 4")).scalar_one()
    change(
        database, f"UPDATE audit SET actor = 'nobody', detail = '{{}}', hash = '{link(before, forged)}' WHERE id = 5"
    )
    assert log.verify().bad == 6


@pytest.mark.parametrize("gone", [1, 2, 6, 9])
@pytest.mark.parametrize("renumber", [False, True])
def test_a_removed_entry_is_named(log: Audit, database: Database, gone: int, renumber: bool) -> None:
    change(database, f"DELETE FROM audit WHERE id = {gone}")
    if renumber:
        for number in range(gone + 1, 11):
            change(database, f"UPDATE audit SET id = {number - 1} WHERE id = {number}")
    assert log.verify().bad == gone


def test_entries_in_another_order_are_found(log: Audit, database: Database) -> None:
    change(database, *(f"UPDATE audit SET id = {new} WHERE id = {old}" for old, new in ((5, 99), (6, 5), (99, 6))))
    assert log.verify().bad == 5


def test_an_inserted_entry_is_found(log: Audit, database: Database) -> None:
    for number in range(10, 6, -1):
        change(database, f"UPDATE audit SET id = {number + 1} WHERE id = {number}")
    change(
        database,
        "INSERT INTO audit SELECT 7, at, actor, role, action, subject, source, detail, hash FROM audit WHERE id = 3",
    )
    assert log.verify().bad == 7


def test_a_log_that_was_cut_off_needs_a_head_from_outside(log: Audit, database: Database) -> None:
    head = log.head()
    change(database, "DELETE FROM audit WHERE id > 7")
    assert log.verify().bad is None
    verdict = log.verify(Head(head.number, head.hash[:16]))
    assert (verdict.bad, verdict.reason) == (8, "must be there, got 7 as the last")


def test_a_log_that_was_written_anew_needs_a_head_from_outside(log: Audit, database: Database) -> None:
    middle = log.head(before=NOON + 6 * HOUR)
    assert middle.number == 5
    change(database, "DELETE FROM audit")
    for number in range(1, 12):
        log.add(entry(number, actor="nobody"))
    assert log.verify().bad is None
    assert log.verify(Head(5, middle.hash[:16])).bad == 5


def test_an_expected_head_that_is_still_there_is_fine(log: Audit) -> None:
    early = log.head(before=NOON + 3 * HOUR)
    assert early.number == 2
    assert log.verify(early).bad is None
    assert log.verify(log.head()).bad is None


def test_pruning_leaves_a_sound_log(log: Audit, database: Database) -> None:
    four, six, ten = (log.head(before=NOON + hour * HOUR) for hour in (5, 7, 11))
    assert log.prune(NOON + 7 * HOUR, now=NOON + 20 * HOUR) == 6
    assert [one.number for one in log.page(Wanted(), 100)] == [11, 10, 9, 8, 7]
    verdict = log.verify()
    assert (verdict.entries, verdict.bad) == (5, None)
    assert log.verify(six).bad is None
    assert log.verify(ten).bad is None
    assert log.verify(four).reason == "must be there to be compared, got pruned"
    assert log.verify(Head(6, "f" * 64)).bad == 6


def test_pruning_nothing_writes_nothing(log: Audit) -> None:
    assert log.prune(NOON, now=NOON + 20 * HOUR) == 0
    assert log.head().number == 10


def test_pruning_again_and_pruning_all(log: Audit) -> None:
    assert log.prune(NOON + 4 * HOUR, now=NOON + 20 * HOUR) == 3
    assert log.prune(NOON + 8 * HOUR, now=NOON + 21 * HOUR) == 4
    assert log.verify().bad is None
    assert log.prune(NOON + 99 * HOUR, now=NOON + 100 * HOUR) == 5
    verdict = log.verify()
    assert (verdict.entries, verdict.bad, verdict.head.number) == (1, None, 13)
    log.add(entry(14))
    assert log.verify().bad is None


def test_pruning_an_empty_log(database: Database) -> None:
    assert Audit(database).prune(NOON, now=NOON) == 0


@pytest.mark.parametrize("gone", [7, 8])
def test_what_is_removed_after_pruning_is_found(log: Audit, database: Database, gone: int) -> None:
    log.prune(NOON + 7 * HOUR, now=NOON + 20 * HOUR)
    change(database, f"DELETE FROM audit WHERE id = {gone}")
    assert log.verify().bad == gone


@pytest.mark.parametrize(
    "detail", ["", "[]", '{"number": 9}', '{"number": "x", "hash": ""}', '{"number": 6, "hash": "0"}']
)
def test_a_changed_anchor_is_found(log: Audit, database: Database, detail: str) -> None:
    log.prune(NOON + 7 * HOUR, now=NOON + 20 * HOUR)
    change(database, f"UPDATE audit SET detail = '{detail}' WHERE id = 11")
    assert log.verify().bad is not None


def test_a_forged_anchor_does_not_hide_removed_entries(log: Audit, database: Database) -> None:
    """Whoever adds an anchor must also know the hash before it, so the walk ends at the anchor."""
    log.prune(NOON + 3 * HOUR, now=NOON + 20 * HOUR)
    change(database, "DELETE FROM audit WHERE id <= 5")
    assert log.verify().bad == 3


def test_pages_go_backwards_and_can_be_filtered(log: Audit) -> None:
    def numbers(limit: int = 100, below: int | None = None, **wanted: object) -> list[int]:
        return [one.number for one in log.page(Wanted(**wanted), limit, below)]  # type: ignore[arg-type]

    assert numbers(4) == [10, 9, 8, 7]
    assert numbers(4, 7) == [6, 5, 4, 3]
    assert numbers(below=10**30) == numbers()
    assert numbers(actor="caller-1") == [10, 7, 4, 1]
    assert numbers(subject="INC-3") == [3]
    assert numbers(action="token.create") == []
    assert numbers(since=NOON + 3 * HOUR, until=NOON + 6 * HOUR) == [5, 4, 3]
    assert numbers(actor="' OR 1=1 --") == []
    assert numbers(actor="\0\ud800") == []


def test_any_text_can_be_kept(log: Audit) -> None:
    log.add(entry(11, actor="a\0b\ud800" + "x" * 999, subject="\x1b[2J<b>{{7*7}}", source="s" * 99))
    (kept,) = log.page(Wanted(), 1)
    assert kept.actor.startswith("a\\x00b\\ud800xxx")
    assert (len(kept.actor), kept.subject, len(kept.source)) == (256, "\x1b[2J<b>{{7*7}}", 64)
    assert log.verify().bad is None
