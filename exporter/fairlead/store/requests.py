"""Requests of analyses on demand: kept until they are done, whatever becomes of the process that took them up."""

import json
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Row, func, select, update

from fairlead.core.request import Request
from fairlead.store.codec import storable
from fairlead.store.database import Database
from fairlead.store.tables import requests

UNFINISHED = ("pending", "running")


class Requests:
    """The requests in the store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(
        self,
        models: Sequence[str],
        families: Sequence[str],
        as_of: datetime | None,
        *,
        requested_by: str,
        now: datetime,
        most: int,
    ) -> tuple[int, bool] | None:
        """Id of the request and whether it is new: an equal one that waits is the same. None when ``most`` wait.

        Without ``as_of`` the windows end now.
        """
        wanted = json.dumps([list(models), list(families), as_of and as_of.timestamp()])
        pending = requests.c.status == "pending"
        with self._database.writing() as connection:
            same = select(requests.c.id).where(pending, requests.c.wanted == wanted)
            if (found := connection.execute(same).scalar()) is not None:
                return found, False
            if connection.execute(select(func.count()).where(pending)).scalar_one() >= most:
                return None
            values = {
                "wanted": wanted,
                "models": json.dumps(list(models)),
                "families": json.dumps(list(families)),
                "as_of": as_of or now,
                "requested_by": storable(requested_by)[:256],
                "requested_at": now,
                "status": "pending",
                "tries": 0,
                "done": "[]",
                "runs": "[]",
            }
            return connection.execute(requests.insert().values(values).returning(requests.c.id)).scalar_one(), True

    def get(self, number: int) -> Request | None:
        """One request."""
        with self._database.reading() as connection:
            row = connection.execute(select(requests).where(requests.c.id == number)).one_or_none()
        return None if row is None else _to_request(row)

    def unfinished(self) -> list[Request]:
        """Those that wait or run, oldest first."""
        query = select(requests).where(requests.c.status.in_(UNFINISHED)).order_by(requests.c.id)
        with self._database.reading() as connection:
            return [_to_request(row) for row in connection.execute(query)]

    def start(self, number: int, now: datetime) -> None:
        """It runs: one try more."""
        again = {"status": "running", "tries": requests.c.tries + 1}
        self._change(number, **again, started_at=func.coalesce(requests.c.started_at, now))

    def put_back(self, number: int) -> None:
        """It waits again; that was no try."""
        self._change(number, status="pending", tries=requests.c.tries - 1)

    def keep(self, request: Request, model: str, runs: Sequence[int]) -> Request:
        """The request with one model done."""
        done, ids = (*request.done, model), (*request.runs, *runs)
        self._change(request.id, done=json.dumps(done), runs=json.dumps(ids))
        found = self.get(request.id)
        assert found is not None  # noqa: S101 - requests stay
        return found

    def finish(self, number: int, now: datetime, failure: str | None) -> None:
        """It is done, or failed for a reason."""
        text = None if failure is None else storable(failure)
        self._change(number, status="failed" if text else "done", finished_at=now, failure=text)

    def _change(self, number: int, **values: object) -> None:
        with self._database.writing() as connection:
            connection.execute(update(requests).where(requests.c.id == number).values(**values))


def _to_request(row: Row[tuple[object, ...]]) -> Request:
    return Request(
        row.id,
        tuple(json.loads(row.models)),
        tuple(json.loads(row.families)),
        row.as_of,
        row.requested_by,
        row.requested_at,
        row.status,
        row.tries,
        row.started_at,
        row.finished_at,
        row.failure,
        tuple(json.loads(row.done)),
        tuple(json.loads(row.runs)),
    )
