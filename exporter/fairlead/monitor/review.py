"""The monthly review of each model's baseline: due on the 1st at 04:00 UTC, made once."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from fairlead.core.backlog import Failed
from fairlead.core.schedule import Cadence, latest_due
from fairlead.errors import FairleadError
from fairlead.monitor.check import Clock, Subject
from fairlead.monitor.history import History
from fairlead.monitor.limit import Leases
from fairlead.monitor.worker import Workers

log = logging.getLogger(__name__)

Review = Callable[[str, datetime], Callable[[], None]]
"""(model, due time) → what keeps the result, called inside the transaction that records that the review is made."""


class Store(Protocol):
    """Where it is known which reviews are made."""

    @property
    def leases(self) -> Leases:
        """Who works on what."""
        ...

    def reviewed(self) -> Mapping[str, datetime]:
        """The newest due time whose review is made, by model."""
        ...

    def keep_review(self, lease: str, model: str, due: datetime, keep: Callable[[], None]) -> bool:
        """Keep a review and end the lease, in one transaction; False, and nothing is kept, when it was lost."""
        ...


@dataclass(slots=True)
class Reviews:
    """Makes the reviews that are due. One that was missed is made up, unless the next one is due already."""

    review: Review
    store: Store
    history: History
    clock: Clock
    workers: Workers
    _made: dict[str, datetime] = field(default_factory=dict)
    _failed: dict[str, Failed] = field(default_factory=dict)

    def look(self, subjects: Sequence[Subject]) -> None:
        """Review every model whose review is due; what fails is tried again later, and stops no other."""
        for subject, due in self.due(subjects, self.clock()):
            try:
                self._make(subject, due)
            except FairleadError as error:
                self._note(subject.name, str(error))
            except Exception as error:
                log.exception("review crashed", extra={"model": subject.name})
                self._note(subject.name, f"internal error: {type(error).__name__}")

    def due(self, subjects: Sequence[Subject], now: datetime) -> list[tuple[Subject, datetime]]:
        """Models that were monitored before the last due time and are not reviewed since."""
        due = latest_due(Cadence.MONTHLY, now)
        if any(self._is_open(subject, due, now) for subject in subjects):
            self._made = dict(self.store.reviewed())
        return [(subject, due) for subject in subjects if self._is_open(subject, due, now)]

    def _is_open(self, subject: Subject, due: datetime, now: datetime) -> bool:
        made, failed = self._made.get(subject.name), self._failed.get(subject.name)
        begun = self.history.begun.get(subject.name)
        waiting = failed is not None and failed.waiting(now)
        return begun is not None and begun < due and (made is None or made < due) and not waiting

    def _make(self, subject: Subject, due: datetime) -> None:
        lease = f"review {due:%Y-%m} {subject.name}"
        if not self.store.leases.take(lease):
            return
        try:
            made = self.store.reviewed().get(subject.name)
            if made is not None and made >= due:  # by another process, before the lease was free
                self.store.leases.release(lease)
                return
            keep = self.workers.run(subject.name, lambda _given_up: self.review(subject.name, due), subject.deadline)
            if self.store.keep_review(lease, subject.name, due, keep):
                self._failed.pop(subject.name, None)
                log.info("baseline reviewed", extra={"model": subject.name})
        except BaseException:
            self.store.leases.release(lease)
            raise

    def _note(self, model: str, reason: str) -> None:
        now, known = self.clock(), self._failed.get(model)
        self._failed[model] = Failed(known.first if known else now, now, (known.count if known else 0) + 1)
        log.warning("review failed", extra={"model": model, "reason": reason})
