"""The daily job that deletes what has expired."""

import logging
import threading
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

from fairlead.core.access import Caller, Role
from fairlead.core.audit import entry_of
from fairlead.core.retention import is_due
from fairlead.errors import FairleadError
from fairlead.monitor.check import Clock
from fairlead.store.audit import Audit
from fairlead.store.database import Database
from fairlead.store.retention import Wait, expire, go_on

log = logging.getLogger(__name__)

ITSELF = Caller("fairlead", Role.ADMIN, "retention")
PAUSE = 60.0
"""Seconds between two looks at the clock."""
REST = 0.05
"""Seconds between two batches, in which others write."""
AGAIN = timedelta(minutes=5)
"""After a failure."""


def delete_expired(
    database: Database,
    caller: Caller,
    now: datetime,
    *,
    dry_run: bool = False,
    wait: Wait = go_on,
    observe: Callable[[str, int], None] = lambda kind, count: None,
) -> dict[str, int]:
    """Delete what has expired and say so in the audit log; rows by kind."""
    deleted: Counter[str] = Counter()
    try:
        for kind, count in expire(database, now, dry_run=dry_run, wait=wait):
            deleted[kind] += count
            if not dry_run:
                observe(kind, count)
    finally:
        gone = {kind: count for kind, count in deleted.items() if count and kind != "audit"}
        if gone and not dry_run:
            Audit(database).add(entry_of(caller, "retention.deleted", "store", now, **gone))
    return dict(deleted)


class Retention:
    """Looks at start and every day at 01:00 UTC for what has expired."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        observe: Callable[[str, int], None],
        finished: Callable[[float], None],
    ) -> None:
        self._database, self._clock, self._observe, self._finished = database, clock, observe, finished
        self._last: datetime | None = None
        self._again: datetime | None = None
        self._stop = threading.Event()

    def run(self) -> None:
        """Look until stopped."""
        while not self._stop.is_set():
            self.look()
            self._stop.wait(PAUSE)

    def stop(self) -> None:
        """End after the batch at hand."""
        self._stop.set()

    def look(self) -> None:
        """Delete if it is time to; what failed is tried again some minutes later."""
        now = self._clock()
        if not is_due(self._last, now) or (self._again is not None and now < self._again):
            return
        try:
            deleted = delete_expired(
                self._database, ITSELF, now, wait=lambda: self._stop.wait(REST), observe=self._observe
            )
        except FairleadError as error:
            self._again = now + AGAIN
            log.error("expired records not deleted", extra={"reason": str(error)})
            return
        except Exception:
            self._again = now + AGAIN
            log.exception("retention crashed")
            return
        if self._stop.is_set():
            return
        self._last, self._again = now, None
        self._finished(now.timestamp())
        log.info("expired records deleted", extra=deleted)
