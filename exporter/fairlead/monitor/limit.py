"""An analysis within its deadline, for as long as it is wanted."""

from collections.abc import Callable, Sequence
from typing import Protocol

from fairlead.core.baseline import Baseline
from fairlead.core.plan import Window
from fairlead.core.run import Run
from fairlead.errors import FairleadError
from fairlead.monitor.check import Clock, Subject, check, failed
from fairlead.monitor.worker import OverdueError, Workers


class Leases(Protocol):
    """Who works on what, of several processes on one store."""

    def take(self, name: str) -> bool:
        """Take a lease that is free, or whose holder has died; False when it is held."""
        ...

    def holds(self, name: str) -> bool:
        """Whether this process holds a lease, as far as it knows."""
        ...

    def release(self, name: str) -> None:
        """End a lease without a result."""
        ...


class UnwantedError(FairleadError):
    """Ends the reading of an analysis whose result nobody waits for."""


def _same(subject: Subject) -> Subject:
    return subject


def limited_check(
    subject: Subject,
    families: Sequence[str],
    window: Window,
    *,
    trigger: str,
    load_baseline: Callable[[str], Baseline],
    clock: Clock,
    workers: Workers,
    going_on: Callable[[], bool],
    prepared: Callable[[Subject], Subject] = _same,
) -> tuple[list[Run], bool]:
    """The runs, and whether the analysis was given up at its deadline: then they are failures that say so."""
    started = clock()

    def work(given_up: Callable[[], bool]) -> list[Run]:
        def tick() -> None:
            if given_up() or not going_on():
                raise UnwantedError(f"model {subject.name!r}: analysis ended before its time")

        stoppable = subject.limited(tick) if subject.limited else subject
        return check(prepared(stoppable), families, window, trigger=trigger, load_baseline=load_baseline, clock=clock)

    try:
        return workers.run(subject.name, work, subject.deadline), False
    except OverdueError as error:
        reason = str(error)
        return failed(subject, families, window, reason, trigger=trigger, started=started, finished=clock()), True
