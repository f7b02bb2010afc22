"""What people do with incidents; every move is kept together with its line in the timeline and the audit log."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from fairlead.app.evidence import Evidence
from fairlead.app.exceptions import grant, withdraw
from fairlead.app.intake import Intake
from fairlead.core import incident as moves
from fairlead.core.access import Caller
from fairlead.core.alert import Alert
from fairlead.core.audit import entry_of
from fairlead.core.fact import Fact
from fairlead.core.incident import Acceptance, Closing, ForbiddenError, Incident, Opening, RefusedError, Status
from fairlead.core.timeline import Answer, Attached, Event, Filter
from fairlead.errors import ForbiddenMoveError, IncidentError, UnknownIncidentError
from fairlead.monitor.check import Clock
from fairlead.store import incidents as store
from fairlead.store.alerts import Alerts
from fairlead.store.audit import Audit
from fairlead.store.database import Database

BASELINE = "baseline"
"""Family of the incidents that document what was done to a baseline."""

Move = Callable[[Incident, datetime], Incident]


class Incidents:
    """The incidents; changed is called after every change, so that it is exposed soon."""

    def __init__(self, database: Database, clock: Clock, changed: Callable[[], None] = lambda: None) -> None:
        self._database, self._clock, self._changed = database, clock, changed
        self._incidents, self._audit = store.Incidents(database), Audit(database)
        self._intake, self._evidence = Intake(database), Evidence(database)

    def receive(
        self, raw: Iterable[Mapping[str, Any]], alerts: Sequence[Alert], receiver: str, by: Caller, now: datetime
    ) -> int:
        """Keep delivered alerts, and what they make of incidents; how many were new."""
        with self._database.writing():
            new = Alerts(self._database).record(raw, receiver, now)
            self._intake.take(alerts, by, now)
        self._changed()
        return new

    def take(self, alerts: Sequence[Alert], by: Caller) -> list[Incident]:
        """Take in alerts that no webhook delivered; incidents that were opened."""
        opened = self._intake.take(alerts, by, self._clock())
        self._changed()
        return opened

    def now(self) -> datetime:
        """By the clock of this process."""
        return self._clock()

    def page(self, wanted: Filter, limit: int, before: int | None = None) -> list[Incident]:
        """Newest first."""
        return self._incidents.page(wanted, limit, before)

    def get(self, number: int, caller: Caller) -> tuple[Incident, list[Attached], list[Event]]:
        """An incident with its alerts and its timeline; a look at fairness is on record."""
        incident = self._found(number)
        if incident.family == "fairness":
            self._audit.add(entry_of(caller, "incident.read", f"incident {incident.name}", self._clock()))
        return incident, self._incidents.alerts(number), self._incidents.timeline(number)

    def holding(self, fingerprint: str) -> Incident | None:
        """The newest one that has this alert."""
        return self._incidents.holding(fingerprint)

    def subject_of(self, fingerprint: str) -> str:
        """The model that an alert without an incident is about; "" where none is known."""
        found = Alerts(self._database).latest(fingerprint) or {}
        return str(found.get("labels", {}).get("model", ""))

    def open(self, opening: Opening, caller: Caller) -> Incident:
        """One that no alert opens; while one of its model and family is not closed, that is the place to act."""
        now = self._clock()
        with self._database.writing():
            other = self._incidents.not_closed(opening.model, opening.family)
            before = self._incidents.latest(opening.model, opening.family)
            try:
                made = self._incidents.add(moves.opened(opening, other, before, now))
            except RefusedError as error:
                raise IncidentError(str(error)) from None
            said = f"by hand: {opening.title}" + (f": {opening.reason}" if opening.reason.strip() else "")
            self._tell(made, caller, "opened", said, now)
        self._changed()
        return made

    def acknowledge(self, number: int, caller: Caller, text: str = "") -> Incident:
        """The first wins; to the same person again it is no mistake."""

        def move(incident: Incident, now: datetime) -> Incident:
            if incident.status is Status.ACKNOWLEDGED and incident.acknowledged_by == caller.name:
                return incident
            return moves.acknowledged(incident, caller.name, now)

        return self._move(number, caller, "acknowledged", move, text, timed=True)

    def assign(self, number: int, caller: Caller, to: str) -> Incident:
        """Say who looks into it."""
        return self._move(number, caller, "assigned", lambda incident, _: moves.assigned(incident, to), to)

    def comment(self, number: int, caller: Caller, text: str) -> Incident:
        """Add to the timeline, also of a closed one."""
        if not text.strip():
            raise IncidentError("text: must be a comment, got nothing")
        with self._database.writing():
            incident = self._found(number)
            self._tell(incident, caller, "commented", text, self._clock())
        return incident

    def resolve(self, number: int, caller: Caller, closing: Closing) -> Incident:
        """It is over."""

        def move(incident: Incident, now: datetime) -> Incident:
            return moves.resolved(incident, caller.name, now, closing)

        said = f"{closing.category or '–'}, {closing.root_cause or '–'}: {closing.resolution or '–'}"
        return self._move(number, caller, "resolved", move, said, timed=True)

    def accept_risk(self, number: int, caller: Caller, acceptance: Acceptance) -> Incident:
        """Live with it for a while: exceptions keep its alerts silent until then."""

        def move(incident: Incident, now: datetime) -> Incident:
            after = moves.accepted(incident, caller, now, acceptance)
            grant(self._database, after, self._incidents.alerts(number), caller, acceptance)
            return after

        until = acceptance.until.astimezone(UTC)
        asked = f"until {until:%Y-%m-%dT%H:%M:%SZ}, requested by {acceptance.requested_by}"
        said = f"{asked}, {acceptance.root_cause}: {acceptance.rationale}"
        return self._move(number, caller, "accepted_risk", move, said, timed=True)

    def reopen(self, number: int, caller: Caller, reason: str) -> Incident:
        """It was not over."""
        if not reason.strip():
            raise IncidentError("reason: must be given, got nothing")

        def move(incident: Incident, now: datetime) -> Incident:
            other = self._incidents.not_closed(incident.model, incident.family)
            if other is not None and other.id != incident.id:
                raise RefusedError(f"status: must be the only open one of its model and family, got {other.name} too")
            after = moves.reopened(incident, now)
            withdraw(self._database, incident, caller, f"{incident.name} was reopened: {reason}", now)
            return after

        return self._move(number, caller, "reopened", move, reason)

    def postmortem(self, number: int, caller: Caller, text: str) -> Incident:
        """What was learnt."""
        return self._move(
            number, caller, "postmortem", lambda incident, now: moves.reviewed(incident, caller.name, now, text), text
        )

    def evidence(self, number: int, caller: Caller) -> bytes:
        """All that is known about it, as a zip; the download is on record."""
        now = self._clock()
        with self._database.writing():
            incident = self._found(number)
            content = self._evidence.bundle(incident, now)
            self._audit.add(entry_of(caller, "incident.evidence", f"incident {incident.name}", now))
        return content

    def document(self, model: str, title: str, text: str, caller: Caller, now: datetime) -> str:
        """Record what was done to a model's baseline: an incident that is acknowledged as it is opened; its name.

        While one is not closed, further ones are lines in its timeline.
        """
        with self._database.writing():
            incident = self._incidents.not_closed(model, BASELINE)
            if incident is None:
                before = self._incidents.latest(model, BASELINE)
                made = Incident(model, BASELINE, "warning", title, now, previous=before.id if before else None)
                incident = self._incidents.add(moves.acknowledged(made, caller.name, now))
                self._tell(incident, caller, "opened", title, now)
            self._tell(incident, caller, "documented", f"{title}: {text}", now)
        self._changed()
        return incident.name

    def facts(self) -> list[Fact]:
        """Gauges of what is not closed, of post-mortems that are owed, and of when the last one was closed."""
        facts = [fact for incident in self._incidents.exposed() for fact in _facts(incident)]
        for (model, family), moment in self._incidents.closings().items():
            labels = (("model", model), ("family", family))
            facts.append(Fact("fairlead_incident_closed_timestamp_seconds", labels, moment.timestamp()))
        return facts

    def answers(self, after: int) -> list[Answer]:
        """What is counted of the timelines."""
        return self._incidents.answers(after)

    def _found(self, number: int) -> Incident:
        try:
            return self._incidents.get(number)
        except LookupError:
            raise UnknownIncidentError(f"incident: must be a known one, got INC-{number}") from None

    def _move(self, number: int, caller: Caller, what: str, move: Move, text: str, *, timed: bool = False) -> Incident:
        """Make a move, unless it is not allowed; one that changes nothing leaves no trace."""
        now = self._clock()
        with self._database.writing():
            before = self._found(number)
            try:
                after = move(before, now)
            except ForbiddenError as error:
                raise ForbiddenMoveError(f"{before.name}: {error}") from None
            except RefusedError as error:
                raise IncidentError(f"{before.name}: {error}") from None
            if after == before:
                return before
            self._incidents.save(after)
            since = before.clock if what == "acknowledged" else before.opened_at
            seconds = max((now - since).total_seconds(), 0.0) if timed else None
            self._tell(after, caller, what, text, now, seconds=seconds)
        self._changed()
        return self._found(number)

    def _tell(
        self, incident: Incident, caller: Caller, what: str, text: str, now: datetime, *, seconds: float | None = None
    ) -> None:
        role = caller.role.value
        self._incidents.note(Event(incident.id, now, caller.name, role, what, text, incident.severity, seconds))
        self._audit.add(entry_of(caller, f"incident.{what}", f"incident {incident.name}", now, text=text))


def _facts(incident: Incident) -> list[Fact]:
    labels = (
        ("incident", incident.name),
        ("model", incident.model),
        ("family", incident.family),
        ("severity", incident.severity),
    )
    moments = {} if incident.closed else {
        "opened": incident.clock,
        "acknowledged": incident.acknowledged_at,
        "recovered": incident.recovered_at,
    }  # fmt: skip
    if incident.postmortem_at is None:
        moments["postmortem_due"] = incident.postmortem_due
    facts = [
        Fact(f"fairlead_incident_{name}_timestamp_seconds", labels, moment.timestamp())
        for name, moment in moments.items()
        if moment is not None
    ]
    if not incident.closed:
        facts.append(Fact("fairlead_incident_info", (*labels, ("status", incident.status.value)), 1.0))
    return facts
