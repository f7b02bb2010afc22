"""Builds the snapshot of the configured models from their history."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from fairlead.core.backlog import Backlog, Calendar, calendar
from fairlead.core.families import FAMILIES
from fairlead.core.schedule import CADENCES, Cadence, next_due
from fairlead.core.snapshot import ActiveBaseline, ModelState, Snapshot
from fairlead.monitor.check import Subject
from fairlead.monitor.history import History

Due = Callable[[Cadence, Backlog], datetime]


@dataclass(frozen=True, slots=True)
class Entry:
    """A configured model: what the monitor runs and what only labels it."""

    subject: Subject
    team: str
    environment: str


def snapshot(
    entries: Iterable[Entry], history: History, baselines: Mapping[str, ActiveBaseline], now: datetime
) -> Snapshot:
    """The snapshot; runs of models or families that are no longer configured are left out."""

    @cache
    def recent(cadence: Cadence) -> tuple[Calendar, datetime]:
        return calendar(cadence, now), next_due(cadence, now)

    def due(cadence: Cadence, backlog: Backlog) -> datetime:
        """The first due time that no analysis has served; it lies in the past when one is overdue."""
        past, coming = recent(cadence)
        return next(iter(backlog.owed(past, now)), coming)

    return Snapshot(tuple(_state(entry, history, baselines.get(entry.subject.name), due) for entry in entries))


def _state(entry: Entry, history: History, baseline: ActiveBaseline | None, due: Due) -> ModelState:
    subject, cadences = entry.subject, CADENCES[entry.subject.risk]
    name, families = subject.name, families_of(subject)
    return ModelState(
        name,
        subject.version,
        subject.risk,
        entry.team,
        entry.environment,
        baseline,
        {family: history.latest[name, family] for family in families if (name, family) in history.latest},
        {family: history.succeeded[name, family] for family in families if (name, family) in history.succeeded},
        {family: due(cadences[family], history.backlog(name, family)) for family in families},
        {family: cadences[family].span.total_seconds() for family in families},
    )


def families_of(subject: Subject) -> tuple[str, ...]:
    """Families that the configuration allows: no fairness without attributes, no explanation without attributions."""
    without = set()
    if not subject.plan.attributes:
        without.add("fairness")
    if not subject.plan.attributions:
        without.add("explanation")
    return tuple(family for family in FAMILIES if family not in without)
