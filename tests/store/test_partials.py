"""What is known of files: which state of which file by which plan, and for how long."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Table, func, select

from fairlead.core.partial import NOWHERE, Identity, Known
from fairlead.core.plan import Plan, Window
from fairlead.core.summary import Summary
from fairlead.store.codec import pack_summary
from fairlead.store.database import Database
from fairlead.store.days import Days
from fairlead.store.partials import Partials
from fairlead.store.tables import days, files, partials
from tests.support.comparisons import Rows, baseline_of
from tests.support.monitored import Clock

DAY = timedelta(days=1)
START = datetime(2026, 3, 1, tzinfo=UTC)
PIECES = [Window(START + number * DAY, START + (number + 1) * DAY) for number in range(3)]
FILE = Identity("/logs/a.parquet", 100, 2**62, 2**62 + 1, 2**64 - 1)
PLAN = Plan("at", None, "decision")
CONTENT = baseline_of(Rows(numbers={"income": list(range(50))})).summary
EMPTY = Summary()


@pytest.fixture
def clock() -> Clock:
    return Clock(START + 3 * DAY)


@pytest.fixture
def cache(database: Database, clock: Clock) -> Partials:
    return Partials(database, "credit", clock)


def known(*parts: Summary, undated: int = 0, span: tuple[int, int] | None = None) -> Known:
    return Known(dict(zip(PIECES, parts, strict=False)), undated, span)


def keep(cache: Partials, what: Known, file: Identity = FILE, plan: Plan = PLAN) -> None:
    cache.keep(plan, {file: what}, {}, ())


def size(database: Database, table: Table) -> int:
    with database.reading() as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()


def test_comes_back_as_it_was(cache: Partials) -> None:
    keep(cache, known(CONTENT, EMPTY, undated=3, span=(-(2**63), 2**63 - 1)))
    found = cache.recall(PLAN, FILE, PIECES)
    assert found is not None
    assert (found.undated, found.span) == (3, (-(2**63), 2**63 - 1))
    assert {piece: pack_summary(part) for piece, part in found.pieces.items()} == {
        PIECES[0]: pack_summary(CONTENT),
        PIECES[1]: pack_summary(EMPTY),
    }
    assert cache.recall(PLAN, FILE, PIECES[2:]) == Known({}, 3, (-(2**63), 2**63 - 1))


def test_adds_to_what_was_known(cache: Partials) -> None:
    keep(cache, known(EMPTY))
    keep(cache, Known({PIECES[2]: CONTENT}, 0, NOWHERE))
    found = cache.recall(PLAN, FILE, PIECES)
    assert found is not None
    assert (set(found.pieces), found.span) == ({PIECES[0], PIECES[2]}, NOWHERE)


def test_only_whole_days_are_recalled(cache: Partials) -> None:
    keep(cache, known(CONTENT, CONTENT))
    half = Window(PIECES[0].start, PIECES[0].end - timedelta(microseconds=1))
    found = cache.recall(PLAN, FILE, [half, PIECES[1]])
    assert found is not None
    assert set(found.pieces) == {PIECES[1]}
    assert cache.recall(PLAN, FILE, [half]) == Known()


@pytest.mark.parametrize("field", ["path", "size", "modified", "changed", "inode", "labels"])
def test_every_part_of_the_identity_counts(field: str, cache: Partials) -> None:
    keep(cache, known(CONTENT))
    changes: dict[str, Any] = {field: "other" if field in {"path", "labels"} else 7}
    other = replace(FILE, **changes)
    assert cache.recall(PLAN, other, PIECES) is None


def test_other_models_and_plans_know_nothing(cache: Partials, database: Database, clock: Clock) -> None:
    keep(cache, known(CONTENT))
    assert Partials(database, "hiring", clock).recall(PLAN, FILE, PIECES) is None
    assert cache.recall(replace(PLAN, label="outcome"), FILE, PIECES) is None


def test_another_state_replaces_what_was_known(cache: Partials, database: Database) -> None:
    other = replace(PLAN, label="outcome")
    for plan in (PLAN, other):
        keep(cache, known(CONTENT, EMPTY), plan=plan)
    keep(cache, known(EMPTY), replace(FILE, path="/logs/b.parquet"))
    keep(cache, known(CONTENT), replace(FILE, size=101))
    assert cache.recall(other, FILE, PIECES) is None
    assert cache.recall(PLAN, FILE, PIECES) is None
    assert (size(database, files), size(database, partials)) == (2, 2)


def test_paths_that_are_not_unicode(cache: Partials) -> None:
    odd = replace(FILE, path="/logs/\udcff.csv")
    keep(cache, known(CONTENT), odd)
    assert cache.recall(PLAN, odd, PIECES) is not None


def test_old_days_are_forgotten_and_when_the_rows_are_is_not(cache: Partials, database: Database, clock: Clock) -> None:
    keep(cache, known(CONTENT, EMPTY, span=(1, 2)))
    clock.now += 41 * DAY
    keep(cache, known(CONTENT), replace(FILE, path="/logs/b.parquet"))
    assert size(database, partials) == 1
    assert cache.recall(PLAN, FILE, PIECES) == Known({}, 0, (1, 2))
    clock.now += 360 * DAY
    keep(cache, known(CONTENT), replace(FILE, path="/logs/c.parquet"))
    assert cache.recall(PLAN, FILE, PIECES) is None


def test_plans_no_longer_used_are_forgotten(cache: Partials, database: Database, clock: Clock) -> None:
    plans = [replace(PLAN, label=f"label {number}") for number in range(6)]
    other = Partials(database, "hiring", clock)
    keep(other, known(CONTENT))
    for plan in plans:
        clock.now += DAY
        keep(cache, known(CONTENT), plan=plan)
    assert [cache.recall(plan, FILE, PIECES) is None for plan in plans] == [True, True, False, False, False, False]
    assert other.recall(PLAN, FILE, PIECES) is not None
    assert size(database, partials) == 5


def test_kept_days(cache: Partials, database: Database, clock: Clock) -> None:
    kept = Days(database, "credit")
    both = {PIECES[0]: CONTENT, PIECES[1]: replace(CONTENT, rows=60)}
    cache.keep(PLAN, {}, {**both, PIECES[2]: EMPTY}, PIECES)
    assert {piece: part.rows for piece, part in kept.load(PLAN, PIECES).items()} == {PIECES[0]: 50, PIECES[1]: 60}
    clock.now += 300 * DAY
    unchanged = replace(CONTENT, labelled=7)
    cache.keep(PLAN, {}, {PIECES[0]: unchanged, PIECES[1]: EMPTY}, ())
    assert kept.load(PLAN, PIECES)[PIECES[0]].labelled == 0, "nothing was counted anew"
    cache.keep(PLAN, {}, {PIECES[0]: unchanged, PIECES[1]: EMPTY}, PIECES)
    loaded = kept.load(PLAN, PIECES)
    assert (loaded[PIECES[0]].labelled, loaded[PIECES[1]].rows) == (7, 60)
    clock.now += 101 * DAY
    cache.keep(PLAN, {}, {PIECES[2]: CONTENT}, ())
    assert set(kept.load(PLAN, PIECES)) == {PIECES[0], PIECES[2]}
    assert Days(database, "hiring").load(PLAN, PIECES) == {}
    assert size(database, days) == 2


def test_damaged_days_are_not_loaded_and_are_kept_again(cache: Partials, database: Database) -> None:
    kept = Days(database, "credit")
    cache.keep(PLAN, {}, {PIECES[0]: CONTENT}, ())
    with database.writing() as connection:
        connection.execute(days.update().values(content=b"x"))
    assert kept.load(PLAN, PIECES) == {}
    cache.keep(PLAN, {}, {PIECES[0]: CONTENT}, ())
    assert set(kept.load(PLAN, PIECES)) == {PIECES[0]}


def test_nothing_new_takes_no_lock(cache: Partials, database: Database) -> None:
    cache.keep(PLAN, {}, {PIECES[0]: CONTENT}, PIECES)
    with database.writing():
        cache.keep(PLAN, {}, {PIECES[0]: CONTENT}, ())
