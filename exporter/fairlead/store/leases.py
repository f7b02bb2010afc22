"""Leases: who works on what, so that of several processes one does it, and another succeeds it when it dies.

A holder beats: it writes a number that it never wrote before. Whoever finds the same beat of the same holder after
``lasting`` seconds of its own steady clock takes the lease over, if the beat is still the same in that moment. So no
two clocks are ever compared, and one that jumps changes nothing.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import count

from sqlalchemy import Connection, Executable, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from fairlead.store.database import Database
from fairlead.store.tables import leases

FORGET = 1_000
"""Leases of others that are remembered before old ones are forgotten."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """A beat of another holder, and when it was first seen."""

    holder: str
    beat: int
    at: float


class Leases:
    """The leases of one process; ``gone`` tells holders that are known to be dead."""

    def __init__(
        self,
        database: Database,
        holder: str,
        *,
        clock: Callable[[], datetime],
        lasting: float = 60,
        steady: Callable[[], float] = time.monotonic,
        gone: Callable[[str], bool] = lambda holder: False,
    ) -> None:
        self.lasting = lasting
        self._database, self._holder, self._clock = database, holder, clock
        self._steady, self._gone = steady, gone
        self._beats = count(1)
        self._held: set[str] = set()
        self._seen: dict[str, _Seen] = {}

    def holds(self, name: str) -> bool:
        """Whether this process holds a lease, as far as it knows; only the store knows for sure."""
        return name in self._held

    def take(self, name: str) -> bool:
        """Take a lease that is free, or whose holder has died; False when it is held."""
        if name in self._held:
            return False
        query = select(leases.c.holder, leases.c.beat).where(leases.c.name == name)
        with self._database.reading() as connection:
            found = connection.execute(query).one_or_none()
        if found and found.holder != self._holder and not self._is_dead(name, found.holder, found.beat):
            return False
        mine = {"holder": self._holder, "beat": next(self._beats), "taken_at": self._clock()}
        with self._database.writing() as connection:
            if found:
                same = (leases.c.name == name, leases.c.holder == found.holder, leases.c.beat == found.beat)
                taken = connection.execute(update(leases).where(*same).values(mine)).rowcount == 1
            else:
                taken = connection.execute(_insert(connection, name, **mine)).scalar() is not None
        if taken:
            self._seen.pop(name, None)
            self._held.add(name)
        return taken

    def _is_dead(self, name: str, holder: str, beat: int) -> bool:
        now, seen = self._steady(), self._seen.get(name)
        if self._gone(holder):
            return True
        if seen is not None and (seen.holder, seen.beat) == (holder, beat):
            return now - seen.at >= self.lasting
        if len(self._seen) >= FORGET:
            self._seen = {other: old for other, old in self._seen.items() if now - old.at < 2 * self.lasting}
        self._seen[name] = _Seen(holder, beat, now)
        return False

    def renew(self) -> frozenset[str]:
        """Beat in every lease that is held; those that were lost."""
        held = frozenset(self._held)
        if not held:
            return held
        mine = leases.c.holder == self._holder
        with self._database.writing() as connection:
            connection.execute(update(leases).where(mine, leases.c.name.in_(held)).values(beat=next(self._beats)))
            kept = set(connection.execute(select(leases.c.name).where(mine)).scalars())
        lost = (held - kept) & self._held
        self._held.difference_update(lost)
        return lost

    @contextmanager
    def ending(self, name: str) -> Iterator[bool]:
        """A writing transaction that ends a lease; it is whether the lease was still held, else nothing may be kept."""
        self._held.discard(name)
        with self._database.writing() as connection:
            yield self._end(connection, name)

    def release(self, name: str) -> None:
        """End a lease without a result."""
        with self.ending(name):
            pass

    @contextmanager
    def keeping(self, name: str) -> Iterator[bool]:
        """A writing transaction in the midst of a lease; it is whether the lease is still held."""
        mine = (leases.c.name == name, leases.c.holder == self._holder)
        with self._database.writing() as connection:
            beat = update(leases).where(*mine).values(beat=next(self._beats))
            yield connection.execute(beat).rowcount == 1

    def _end(self, connection: Connection, name: str) -> bool:
        mine = (leases.c.name == name, leases.c.holder == self._holder)
        return connection.execute(delete(leases).where(*mine)).rowcount == 1


def _insert(connection: Connection, name: str, **values: object) -> Executable:
    """An insert that does nothing, and returns nothing, when the name is taken."""
    if connection.dialect.name == "postgresql":
        return postgresql.insert(leases).values(name=name, **values).on_conflict_do_nothing().returning(leases.c.name)
    return sqlite.insert(leases).values(name=name, **values).on_conflict_do_nothing().returning(leases.c.name)
