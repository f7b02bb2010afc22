"""Alerts as Alertmanager's webhook delivered them."""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from fairlead.store.codec import storable
from fairlead.store.database import Database
from fairlead.store.tables import alerts


class Alerts:
    """The received alerts in the store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(self, received: Iterable[Mapping[str, Any]], receiver: str, now: datetime) -> int:
        """Keep the alerts that are not kept yet (by fingerprint, start and status); how many were new."""
        sender = storable(receiver)[:128]
        with self._database.writing() as connection:
            new = 0
            for alert in received:
                key = {
                    "fingerprint": alert["fingerprint"],
                    "starts_at": storable(alert["startsAt"])[:40],
                    "status": alert["status"],
                }
                found = select(func.count()).select_from(alerts).filter_by(**key)
                if connection.execute(found).scalar_one():
                    continue
                content = json.dumps(alert, ensure_ascii=False, sort_keys=True)
                connection.execute(alerts.insert().values(**key, received_at=now, receiver=sender, content=content))
                new += 1
            return new

    def latest(self, fingerprint: str) -> dict[str, Any] | None:
        """What was delivered last of the alert with this fingerprint."""
        query = select(alerts.c.content).filter_by(fingerprint=fingerprint).order_by(alerts.c.id.desc()).limit(1)
        with self._database.reading() as connection:
            found = connection.execute(query).scalar()
        return None if found is None else json.loads(found)

    def list(self) -> list[dict[str, Any]]:
        """All alerts, oldest first."""
        query = select(alerts.c.content).order_by(alerts.c.id)
        with self._database.reading() as connection:
            return [json.loads(content) for content in connection.execute(query).scalars()]

    def warnings(self, before: datetime) -> Iterator[dict[str, Any]]:
        """WARNINGs that were received before a moment, oldest first."""
        about = alerts.c.content.contains('"severity": "warning"', autoescape=True)
        query = select(alerts.c.content).where(about, alerts.c.received_at < before).order_by(alerts.c.id)
        with self._database.reading() as connection:
            for content in connection.execute(query).scalars():
                yield json.loads(content)
