"""Reports from the store: the same store, thresholds and period give the same bytes."""

from collections.abc import Callable
from datetime import datetime, timedelta

from fairlead.core.access import Caller, Permission
from fairlead.core.audit import entry_of
from fairlead.core.incident import Incident
from fairlead.core.thresholds import Thresholds
from fairlead.core.timeline import Event
from fairlead.errors import ReportError
from fairlead.monitor.check import Clock
from fairlead.reports.contents import KINDS, Kind
from fairlead.reports.document import Document, as_json, stamp
from fairlead.reports.facts import Baseline, Chain, Facts, Family, fold
from fairlead.reports.page import as_html
from fairlead.reports.period import Period, last_period, period_of
from fairlead.store.audit import Audit
from fairlead.store.baselines import Baselines
from fairlead.store.database import Database
from fairlead.store.incidents import Incidents
from fairlead.store.runs import Runs

BEFORE_INCIDENT, AFTER_INCIDENT = timedelta(days=31), timedelta(days=1)
RENDERERS: dict[str, Callable[[Document], str]] = {"json": as_json, "html": as_html}


class Reports:
    """Makes reports; each is an entry of the audit log."""

    def __init__(self, database: Database, thresholds: Callable[[], Thresholds], clock: Clock) -> None:
        self._runs, self._baselines, self._audit = Runs(database), Baselines(database), Audit(database)
        self._incidents, self._thresholds, self._clock = Incidents(database), thresholds, clock

    def make(
        self,
        kind: str,
        caller: Caller,
        *,
        style: str,
        period: str | None = None,
        model: str | None = None,
        incident: str | None = None,
    ) -> str:
        """The text of a report. Without a period: of the last one that is over."""
        what = KINDS[kind]
        _check(what, model, incident, period)
        if what.unit is None:
            document = self._of_incident(kind, incident or "", caller)
        else:
            chosen = period_of(period, self._clock()) if period else last_period(what.unit, self._clock())
            document = self._of_period(kind, chosen, model, caller)
        asked = {"kind": kind, "period": period, "model": model, "incident": incident}
        told = {name: value for name, value in asked.items() if value is not None}
        fairness = caller.may(Permission.FAIRNESS)
        self._audit.add(entry_of(caller, "report.read", f"report {kind}", self._clock(), **told, fairness=fairness))
        return RENDERERS[style](document)

    def _of_period(self, kind: str, period: Period, model: str | None, caller: Caller) -> Document:
        models = self._models(period.start, period.end, model, caller)
        if model is not None and model not in models:
            raise ReportError(f"model: must have an analysis in {period.name}, got {model!r}")
        incidents = tuple(
            one
            for one in self._incidents.during(period.start, period.end)
            if model in {None, one.model} and (caller.may(Permission.FAIRNESS) or one.family != "fairness")
        )
        subject = period.name if model is None else f"{model}, {period.name}"
        return self._document(kind, subject, (period.start, period.end), models, incidents, caller=caller)

    def _of_incident(self, kind: str, name: str, caller: Caller) -> Document:
        found = self._incidents.named(name)
        if found is None or (found.family == "fairness" and not caller.may(Permission.FAIRNESS)):
            raise ReportError(f"incident: must be one that is on record, got {name!r}")
        timeline = tuple(self._incidents.timeline(found.id))
        end = max([found.opened_at + AFTER_INCIDENT, *(event.at for event in timeline)])
        models = self._models(found.opened_at - BEFORE_INCIDENT, end, found.model, caller)
        return self._document(
            kind, f"{found.name}, {found.model}", (None, end), models, (found,), timeline=timeline, caller=caller
        )

    def _models(
        self, start: datetime, end: datetime, model: str | None, caller: Caller
    ) -> dict[str, dict[str, Family]]:
        hidden = () if caller.may(Permission.FAIRNESS) else ("fairness",)
        runs = (run for run in self._runs.between(start, end) if model in {None, run.model})
        return fold(runs, self._thresholds(), hidden)

    def _document(
        self,
        kind: str,
        subject: str,
        span: tuple[datetime | None, datetime],
        models: dict[str, dict[str, Family]],
        incidents: tuple[Incident, ...],
        *,
        timeline: tuple[Event, ...] = (),
        caller: Caller,
    ) -> Document:
        what, (start, end) = KINDS[kind], span
        head = self._audit.head(end)
        chain, fairness = Chain(head.number, head.hash), caller.may(Permission.FAIRNESS)
        facts = Facts(models, incidents, self._compared(models), chain, self._thresholds(), fairness, timeline)
        title = f"{what.title}: {subject}"
        until = f"Until {stamp(end)}" if start is None else f"From {stamp(start)} until {stamp(end)}"
        return Document(kind, title, until, start, end, chain.number, chain.hash, what.sections(facts))

    def _compared(self, models: dict[str, dict[str, Family]]) -> tuple[Baseline, ...]:
        """The baselines that the last analyses compared with."""
        used = {(m, f.last.baseline) for m, families in models.items() for f in families.values() if f.last}
        return tuple(
            Baseline(one.model, one.version, one.created_by, one.created_at, one.samples, one.content_hash)
            for one in self._baselines.list()
            if (one.model, one.version) in used
        )


def _check(what: Kind, model: str | None, incident: str | None, period: str | None) -> None:
    if what.one_model and model is None:
        raise ReportError("model: must be given for this report, got none")
    if what.unit is None and (incident is None or period is not None or model is not None):
        raise ReportError("incident: must be given for this report, alone")
    if what.unit is not None and incident is not None:
        raise ReportError("incident: must be left out of this report")
