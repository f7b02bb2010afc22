"""Each request with an idempotency key has its effect once."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from fairlead.core.answer import Answer
from fairlead.monitor.check import Clock
from fairlead.store.answers import Answers as Kept
from fairlead.store.database import Database

PATIENCE = 10.0
"""Seconds that a request waits for an equal one that is being executed."""


class Answers:
    """Kept answers, the transactions that keep them, and turns of requests with the same key."""

    def __init__(self, database: Database, clock: Clock, patience: float = PATIENCE) -> None:
        self._database, self._clock, self._patience = database, clock, patience
        self._kept = Kept(database)
        self._turns: dict[tuple[str, str], tuple[threading.Lock, int]] = {}
        self._turning = threading.Lock()

    @contextmanager
    def turn(self, caller: str, key: str) -> Iterator[bool]:
        """Alone among the requests of this process with this key; False when another one takes too long."""
        lock = self._join(caller, key)
        mine = lock.acquire(timeout=self._patience)
        try:
            yield mine
        finally:
            if mine:
                lock.release()
            self._leave(caller, key)

    @contextmanager
    def together(self) -> Iterator[None]:
        """What is written inside is kept whole or not at all."""
        with self._database.writing():
            yield

    def find(self, caller: str, key: str) -> Answer | None:
        """What the caller was answered under this key."""
        return self._kept.find(caller, key, self._clock())

    def keep(self, caller: str, key: str, answer: Answer) -> None:
        """Keep an answer, inside `together`."""
        self._kept.keep(caller, key, answer, self._clock())

    def _join(self, caller: str, key: str) -> threading.Lock:
        with self._turning:
            lock, waiting = self._turns.get((caller, key), (threading.Lock(), 0))
            self._turns[caller, key] = (lock, waiting + 1)
            return lock

    def _leave(self, caller: str, key: str) -> None:
        with self._turning:
            lock, waiting = self._turns.pop((caller, key))
            if waiting > 1:
                self._turns[caller, key] = (lock, waiting - 1)
