"""Incidents, the alerts that belong to them, and their timelines. Nothing of them is ever deleted."""

import json
import re
from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, select

from fairlead.core.alert import Alert
from fairlead.core.incident import CLOSED, Category, Incident, RootCause, Status
from fairlead.core.timeline import Answer, Attached, Event, Filter
from fairlead.store.codec import storable
from fairlead.store.database import Database
from fairlead.store.tables import audit, incident_alerts, incident_timeline, incidents

_CLOSED = [status.value for status in CLOSED]
READS = ("incident.read", "incident.evidence")
"""Actions in the audit log that change nothing."""
_TEXTS = {"title": None, "resolution": None}
_PEOPLE = dict.fromkeys(("acknowledged_by", "assigned_to", "resolved_by", "requested_by", "postmortem_by"), 256)


class Incidents:
    """The incidents in the store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, incident: Incident) -> Incident:
        """Keep a new one; with its id."""
        with self._database.writing() as connection:
            added = connection.execute(incidents.insert().values(**_values(incident)))
            assert added.inserted_primary_key is not None  # noqa: S101 - an insert of one row
            return self.get(added.inserted_primary_key[0])

    def save(self, incident: Incident) -> None:
        """Keep what has become of one."""
        with self._database.writing() as connection:
            mine = incidents.c.id == incident.id
            connection.execute(incidents.update().where(mine).values(**_values(incident)))

    def get(self, number: int) -> Incident:
        """The one with this id; LookupError for none."""
        with self._database.reading() as connection:
            row = connection.execute(select(incidents).where(incidents.c.id == number)).one_or_none()
        if row is None:
            raise LookupError(number)
        return _to_incident(row)

    def named(self, name: str) -> Incident | None:
        """The one that people call so."""
        number = re.fullmatch(r"INC-([1-9][0-9]{0,8})", name)
        try:
            return self.get(int(number[1])) if number else None
        except LookupError:
            return None

    def during(self, start: datetime, end: datetime) -> list[Incident]:
        """Those that began by the end and were not closed by the start, oldest first."""
        went_on = incidents.c.resolved_at.is_(None) | (incidents.c.resolved_at > start)
        query = select(incidents).where(incidents.c.opened_at <= end, went_on).order_by(incidents.c.id)
        with self._database.reading() as connection:
            return [_to_incident(row) for row in connection.execute(query)]

    def not_closed(self, model: str, family: str) -> Incident | None:
        """The one that is open or acknowledged."""
        query = select(incidents).where(*_about(model, family), incidents.c.status.not_in(_CLOSED))
        return self._first(query)

    def latest(self, model: str, family: str) -> Incident | None:
        """The newest one, closed or not."""
        return self._first(select(incidents).where(*_about(model, family)).order_by(incidents.c.id.desc()))

    def _first(self, query: Any) -> Incident | None:
        with self._database.reading() as connection:
            row = connection.execute(query.limit(1)).first()
        return None if row is None else _to_incident(row)

    def exposed(self) -> list[Incident]:
        """Those that are not closed, and those whose post-mortem is not written, oldest first."""
        owed = incidents.c.postmortem_due.is_not(None) & incidents.c.postmortem_at.is_(None)
        query = select(incidents).where(incidents.c.status.not_in(_CLOSED) | owed).order_by(incidents.c.id)
        with self._database.reading() as connection:
            return [_to_incident(row) for row in connection.execute(query)]

    def closings(self) -> dict[tuple[str, str], datetime]:
        """When the last closed incident of each (model, family) was closed."""
        newest = func.max(incidents.c.resolved_at, type_=incidents.c.resolved_at.type)
        query = select(incidents.c.model, incidents.c.family, newest).where(incidents.c.status.in_(_CLOSED))
        with self._database.reading() as connection:
            found = connection.execute(query.group_by(incidents.c.model, incidents.c.family)).all()
        return {(row[0], row[1]): row[2] for row in found}

    def page(self, wanted: Filter, limit: int, before: int | None = None) -> list[Incident]:
        """Newest first, so many, of those with an id below."""
        query = select(incidents).order_by(incidents.c.id.desc()).limit(limit)
        if wanted.status:
            query = query.where(incidents.c.status.in_(wanted.status))
        for column in ("model", "family", "severity"):
            if (value := getattr(wanted, column)) is not None:
                query = query.where(incidents.c[column] == value)
        if before is not None:
            query = query.where(incidents.c.id < before)
        with self._database.reading() as connection:
            return [_to_incident(row) for row in connection.execute(query)]

    def attach(self, incident: int, alert: Alert) -> None:
        """Keep an alert as one of the incident's."""
        with self._database.writing() as connection:
            connection.execute(
                incident_alerts.insert().values(
                    incident=incident,
                    fingerprint=alert.fingerprint,
                    severity=kept(alert.severity, 16),
                    labels=_json(alert.labels),
                    annotations=_json(alert.annotations),
                    first_at=alert.starts_at,
                    starts_at=alert.starts_at,
                    ends_at=alert.ends_at,
                )
            )

    def set_alert(self, alert: Attached) -> None:
        """Keep when it began and ended."""
        mine = (incident_alerts.c.incident == alert.incident, incident_alerts.c.fingerprint == alert.fingerprint)
        changed = {"first_at": alert.first_at, "starts_at": alert.starts_at, "ends_at": alert.ends_at}
        with self._database.writing() as connection:
            connection.execute(incident_alerts.update().where(*mine).values(**changed))

    def known(self, alert: Alert, before: int | None = None) -> Attached | None:
        """The alert as the newest incident of its model and family knows it, or the newest one before another."""
        query = (
            select(incident_alerts)
            .join(incidents, incidents.c.id == incident_alerts.c.incident)
            .where(incident_alerts.c.fingerprint == alert.fingerprint, *_about(alert.model, alert.family))
            .order_by(incident_alerts.c.incident.desc())
        )
        if before is not None:
            query = query.where(incident_alerts.c.incident < before)
        with self._database.reading() as connection:
            row = connection.execute(query.limit(1)).first()
        return None if row is None else _to_attached(row)

    def holding(self, fingerprint: str) -> Incident | None:
        """The newest one that has this alert."""
        query = (
            select(incidents)
            .join(incident_alerts, incidents.c.id == incident_alerts.c.incident)
            .where(incident_alerts.c.fingerprint == fingerprint)
            .order_by(incidents.c.id.desc())
        )
        return self._first(query)

    def alerts(self, incident: int) -> list[Attached]:
        """Alerts of an incident in the order in which it heard of them."""
        query = select(incident_alerts).where(incident_alerts.c.incident == incident).order_by(incident_alerts.c.id)
        with self._database.reading() as connection:
            return [_to_attached(row) for row in connection.execute(query)]

    def firing(self) -> list[Attached]:
        """Alerts that fired when last heard of, whatever became of their incidents."""
        query = select(incident_alerts).where(incident_alerts.c.ends_at.is_(None)).order_by(incident_alerts.c.id)
        with self._database.reading() as connection:
            return [_to_attached(row) for row in connection.execute(query)]

    def note(self, event: Event) -> None:
        """Add a line to a timeline."""
        values = {field.name: getattr(event, field.name) for field in fields(Event) if field.name != "id"}
        values |= {"actor": kept(event.actor, 256), "text": kept(event.text)}
        with self._database.writing() as connection:
            connection.execute(incident_timeline.insert().values(**values))

    def timeline(self, incident: int) -> list[Event]:
        """Its lines, oldest first."""
        mine = incident_timeline.c.incident == incident
        with self._database.reading() as connection:
            rows = connection.execute(select(incident_timeline).where(mine).order_by(incident_timeline.c.id))
            return [Event(**{field.name: getattr(row, field.name) for field in fields(Event)}) for row in rows]

    def answers(self, after: int) -> list[Answer]:
        """Openings, acknowledgements and closings in the lines after this one, oldest first."""
        line = incident_timeline.c
        query = (
            select(line.id, line.what, incidents.c.family, line.severity, line.seconds)
            .join(incidents, incidents.c.id == line.incident)
            .where(line.what.in_(("opened", "acknowledged", "resolved", "accepted_risk")), line.id > after)
            .order_by(line.id)
        )
        with self._database.reading() as connection:
            return [Answer(*row) for row in connection.execute(query)]

    def audited(self, incident: Incident) -> tuple[int, str] | None:
        """Number and hash of the newest entry of the audit log that is an action on it."""
        about = (audit.c.subject == f"incident {incident.name}", audit.c.action.not_in(READS))
        query = select(audit.c.id, audit.c.hash).where(*about).order_by(audit.c.id.desc()).limit(1)
        with self._database.reading() as connection:
            row = connection.execute(query).first()
        return None if row is None else (row.id, row.hash)


