"""Leases: one holder at a time, a dead one is succeeded, and only the holder keeps a result."""

import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from fairlead.errors import StoreError
from fairlead.store.database import Database, open_database
from fairlead.store.leases import FORGET, Leases
from fairlead.store.runs import Runs
from tests.support.runs import run

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


class Steady:
    """A steady clock that is set by hand."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def steady() -> Steady:
    return Steady()


@pytest.fixture
def leases(database: Database, steady: Steady) -> Callable[..., Leases]:
    def made(holder: str, gone: Callable[[str], bool] = lambda name: False) -> Leases:
        return Leases(database, holder, clock=lambda: NOON, lasting=60, steady=steady, gone=gone)

    return made


def test_one_holder_at_a_time(leases: Callable[..., Leases]) -> None:
    one, two = leases("one"), leases("two")
    assert one.take("window")
    assert (one.take("window"), two.take("window"), two.take("other")) == (False, False, True)
    assert (one.holds("window"), two.holds("window")) == (True, False)
    one.release("window")
    assert not one.holds("window")
    assert two.take("window")


def test_dead_holder_is_succeeded_after_the_lease(leases: Callable[..., Leases], steady: Steady) -> None:
    one, two = leases("one"), leases("two")
    assert one.take("window")
    assert not two.take("window")
    steady.now = 59.9
    assert not two.take("window")
    steady.now = 60.0
    assert two.take("window")
    with one.ending("window") as held:
        assert not held
    assert two.renew() == frozenset()


def test_newcomer_waits_as_long(leases: Callable[..., Leases], steady: Steady) -> None:
    """It cannot know how long the holder has been silent."""
    assert leases("one").take("window")
    steady.now = 1_000_000.0
    two = leases("two")
    assert not two.take("window")
    steady.now += 60
    assert two.take("window")


def test_holder_that_beats_is_not_succeeded(leases: Callable[..., Leases], steady: Steady) -> None:
    one, two = leases("one"), leases("two")
    assert one.take("window")
    for _ in range(20):
        assert not two.take("window")
        steady.now += 30
        assert one.renew() == frozenset()
    one.release("window")
    assert one.take("window")
    steady.now += 59
    assert not two.take("window"), "a lease that is taken anew is not the one seen before"


def test_holder_that_is_known_to_be_dead_is_succeeded_at_once(leases: Callable[..., Leases]) -> None:
    assert leases("one").take("window")
    assert leases("two", gone=lambda name: name == "one").take("window")


def test_holder_that_beats_in_the_last_moment_is_not_succeeded(leases: Callable[..., Leases]) -> None:
    one = leases("one")
    assert one.take("window")

    def thought_dead(_holder: str) -> bool:
        one.renew()
        return True

    assert not leases("two", gone=thought_dead).take("window")
    with one.ending("window") as held:
        assert held


def test_lost_lease_is_told_and_keeps_nothing(leases: Callable[..., Leases], database: Database) -> None:
    one, two = leases("one"), leases("two", gone=lambda name: True)
    for name in ("first", "second"):
        assert one.take(name)
    assert two.take("first")
    with one.keeping("first") as held:
        assert not held
    with one.keeping("second") as held:
        assert held
    assert one.renew() == {"first"}
    assert (one.holds("first"), one.holds("second")) == (False, True)
    one.release("first")
    assert not leases("three").take("first"), "the end of a lost lease ends nobody else's"


def test_result_and_end_of_the_lease_are_one(leases: Callable[..., Leases], database: Database) -> None:
    one = leases("one")
    assert one.take("window")
    Runs(database).record([run()])
    with pytest.raises(StoreError), one.ending("window"):
        Runs(database).record([run(family="model"), run()])
    assert len(Runs(database).since(0)) == 1
    assert not one.holds("window")
    assert not leases("two").take("window"), "the transaction was undone, the lease with it"
    assert one.take("window"), "its own holder may take it again"


def test_many_leases_of_others_are_not_remembered_for_ever(leases: Callable[..., Leases], steady: Steady) -> None:
    one, two = leases("one"), leases("two")
    for number in range(FORGET + 50):
        assert one.take(str(number))
        assert not two.take(str(number))
        steady.now += 1
    assert len(two._seen) <= FORGET


CONTEND = """
import sys, time
from datetime import UTC, datetime
from fairlead.store.database import open_database
from fairlead.store.leases import Leases
database = open_database(sys.argv[1])
leases = Leases(database, sys.argv[2], clock=lambda: datetime.now(UTC))
sys.stdin.readline()
for number in range(int(sys.argv[3])):
    if leases.take(str(number)):
        print(number, flush=True)
"""


def test_processes_that_contend_get_each_lease_once(database: Database, location: str) -> None:
    command = [sys.executable, "-c", CONTEND, location]
    others = [
        subprocess.Popen([*command, str(holder), "60"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for holder in range(3)
    ]
    for other in others:
        assert other.stdin is not None
        other.stdin.write("go\n")
        other.stdin.flush()
    taken = [int(line) for other in others for line in other.communicate(timeout=120)[0].splitlines()]
    assert Counter(taken) == Counter(range(60))


def test_leases_survive_the_end_of_the_process(location: str) -> None:
    first = open_database(location)
    assert Leases(first, "one", clock=lambda: NOON).take("window")
    first.close()
    again = open_database(location)
    assert not Leases(again, "two", clock=lambda: NOON).take("window")
    again.close()
