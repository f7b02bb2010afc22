"""The running fairlead."""

import logging
import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from fairlead.app.access import Access
from fairlead.app.answers import Answers
from fairlead.app.audit import AuditLog
from fairlead.app.health import Health, Reload
from fairlead.app.records import Records
from fairlead.app.retention import Retention
from fairlead.app.subjects import subject_of
from fairlead.config.load import load
from fairlead.config.schema import Config
from fairlead.config.schema import Model as ModelConfig
from fairlead.config.thresholds import load_thresholds
from fairlead.core.fact import Fact
from fairlead.core.snapshot import ActiveBaseline, Snapshot
from fairlead.errors import FairleadError
from fairlead.exposition.collector import Collector
from fairlead.exposition.pace import Pace
from fairlead.exposition.process import ProcessMetrics
from fairlead.exposition.render import OPENMETRICS, TEXT, Page, gzipped, page, wants_openmetrics, whole
from fairlead.monitor.check import Clock, Subject
from fairlead.monitor.history import History
from fairlead.monitor.loop import Loop
from fairlead.monitor.snapshot import Entry, families_of, snapshot
from fairlead.store.alerts import Alerts
from fairlead.store.audit import Audit
from fairlead.store.baselines import Baselines
from fairlead.store.database import Database
from fairlead.store.partials import Partials
from fairlead.store.runs import Runs
from fairlead.store.tokens import Tokens

log = logging.getLogger(__name__)


class Exporter:
    """The running fairlead: monitors on schedule and exposes the latest results. Implements the API's service."""

    def __init__(self, config: Config, database: Database, clock: Clock, pause: float = 5.0) -> None:
        self._config, self._clock, self._database = config, clock, database
        self._runs, self._baselines, self._alerts = Runs(database), Baselines(database), Alerts(database)
        self.access = Access(Tokens(database), clock)
        self.audit = AuditLog(Audit(database), clock)
        self.answers = Answers(database, clock)
        self._thresholds = load_thresholds(config.thresholds)
        self.records = Records(database, lambda: self._thresholds, clock)
        self.health = Health(database, self.snapshot, lambda: self._reloaded, clock)
        self._metrics = ProcessMetrics()
        self._collector, self._exposing = Collector(), Pace(self._expose)
        self._remembering, self._reloading = threading.Lock(), threading.Lock()
        self._exposed: tuple[Snapshot, Page] | None = None
        self._entries: tuple[Entry, ...] = ()
        self._history = self._remembered()
        self._loop = Loop(self._history, self._runs.record, self._baselines.load, self._publish_soon, clock, pause)
        self._retention = Retention(database, clock, self._metrics.observe_expired, self._metrics.observe_retention)
        self._configure(config)
        self.publish()

    def _remembered(self) -> History:
        """The history that the store holds."""
        last_id = self._runs.last_id()
        latest = {(run.model, run.family): run for run in self._runs.latest()}
        return History(latest, self._runs.last_successes(), self._runs.last_windows(), last_id)

    def _configure(self, config: Config) -> None:
        self._thresholds = load_thresholds(config.thresholds)
        self._config = config
        self.access.configure(config.access)
        self._entries = tuple(Entry(self._subject(model), model.team, model.environment) for model in config.models)
        subjects = [entry.subject for entry in self._entries]
        self._metrics.count_for((subject.name, family) for subject in subjects for family in families_of(subject))
        self._loop.replace(subjects)
        self._reloaded = Reload(self._clock())
        self._metrics.observe_reload(True, self._reloaded.at.timestamp())

    def _subject(self, model: ModelConfig) -> Subject:
        return subject_of(model, Partials(self._database, model.name, self._clock))

    def publish(self) -> None:
        """Take in what any process has recorded, and replace the exposition if anything changed."""
        self._remember()
        self._exposing.now()

    def _publish_soon(self) -> None:
        """The same; with many models, results of several runs are exposed together."""
        self._remember()
        self._exposing.soon()

    def _remember(self) -> None:
        with self._remembering:
            for run in self._runs.since(self._history.last_id):
                self._history.add(run)
                self._metrics.observe(run)

    def _expose(self) -> None:
        active = {
            name: ActiveBaseline(facts.version, facts.created_by, facts.created_at)
            for name, facts in self._baselines.active().items()
        }
        with self._remembering:
            current = replace(snapshot(self._entries, self._history, active, self._clock()), facts=self._facts())
        if self._exposed is not None and self._exposed[0] == current:
            return
        exposition = self._collector.collect(current)
        self._metrics.observe_dropped(exposition.dropped)
        self._exposed = (current, page(exposition.fragments))

    def _facts(self) -> tuple[Fact, ...]:
        """State that no analysis makes."""
        return (*self.audit.facts(), *self._weights())

    def _weights(self) -> Iterator[Fact]:
        for model in self._config.models:
            yield Fact("fairlead_model_impact_weight", (("model", model.name),), model.impact_weight)

    def run(self) -> None:
        """Monitor until stopped."""
        exposing = threading.Thread(target=self._exposing.run, name="fairlead-exposition", daemon=True)
        exposing.start()
        expiring = threading.Thread(target=self._retention.run, name="fairlead-retention", daemon=True)
        expiring.start()
        try:
            self._loop.run()
        finally:
            self._retention.stop()
            self._exposing.stop()
            exposing.join()
            expiring.join()

    def stop(self) -> None:
        """End after the window that is being analysed."""
        self._loop.stop()

    def exposition(self, accept: str, compressed: bool) -> tuple[Iterator[bytes], int, str] | None:
        """The metrics page in the format that the Accept header prefers: pieces, their length and its media type."""
        if self._exposed is None:
            return None
        openmetrics = wants_openmetrics(accept)
        rest = self._metrics.openmetrics() if openmetrics else self._metrics.text()
        rendered = self._exposed[1]
        pieces, length = gzipped(rendered, rest) if compressed else whole(rendered, rest)
        return pieces, length, OPENMETRICS if openmetrics else TEXT

    def snapshot(self) -> Snapshot | None:
        """What is exposed now."""
        return None if self._exposed is None else self._exposed[0]

    def reload(self) -> str | None:
        """Read the configuration again; the reason why the old one was kept, if it was."""
        with self._reloading:
            try:
                config = load(self._config.path)
                if config.store != self._config.store:
                    raise FairleadError(f"{config.path}: store: must not change while fairlead runs, got another one")
                self._configure(config)
            except FairleadError as error:
                self._reloaded = Reload(self._clock(), str(error))
                self._metrics.observe_reload(False, self._reloaded.at.timestamp())
                log.error("configuration not reloaded", extra={"reason": str(error)})
                return str(error)
        self.publish()
        log.info("configuration reloaded", extra={"models": len(self._entries)})
        return None

    def runbook(self, alert: str) -> str | None:
        """The runbook of an alert, from the folder beside the thresholds."""
        if not alert.isalnum():
            return None
        try:
            return (self._config.thresholds.parent / "runbooks" / f"{alert}.md").read_text(encoding="utf-8")
        except OSError:
            return None

    def receive_alerts(self, alerts: Iterable[Mapping[str, Any]], receiver: str) -> int:
        """Keep delivered alerts; how many were new."""
        return self._alerts.record(alerts, receiver, self._clock())
