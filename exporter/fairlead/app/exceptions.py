"""Accepted risks: who asks, who decides, and what follows for alerts; every move is kept with its audit entry."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime

from fairlead.core import exception as moves
from fairlead.core import incident as incidents
from fairlead.core.access import Caller
from fairlead.core.audit import entry_of
from fairlead.core.exception import Exemption, Filter, Standing, Subject
from fairlead.core.fact import Fact
from fairlead.core.incident import Acceptance, ForbiddenError, Incident, RefusedError
from fairlead.core.thresholds import COMPARISONS
from fairlead.core.timeline import Attached, Event
from fairlead.errors import ExemptionError, ForbiddenExemptionError, UnknownExemptionError
from fairlead.exposition.fragment import MAX_LABEL, clean
from fairlead.monitor.check import Clock
from fairlead.store.audit import Audit
from fairlead.store.database import Database
from fairlead.store.exceptions import Exceptions as Kept
from fairlead.store.incidents import Incidents

Move = Callable[[Exemption, datetime], Exemption]


class Exceptions:
    """The exceptions; changed is called once a change is committed: it is exposed, and alerts fall silent, soon."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        models: Callable[[], Collection[str]],
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        self._database, self._clock, self._models, self._changed = database, clock, models, changed
        self._kept, self._audit = Kept(database), Audit(database)

    def now(self) -> datetime:
        """By the clock of this process."""
        return self._clock()

    def page(self, wanted: Filter, limit: int, before: int | None = None) -> list[Exemption]:
        """Newest first, each as it stands now."""
        now = self._clock()
        return [replace(one, status=one.standing(now)) for one in self._kept.page(wanted, now, limit, before)]

    def request(self, caller: Caller, subject: Subject, rationale: str, until: datetime) -> Exemption:
        """Ask to live with what a metric of a model says."""
        now, subject = self._clock(), as_exposed(subject)
        if subject.model not in {as_label(model) for model in self._models()}:
            raise ExemptionError(f"model: must be a configured model, got {subject.model!r}")
        with self._database.writing():
            waiting = self._kept.waiting(subject, now)
            if waiting is not None:
                raise ExemptionError(f"exception: must be asked for once, got {waiting.name}, which waits too")
            try:
                made = self._kept.add(moves.requested(subject, rationale, caller.name, until, now))
            except RefusedError as error:
                raise ExemptionError(str(error)) from None
            self._tell(made, caller, "request", now, rationale, until=moment(until))
        return made

    def approve(self, number: int, caller: Caller, note: str = "") -> Exemption:
        """Agree; its alerts are silent from now on."""
        return self._move(number, caller, "approve", note, lambda one, now: moves.approved(one, caller, now, note))

    def refuse(self, number: int, caller: Caller, reason: str) -> Exemption:
        """Say no."""
        return self._move(number, caller, "refuse", reason, lambda one, now: moves.refused(one, caller, now, reason))

    def revoke(self, number: int, caller: Caller, reason: str) -> Exemption:
        """End it before its time; what was accepted of an incident is not accepted any more."""
        return self._move(
            number, caller, "revoke", reason, lambda one, now: moves.revoked(one, caller.name, now, reason)
        )

    def published(self) -> None:
        """Expose and carry out what was changed, once it is committed."""
        self._changed()

    def facts(self) -> list[Fact]:
        """Gauges of those that keep alerts silent now."""
        return [
            Fact(
                "fairlead_exception_expires_timestamp_seconds",
                (
                    ("exception", one.name),
                    ("model", one.subject.model),
                    ("metric", one.subject.metric),
                    ("family", one.subject.family),
                    ("feature", one.subject.feature),
                    ("attribute", one.subject.attribute),
                ),
                one.until.timestamp(),
            )
            for one in self._kept.active(self._clock())
        ]

    def _move(self, number: int, caller: Caller, what: str, text: str, move: Move) -> Exemption:
        now = self._clock()
        with self._database.writing():
            try:
                before = self._kept.get(number)
            except LookupError:
                raise UnknownExemptionError(f"exception: must be a known one, got EXC-{number}") from None
            try:
                after = move(before, now)
            except ForbiddenError as error:
                raise ForbiddenExemptionError(f"{before.name}: {error}") from None
            except RefusedError as error:
                raise ExemptionError(f"{before.name}: {error}") from None
            self._kept.save(after)
            self._tell(after, caller, what, now, text)
            if after.status is Standing.REVOKED and after.incident is not None:
                _lapse(self._database, after, caller, now)
        return self._kept.get(number)

    def _tell(self, one: Exemption, caller: Caller, what: str, now: datetime, text: str, **more: object) -> None:
        subject = one.subject.labels
        entry = entry_of(caller, f"exception.{what}", f"exception {one.name}", now, text=text, **subject, **more)
        self._audit.add(entry)


def grant(
    database: Database, incident: Incident, alerts: Iterable[Attached], caller: Caller, acceptance: Acceptance
) -> list[Exemption]:
    """What accepting the risk of an incident means for its alerts: an approved exception about each of them.

    Called in the transaction that accepts it, which is what decides whether the caller may.
    """
    assert incident.resolved_at is not None  # noqa: S101 - accepted
    kept, audit, now = Kept(database), Audit(database), incident.resolved_at
    subjects = {subject_of(alert.labels): None for alert in alerts if alert.labels.get("metric") in COMPARISONS}
    made = []
    for subject in subjects:
        asked = moves.requested(subject, acceptance.rationale, acceptance.requested_by, acceptance.until, now)
        agreed = replace(moves.approved(asked, caller, now), incident=incident.id)
        made.append(kept.add(agreed))
        detail = {**subject.labels, "text": acceptance.rationale, "incident": incident.name}
        audit.add(entry_of(caller, "exception.approve", f"exception {made[-1].name}", now, **detail))
    return made


def withdraw(database: Database, incident: Incident, caller: Caller, reason: str, now: datetime) -> list[Exemption]:
    """An incident was not over after all: what was granted for it ends."""
    kept, audit = Kept(database), Audit(database)
    ended = [
        moves.revoked(one, caller.name, now, reason) for one in kept.of_incident(incident.id) if one.is_active(now)
    ]
    for one in ended:
        kept.save(one)
        audit.add(
            entry_of(caller, "exception.revoke", f"exception {one.name}", now, text=reason, incident=incident.name)
        )
    return ended


def subject_of(labels: Mapping[str, str]) -> Subject:
    """What an alert is about, as narrow as an exception can be."""
    metric = labels.get("metric", "")
    narrow = {label: labels.get(label, "") for label, metrics in moves.SUBJECTS.items() if metric in metrics}
    return Subject(labels.get("model", ""), metric, **narrow)


def as_exposed(subject: Subject) -> Subject:
    """With names as labels have them."""
    return Subject(*(as_label(text) for text in (subject.model, subject.metric, subject.feature, subject.attribute)))


def as_label(text: str) -> str:
    """A name as the label of a series has it."""
    return clean(text, MAX_LABEL)


def moment(at: datetime) -> str:
    """A time in UTC, to the second."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _lapse(database: Database, one: Exemption, caller: Caller, now: datetime) -> None:
    """The incident whose risk was accepted says until when it was."""
    kept = Incidents(database)
    assert one.incident is not None  # noqa: S101 - looked at by the caller
    before = kept.get(one.incident)
    after = incidents.lapsed(before, now)
    if after == before:
        return
    kept.save(after)
    text = f"{one.name} about {one.subject} was revoked"
    kept.note(Event(before.id, now, caller.name, caller.role.value, "lapsed", text, before.severity))
