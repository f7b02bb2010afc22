"""What is exposed at one moment: immutable, rebuilt from the store after every change."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from fairlead.core.families import FAMILIES
from fairlead.core.run import Run
from fairlead.core.schedule import CADENCES, next_due
from fairlead.monitor.check import Subject


@dataclass(frozen=True, slots=True)
class ActiveBaseline:
    """The baseline a model is compared with."""

    version: str
    created_by: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ModelState:
    """One configured model; runs holds the latest successful run of each family."""

    name: str
    version: str
    risk: str
    team: str
    environment: str
    baseline: ActiveBaseline | None
    runs: Mapping[str, Run]
    last_success: Mapping[str, datetime]
    next_due: Mapping[str, datetime]
    cadence_seconds: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All configured models."""

    models: tuple[ModelState, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Entry:
    """A configured model: what the monitor runs and what only labels it."""

    subject: Subject
    team: str
    environment: str


def snapshot(
    entries: Iterable[Entry],
    latest: Iterable[Run],
    last_success: Mapping[tuple[str, str], datetime],
    baselines: Mapping[str, ActiveBaseline],
    now: datetime,
) -> Snapshot:
    """The snapshot of the configured models; runs of models or families no longer configured are left out."""
    runs = {(run.model, run.family): run for run in latest}
    return Snapshot(
        tuple(_state(entry, runs, last_success, baselines.get(entry.subject.name), now) for entry in entries)
    )


def _state(
    entry: Entry,
    runs: Mapping[tuple[str, str], Run],
    last_success: Mapping[tuple[str, str], datetime],
    baseline: ActiveBaseline | None,
    now: datetime,
) -> ModelState:
    subject, cadences = entry.subject, CADENCES[entry.subject.risk]
    name, families = subject.name, families_of(subject)
    return ModelState(
        name,
        subject.version,
        subject.risk,
        entry.team,
        entry.environment,
        baseline,
        {family: runs[name, family] for family in families if (name, family) in runs},
        {family: last_success[name, family] for family in families if (name, family) in last_success},
        {family: next_due(cadences[family], now) for family in families},
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
