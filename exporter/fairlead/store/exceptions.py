"""Accepted risks. Nothing of them is ever deleted."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, or_, select

from fairlead.core.exception import Exemption, Filter, Standing, Subject
from fairlead.store.codec import storable
from fairlead.store.database import Database
from fairlead.store.tables import exceptions

_SUBJECT = tuple(field.name for field in fields(Subject))
_OWN = tuple(field.name for field in fields(Exemption) if field.name not in ("id", "subject"))
_TEXTS = {"rationale": None, "decision": None, "revoked_because": None}
_PEOPLE = dict.fromkeys(("requested_by", "decided_by", "revoked_by"), 256)


class Exceptions:
    """The exemptions in the store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, exemption: Exemption) -> Exemption:
        """Keep a new one; with its id."""
        with self._database.writing() as connection:
            added = connection.execute(exceptions.insert().values(**_values(exemption)))
            assert added.inserted_primary_key is not None  # noqa: S101 - an insert of one row
            return self.get(added.inserted_primary_key[0])

    def save(self, exemption: Exemption) -> None:
        """Keep what has become of one."""
        with self._database.writing() as connection:
            mine = exceptions.c.id == exemption.id
            connection.execute(exceptions.update().where(mine).values(**_values(exemption)))

    def get(self, number: int) -> Exemption:
        """The one with this id; LookupError for none."""
        found = self._all(select(exceptions).where(exceptions.c.id == number))
        if not found:
            raise LookupError(number)
        return found[0]

    def page(self, wanted: Filter, now: datetime, limit: int, before: int | None = None) -> list[Exemption]:
        """Newest first, so many, of those with an id below; where each stands now."""
        query = select(exceptions).order_by(exceptions.c.id.desc()).limit(limit)
        if wanted.status:
            query = query.where(or_(*(_stands(standing, now) for standing in wanted.status)))
        for column in ("model", "metric"):
            if (value := getattr(wanted, column)) is not None:
                query = query.where(exceptions.c[column] == value)
        if before is not None:
            query = query.where(exceptions.c.id < before)
        return self._all(query)

    def active(self, now: datetime) -> list[Exemption]:
        """Those that keep alerts silent now, oldest first."""
        return self._all(select(exceptions).where(_stands(Standing.APPROVED, now)).order_by(exceptions.c.id))

    def waiting(self, subject: Subject, now: datetime) -> Exemption | None:
        """A request about the same that nobody has decided about."""
        about = [exceptions.c[name] == storable(getattr(subject, name)) for name in _SUBJECT]
        found = self._all(select(exceptions).where(_stands(Standing.REQUESTED, now), *about))
        return found[0] if found else None

    def of_incident(self, incident: int) -> list[Exemption]:
        """Those that were made when the risk of this incident was accepted."""
        return self._all(select(exceptions).where(exceptions.c.incident == incident).order_by(exceptions.c.id))

    def covering(self, labels: Mapping[str, str]) -> list[Exemption]:
        """Those about an alert with these labels that were approved, whatever became of them."""
        about = [exceptions.c[name] == storable(labels.get(name, "")) for name in ("model", "metric")]
        approved = exceptions.c.decided_at.is_not(None) & (exceptions.c.status != Standing.REFUSED.value)
        found = self._all(select(exceptions).where(*about, approved))
        return [one for one in found if one.subject.covers(labels)]

    def _all(self, query: Select[Any]) -> list[Exemption]:
        with self._database.reading() as connection:
            return [_to_exemption(row) for row in connection.execute(query)]


def _stands(standing: Standing, now: datetime) -> ColumnElement[bool]:
    """The same as `Exemption.standing`, for the database."""
    timed = exceptions.c.status.in_((Standing.REQUESTED.value, Standing.APPROVED.value))
    if standing is Standing.EXPIRED:
        return and_(timed, exceptions.c.until <= now)
    own = exceptions.c.status == standing.value
    return and_(own, exceptions.c.until > now) if standing in (Standing.REQUESTED, Standing.APPROVED) else own


def _values(exemption: Exemption) -> dict[str, Any]:
    values = {name: getattr(exemption, name) for name in _OWN}
    for name, most in (_TEXTS | _PEOPLE).items():
        if values[name] is not None:
            values[name] = storable(values[name])[:most]
    subject = {name: storable(getattr(exemption.subject, name)) for name in _SUBJECT}
    return {**values, **subject, "status": exemption.status.value}


def _to_exemption(row: Row[Any]) -> Exemption:
    values = {name: getattr(row, name) for name in (*_OWN, "id")}
    subject = Subject(*(getattr(row, name) for name in _SUBJECT))
    return Exemption(**{**values, "subject": subject, "status": Standing(row.status)})
