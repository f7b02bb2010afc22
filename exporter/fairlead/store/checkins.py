"""Check-ins: what each of them last reported."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from fairlead.store.database import Database
from fairlead.store.tables import checkins


@dataclass(frozen=True, slots=True)
class Reported:
    """since: when fairlead began to wait for it. status and message are those of the last report, if there was one."""

    name: str
    since: datetime
    ok_at: datetime | None = None
    failed_at: datetime | None = None
    status: str | None = None
    message: str | None = None
    reported_by: str | None = None


class Checkins:
    """The check-ins in the store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def expect(self, names: Iterable[str], now: datetime) -> None:
        """Wait for these from now on, unless fairlead does so already."""
        known = self.all()
        missing = [{"name": name, "since": now} for name in names if name not in known]
        if missing:
            with self._database.writing() as connection:
                known = self.all()  # another process may have been faster
                for row in missing:
                    if row["name"] not in known:
                        connection.execute(checkins.insert().values(**row))

    def report(self, name: str, status: str, message: str, reported_by: str, now: datetime) -> None:
        """Keep what one of them reports."""
        moment = "ok_at" if status == "ok" else "failed_at"
        with self._database.writing() as connection:
            connection.execute(
                checkins.update()
                .where(checkins.c.name == name)
                .values(status=status, message=message, reported_by=reported_by, **{moment: now})
            )

    def all(self) -> dict[str, Reported]:
        """By name."""
        with self._database.reading() as connection:
            rows = connection.execute(select(checkins)).mappings()
            return {row["name"]: Reported(**row) for row in rows}