def kept(text: str, most: int | None = None) -> str:
    """The text as both databases can keep it, and so much of it."""
    return storable(text)[:most]


def _about(model: str, family: str) -> tuple[Any, Any]:
    return incidents.c.model == kept(model, 128), incidents.c.family == kept(family, 64)


def _values(incident: Incident) -> dict[str, Any]:
    values = {field.name: getattr(incident, field.name) for field in fields(Incident) if field.name != "id"}
    for name, most in (_TEXTS | _PEOPLE).items():
        if values[name] is not None:
            values[name] = kept(values[name], most)
    for name in ("status", "root_cause", "category"):
        values[name] = None if values[name] is None else values[name].value
    return values | {"model": kept(incident.model, 128), "family": kept(incident.family, 64)}


def _to_incident(row: Row[Any]) -> Incident:
    values = {field.name: getattr(row, field.name) for field in fields(Incident)}
    values["status"] = Status(row.status)
    values["root_cause"] = RootCause(row.root_cause) if row.root_cause else None
    values["category"] = Category(row.category) if row.category else None
    return Incident(**values)


def _to_attached(row: Row[Any]) -> Attached:
    values = {field.name: getattr(row, field.name) for field in fields(Attached) if field.name != "firing"}
    return Attached(**{**values, "labels": json.loads(row.labels), "annotations": json.loads(row.annotations)})


def _json(content: Mapping[str, str]) -> str:
    return json.dumps({kept(name): kept(value) for name, value in content.items()}, sort_keys=True)
