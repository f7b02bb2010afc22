"""Alerts become incidents: one per model and family while it is not closed, whatever is delivered how often."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from fairlead.core.access import Caller
from fairlead.core.alert import Alert, opens
from fairlead.core.audit import entry_of
from fairlead.core.families import FAMILIES
from fairlead.core.incident import (
    Incident,
    Seen,
    Status,
    goes_on,
    is_news,
    joined,
    recovered,
    reopened,
)
from fairlead.core.timeline import Attached, Event
from fairlead.store.audit import Audit
from fairlead.store.database import Database
from fairlead.store.exceptions import Exceptions
from fairlead.store.incidents import Incidents
from fairlead.store.runs import Runs


class Intake:
    """Takes in alerts, in any order and any number of times. What says nothing new writes nothing."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._incidents, self._runs, self._audit = Incidents(database), Runs(database), Audit(database)
        self._exceptions = Exceptions(database)

    def take(self, alerts: Iterable[Alert], by: Caller, now: datetime) -> list[Incident]:
        """All or none, the earliest first; incidents that were opened."""
        wanted = [alert for alert in alerts if opens(alert.labels) and not self._is_known(alert)]
        if not wanted:
            return []
        news: list[Incident] = []
        with self._database.writing():
            for alert in sorted(wanted, key=lambda one: (one.starts_at, one.fingerprint, not one.firing)):
                news += self._one(alert, by, now)
        return news

    def _is_known(self, alert: Alert) -> bool:
        """Whether an incident that is not closed knows all of it: most of what is delivered, and nobody has to wait."""
        known = self._incidents.known(alert)
        if known is None or alert.firing != known.firing or not known.first_at <= alert.starts_at <= known.starts_at:
            return False
        return not self._incidents.get(known.incident).closed

    def _one(self, alert: Alert, by: Caller, now: datetime) -> list[Incident]:
        if not alert.firing:
            alert = replace(alert, ends_at=min(alert.ends_at or now, now))
        known, accepted = self._incidents.known(alert), self._accepted_until(alert)
        if known is None:
            return [] if accepted > now else self._admit(replace(alert, starts_at=accepted), by, now)
        incident = self._incidents.get(known.incident)
        if not incident.closed:
            alert = replace(alert, starts_at=max(alert.starts_at, min(known.first_at, accepted)))
            self._again(incident, known, alert, by, now)
            return []
        if alert.firing and accepted <= now and self._is_news(incident, known, alert, now):
            return self._return(incident, known, alert, by, now)
        self._heard(known, alert)
        return []

    def _accepted_until(self, alert: Alert) -> datetime:
        """When the last exception ends or ended that keeps such an alert silent: before, nobody had to answer."""
        return max([alert.starts_at, *(one.ends_at for one in self._exceptions.covering(alert.labels))])

    def _is_news(self, closed: Incident, known: Attached, alert: Alert, now: datetime) -> bool:
        analysed = self._runs.last_success(closed.model, closed.family)
        seen = Seen(known.firing)
        analyses = closed.family in FAMILIES
        return is_news(closed, seen, alert.starts_at, analysed=analysed, analyses=analyses, now=now)

    def _admit(self, alert: Alert, by: Caller, now: datetime) -> list[Incident]:
        """An alert that no incident knows, or that comes back: it joins the one there is, or opens one."""
        incident = self._incidents.not_closed(alert.model, alert.family)
        opened = []
        if incident is None:
            before = self._incidents.latest(alert.model, alert.family)
            made = Incident(
                alert.model,
                alert.family,
                alert.severity,
                alert.title,
                alert.starts_at,
                previous=before.id if before else None,
            )
            incident = self._incidents.add(made)
            opened.append(incident)
            self._tell(incident, "opened", _said(alert), by, now)
        else:
            self._tell(incident, "joined", _said(alert), by, now)
        self._incidents.attach(incident.id, alert)
        self._settle(incident, alert, by, now)
        return opened

    def _again(self, incident: Incident, known: Attached, alert: Alert, by: Caller, now: datetime) -> None:
        """More of an alert that an incident knows."""
        if incident.previous is not None and (before := self._incidents.known(alert, incident.id)):
            closed = self._incidents.get(before.incident)  # what went on while it was another's is not this one's
            alert = replace(alert, starts_at=max(alert.starts_at, closed.until or alert.starts_at))
        if self._heard(known, alert):
            self._settle(incident, alert, by, now)

    def _return(self, closed: Incident, known: Attached, alert: Alert, by: Caller, now: datetime) -> list[Incident]:
        """An alert of a closed incident that fires: what went on reopens it, what is new links to it."""
        current = self._incidents.not_closed(closed.model, closed.family)
        same = goes_on(closed, Seen(known.firing), alert.starts_at)
        if current is None and closed.status is Status.RESOLVED and same:
            self._heard(known, alert)
            again = reopened(closed, now)
            self._incidents.save(again)
            self._tell(again, "reopened", f"still fires: {_said(alert)}", by, now)
            return [again]
        return self._admit(replace(alert, starts_at=max(alert.starts_at, closed.until or now)), by, now)

    def _heard(self, known: Attached, alert: Alert) -> bool:
        """Note when an alert began and ended; whether that is anything new. What is older than known only dates it."""
        heard = replace(known, first_at=min(known.first_at, alert.starts_at))
        if (alert.starts_at >= known.starts_at and alert.firing != known.firing) or alert.starts_at > known.starts_at:
            heard = replace(heard, starts_at=alert.starts_at, ends_at=alert.ends_at)
        if heard != known:
            self._incidents.set_alert(heard)
        return heard.firing != known.firing or heard.first_at != known.first_at

    def _settle(self, incident: Incident, alert: Alert, by: Caller, now: datetime) -> None:
        """What its alerts make of an incident, after one of them changed."""
        alerts = self._incidents.alerts(incident.id)
        after = joined(incident, alert.severity, min(one.first_at for one in alerts))
        ends = [one.ends_at for one in alerts if one.ends_at is not None]
        if len(ends) == len(alerts):
            after = recovered(after, max(ends))
        if after == incident:
            return
        self._incidents.save(after)
        if after.severity != incident.severity:
            again = ", and waits for an acknowledgement again" if incident.status is not after.status else ""
            self._tell(after, "raised", f"from {incident.severity} to {after.severity}{again}", by, now)
        if after.recovered_at and not incident.recovered_at:
            self._tell(after, "recovered", "no alert fires any more", by, now)
        if incident.recovered_at and not after.recovered_at:
            self._tell(after, "refired", _said(alert), by, now)

    def _tell(self, incident: Incident, what: str, text: str, by: Caller, now: datetime) -> None:
        """A line in the timeline, and an entry in the audit log."""
        self._incidents.note(Event(incident.id, now, by.name, by.role.value, what, text, incident.severity))
        self._audit.add(entry_of(by, f"incident.{what}", f"incident {incident.name}", now, text=text))


def _said(alert: Alert) -> str:
    """Which alert, and what is odd about it."""
    apart = {"alertname", "model", "family"}
    labels = ", ".join(f"{name}={value}" for name, value in sorted(alert.labels.items()) if name not in apart)
    said = f"{alert.labels.get('alertname', 'alert')} ({labels}) began {alert.starts_at:%Y-%m-%dT%H:%M:%SZ}"
    return f"{said}; {alert.note}" if alert.note else said
