"""Runs with their measurements: written whole, never changed."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Row, func, select

from fairlead.core.plan import Window
from fairlead.core.run import Run
from fairlead.store.codec import decode_outcomes, encode_outcomes, storable
from fairlead.store.database import Database
from fairlead.store.tables import runs


class Runs:
    """The runs in the store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(self, finished: Iterable[Run]) -> None:
        """Keep these runs, all or none."""
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
        if rows:
            with self._database.writing() as connection:
                connection.execute(runs.insert(), rows)

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

    def last_windows(self) -> dict[tuple[str, str], datetime]:
        """The last window end that a scheduled run of each (model, family) has analysed."""
        query = (
            select(runs.c.model, runs.c.family, func.max(runs.c.window_end, type_=runs.c.window_end.type))
            .where(runs.c.failure.is_(None), runs.c.trigger == "scheduled")
            .group_by(runs.c.model, runs.c.family)
        )
        with self._database.reading() as connection:
            return {(row[0], row[1]): row[2] for row in connection.execute(query)}

    def since(self, last_id: int) -> list[Run]:
        """Runs recorded after this id, oldest first, by any process."""
        query = select(runs).where(runs.c.id > last_id).order_by(runs.c.id)
        with self._database.reading() as connection:
            return [_to_run(row) for row in connection.execute(query)]

    def last_id(self) -> int:
        """Id of the newest run, 0 for none."""
        with self._database.reading() as connection:
            newest: int = connection.execute(select(func.coalesce(func.max(runs.c.id), 0))).scalar_one()
            return newest


def _to_run(row: Row[tuple[object, ...]]) -> Run:
    measurements, not_computed = decode_outcomes(row.outcomes)
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
