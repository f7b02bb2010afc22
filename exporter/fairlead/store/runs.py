"""Runs with their measurements: written whole, never changed."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, case, func, or_, select

from fairlead.core.plan import Window
from fairlead.core.run import Run
from fairlead.store.codec import decode_outcomes, encode_outcomes, storable
from fairlead.store.database import Database
from fairlead.store.tables import runs

_FACTS = [column for column in runs.c if column.name != "outcomes"]
_NO_OUTCOMES = '{"measurements": [], "not_computed": []}'


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which runs: each condition that is not None must hold; windows end in [start, end); hidden families never."""

    model: str | None = None
    family: str | None = None
    trigger: str | None = None
    start: datetime | None = None
    end: datetime | None = None
    hidden: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Tried:
    """A window that was analysed on schedule, or failed to be; at is when that first finished."""

    model: str
    family: str
    window: Window
    succeeded: bool
    at: datetime


class Runs:
    """The runs in the store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(self, finished: Iterable[Run]) -> list[int]:
        """Keep these runs, all or none; their ids. A second successful scheduled run of a window is refused."""
        rows = [
            {
                "model": run.model,
                "model_version": run.model_version,
                "family": run.family,
                "window_start": run.window.start,
                "window_end": run.window.end,
                "trigger": run.trigger,
                "started_at": run.started,
                "finished_at": run.finished,
                "baseline": run.baseline,
                "samples": run.samples,
                "failure": None if run.failure is None else storable(run.failure),
                "outcomes": encode_outcomes(run.measurements, run.not_computed),
            }
            for run in finished
        ]
        if not rows:
            return []
        with self._database.writing() as connection:
            insert = runs.insert().returning(runs.c.id, sort_by_parameter_order=True)
            return list(connection.execute(insert, rows).scalars())

    def latest(self) -> list[Run]:
        """Per model and family, the successful run whose window ends last (of equal ends the one recorded last)."""
        place = func.row_number().over(
            partition_by=(runs.c.model, runs.c.family), order_by=(runs.c.window_end.desc(), runs.c.id.desc())
        )
        ranked = select(runs.c.id, place.label("place")).where(runs.c.failure.is_(None)).subquery()
        query = select(runs).join(ranked, runs.c.id == ranked.c.id).where(ranked.c.place == 1).order_by(runs.c.id)
        with self._database.reading() as connection:
            return [_to_run(row) for row in connection.execute(query)]

    def last_successes(self) -> dict[tuple[str, str], datetime]:
        """When the last successful run of each (model, family) finished."""
        query = (
            select(runs.c.model, runs.c.family, func.max(runs.c.finished_at, type_=runs.c.finished_at.type))
            .where(runs.c.failure.is_(None))
            .group_by(runs.c.model, runs.c.family)
        )
        with self._database.reading() as connection:
            return {(row[0], row[1]): row[2] for row in connection.execute(query)}

    def tried(self, ends: Collection[datetime]) -> list[Tried]:
        """Windows with these ends, or later ones, that scheduled runs have tried."""
        window = (runs.c.model, runs.c.family, runs.c.window_start, runs.c.window_end)
        succeeded = case((runs.c.failure.is_(None), 1), else_=0)
        query = (
            select(*window, succeeded, func.min(runs.c.finished_at, type_=runs.c.finished_at.type))
            .where(runs.c.trigger == "scheduled", or_(runs.c.window_end.in_(ends), runs.c.window_end > max(ends)))
            .group_by(*window, succeeded)
            .order_by(runs.c.window_end)
        )
        with self._database.reading() as connection:
            found = connection.execute(query).all()
        return [Tried(row[0], row[1], Window(row[2], row[3]), bool(row[4]), row[5]) for row in found]

    def families_analysed(self, model: str, window: Window) -> list[str]:
        """Families whose window is analysed on schedule."""
        query = select(runs.c.family).where(
            runs.c.model == model,
            runs.c.window_end == window.end,
            runs.c.window_start == window.start,
            runs.c.failure.is_(None),
            runs.c.trigger == "scheduled",
        )
        with self._database.reading() as connection:
            return list(connection.execute(query).scalars())

    def first_windows(self) -> dict[tuple[str, str], datetime]:
        """The end of the earliest window that a scheduled run of each (model, family) has tried."""
        query = (
            select(runs.c.model, runs.c.family, func.min(runs.c.window_end, type_=runs.c.window_end.type))
            .where(runs.c.trigger == "scheduled")
            .group_by(runs.c.model, runs.c.family)
        )
        with self._database.reading() as connection:
            return {(row[0], row[1]): row[2] for row in connection.execute(query)}

    def begun(self) -> dict[str, datetime]:
        """When the first scheduled run of each model finished."""
        query = select(runs.c.model, func.min(runs.c.finished_at, type_=runs.c.finished_at.type))
        with self._database.reading() as connection:
            found = connection.execute(query.where(runs.c.trigger == "scheduled").group_by(runs.c.model)).all()
        return {row[0]: row[1] for row in found}

    def numbered(self, ids: Collection[int]) -> list[Run]:
        """Runs by their ids, oldest first."""
        query = select(runs).where(runs.c.id.in_(ids)).order_by(runs.c.id)
        with self._database.reading() as connection:
            return [_to_run(row) for row in connection.execute(query)]

    def last_success(self, model: str, family: str) -> datetime | None:
        """When the last successful run of this model and family finished."""
        query = select(func.max(runs.c.finished_at, type_=runs.c.finished_at.type)).where(
            runs.c.model == model, runs.c.family == family, runs.c.failure.is_(None)
        )
        with self._database.reading() as connection:
            finished: datetime | None = connection.execute(query).scalar()
            return finished

    def finished_between(self, model: str, families: Sequence[str], start: datetime, end: datetime) -> list[Run]:
        """Runs of these families that finished in this span, ends included, oldest first."""
        query = select(runs).where(
            runs.c.model == model, runs.c.family.in_(families), runs.c.finished_at.between(start, end)
        )
        with self._database.reading() as connection:
            return [_to_run(row) for row in connection.execute(query.order_by(runs.c.id))]

    def since(self, last_id: int) -> list[Run]:
        """Runs recorded after this id, oldest first, by any process."""
        query = select(runs).where(runs.c.id > last_id).order_by(runs.c.id)
        with self._database.reading() as connection:
            return [_to_run(row) for row in connection.execute(query)]

    def page(self, wanted: Wanted, before: int | None, most: int) -> list[Run]:
        """Facts of runs, without their outcomes, newest first, with ids below ``before``."""
        query = select(*_FACTS).where(*_conditions(wanted)).order_by(runs.c.id.desc()).limit(most)
        if before is not None:
            query = query.where(runs.c.id < before)
        with self._database.reading() as connection:
            return [_to_run(row, _NO_OUTCOMES) for row in connection.execute(query)]

    def find(self, ids: Collection[int]) -> dict[int, Run]:
        """The runs with these ids."""
        with self._database.reading() as connection:
            return {row.id: _to_run(row) for row in connection.execute(select(runs).where(runs.c.id.in_(ids)))}

    def last_failures(self) -> dict[tuple[str, str], Run]:
        """The failed run of each (model, family) that finished last, without outcomes."""
        newest = select(func.max(runs.c.id)).where(runs.c.failure.is_not(None)).group_by(runs.c.model, runs.c.family)
        query = select(*_FACTS).where(runs.c.id.in_(newest))
        with self._database.reading() as connection:
            found = [_to_run(row, _NO_OUTCOMES) for row in connection.execute(query)]
        return {(run.model, run.family): run for run in found}

    def between(self, start: datetime, end: datetime) -> Iterator[Run]:
        """Runs whose window ends in (start, end], oldest first."""
        query = select(runs).where(runs.c.window_end > start, runs.c.window_end <= end)
        query = query.order_by(runs.c.window_end, runs.c.id)
        with self._database.reading() as connection:
            for row in connection.execute(query):
                yield _to_run(row)

    def scheduled(self, model: str, baseline: str, start: datetime, end: datetime) -> list[Run]:
        """Successful scheduled runs of a model against a baseline whose window ends in (start, end], oldest first."""
        query = (
            select(runs)
            .where(runs.c.model == model, runs.c.baseline == baseline, runs.c.failure.is_(None))
            .where(runs.c.trigger == "scheduled", runs.c.window_end > start, runs.c.window_end <= end)
            .order_by(runs.c.window_end, runs.c.id)
        )
        with self._database.reading() as connection:
            return [_to_run(row) for row in connection.execute(query)]

    def last_id(self) -> int:
        """Id of the newest run, 0 for none."""
        with self._database.reading() as connection:
            newest: int = connection.execute(select(func.coalesce(func.max(runs.c.id), 0))).scalar_one()
            return newest


def _conditions(wanted: Wanted) -> Iterator[ColumnElement[bool]]:
    for column in (runs.c.model, runs.c.family, runs.c.trigger):
        if (value := getattr(wanted, column.name)) is not None:
            yield column == value
    if wanted.hidden:
        yield runs.c.family.not_in(wanted.hidden)
    if wanted.start is not None:
        yield runs.c.window_end >= wanted.start
    if wanted.end is not None:
        yield runs.c.window_end < wanted.end


def _to_run(row: Row[Any], outcomes: str | None = None) -> Run:
    measurements, not_computed = decode_outcomes(row.outcomes if outcomes is None else outcomes)
    return Run(
        row.model,
        row.model_version,
        row.family,
        Window(row.window_start, row.window_end),
        row.trigger,
        row.started_at,
        row.finished_at,
        row.baseline,
        row.samples,
        measurements,
        not_computed,
        row.failure,
        row.id,
    )
