"""The running fairlead."""

import logging
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from operator import attrgetter
from random import Random
from typing import Protocol

from fairlead.app.access import Access
from fairlead.app.analyses import Analyses
from fairlead.app.answers import Answers
from fairlead.app.audit import AuditLog
from fairlead.app.checkins import Checkins
from fairlead.app.containment import Containment
from fairlead.app.digest import DailyDigest
from fairlead.app.distributions import Distributions
from fairlead.app.exceptions import Exceptions
from fairlead.app.health import Health, Reload
from fairlead.app.holder import holder, is_gone
from fairlead.app.incidents import Incidents
from fairlead.app.lifecycle import Lifecycle
from fairlead.app.maintenance import Maintenance
from fairlead.app.oncall import Oncall
from fairlead.app.predictions import PredictionLog
from fairlead.app.reconcile import Reconciler
from fairlead.app.records import Records
from fairlead.app.reports import Reports
from fairlead.app.retention import Retention
from fairlead.app.rhythm import Rhythm
from fairlead.app.scheduled import Scheduled, remembered
from fairlead.app.sessions import Sessions
from fairlead.app.silences import Silencer
from fairlead.app.slack import Slack
from fairlead.app.standings import Standings
from fairlead.app.subjects import subject_of
from fairlead.app.upkeep import Upkeep
from fairlead.config.load import load
from fairlead.config.schema import Config
from fairlead.config.schema import Model as ModelConfig
from fairlead.config.thresholds import load_thresholds
from fairlead.core.fact import Fact
from fairlead.core.plan import Window
from fairlead.core.snapshot import ActiveBaseline, Snapshot
from fairlead.errors import FairleadError
from fairlead.exposition.collector import Collector
from fairlead.exposition.pace import Pace
from fairlead.exposition.process import ProcessMetrics
from fairlead.exposition.render import OPENMETRICS, TEXT, Page, gzipped, page, wants_openmetrics, whole
from fairlead.monitor.check import Clock, Subject
from fairlead.monitor.demand import Demand
from fairlead.monitor.loop import Loop
from fairlead.monitor.review import Review, Reviews
from fairlead.monitor.snapshot import Entry, families_of, snapshot
from fairlead.store.audit import Audit
from fairlead.store.baselines import Baselines
from fairlead.store.database import Database
from fairlead.store.leases import Leases
from fairlead.store.partials import Partials
from fairlead.store.runs import Runs
from fairlead.store.tokens import Tokens

log = logging.getLogger(__name__)

ON_DEMAND = max(1, (os.cpu_count() or 1) // 2)
"""Threads that count for an analysis on demand: those of a scheduled one have as many cores or more."""

FIRST_BASELINES = 600.0
"""Seconds that analyses wait at the start for missing baselines."""


class Beside(Protocol):
    """What runs in a thread of its own beside the analyses."""

    def run(self) -> None:
        """Until stopped."""

    def stop(self) -> None:
        """End soon."""


class Exporter:
    """The running fairlead: monitors on schedule and exposes the latest results. Implements the API's service."""

    def __init__(
        self,
        config: Config,
        database: Database,
        clock: Clock,
        pause: float = 5.0,
        *,
        lease: float = 60,
        review: Review | None = None,
    ) -> None:
        self._config, self._clock, self._database = config, clock, database
        self._runs, self._baselines = Runs(database), Baselines(database)
        self.access = Access(Tokens(database), clock)
        self.sessions = Sessions(database, self.access, clock)
        self.audit = AuditLog(Audit(database), clock)
        self.answers = Answers(database, clock)
        self._thresholds = load_thresholds(config.thresholds)
        self.records = Records(database, lambda: self._thresholds, clock)
        self.reports = Reports(database, lambda: self._thresholds, clock)
        self.standings = Standings(database, self.snapshot, lambda: self._thresholds, clock)
        self.distributions = Distributions(database, lambda: self._config)
        self._reloaded = Reload(clock())
        self._metrics = ProcessMetrics()
        self._collector, self._exposing = Collector(), Pace(self._expose)
        self.incidents, self._answered = Incidents(database, clock, self._incidents_changed), 0
        self._reconciler = Reconciler(database, self.incidents, self._metrics, Rhythm(Random()))  # noqa: S311 - only waits
        self._silencer = Silencer(database, clock, self._metrics, Rhythm(Random()), self._exposing.soon)  # noqa: S311
        self.exceptions = Exceptions(database, clock, self._models, self._excepted)
        self.maintenance = Maintenance(database, clock, self._models, self._excepted)
        self.baselines = Lifecycle(database, lambda: self._config, clock, document=self.incidents.document)
        self.upkeep = Upkeep(
            database, lambda: self._config, self.baselines, self._metrics.observe_baseline_failure, clock
        )
        self.health = Health(database, self.snapshot, lambda: self._reloaded, self.upkeep.failures, clock)
        self.predictions = PredictionLog(database, clock, self._metrics)
        self.checkins = Checkins(database, clock, self._exposing.soon)
        self.oncall = Oncall(clock, self._exposing.soon)
        self._remembering, self._reloading = threading.Lock(), threading.Lock()
        self._exposed: tuple[Snapshot, Page] | None = None
        self._entries: tuple[Entry, ...] = ()
        self._history = remembered(self._runs, clock())
        self._leases = Leases(database, holder(), clock=clock, lasting=lease, gone=is_gone)
        scheduled, load_baseline = Scheduled(database, self._leases, clock, self._refresh), self._baselines.load
        self._loop = Loop(self._history, scheduled, load_baseline, self._publish_soon, clock, pause)
        self._loop.reviews = Reviews(review or self._review, scheduled, self._history, clock, self._loop.workers)
        self.analyses = Analyses(database, self._leases, clock)
        self._digest = DailyDigest(
            database, self._leases, lambda: self._config, lambda: self._thresholds, clock, counted=self._metrics
        )
        self.containment = Containment(
            database,
            self._leases,
            lambda: self._config,
            clock,
            counted=self._metrics,
            changed=self._exposing.soon,
        )
        self.slack = Slack(database, self._leases, clock, self._metrics, self._exposing.soon)
        self._demand = Demand(self.analyses, load_baseline, self._publish_soon, clock, pause)
        self.analyses.notify = self._demand.wake
        self._ending = threading.Event()
        self._retention = Retention(database, clock, self._metrics.observe_expired, self._metrics.observe_retention)
        self._configure(config)
        self.publish()

    def _configure(self, config: Config) -> None:
        self._thresholds = load_thresholds(config.thresholds)
        self.predictions.configure(config)
        self._config = config
        self.access.configure(config.access)
        self._reconciler.configure(config.alerting)
        self._silencer.configure(config.alerting)
        self.checkins.configure(config.checkins)
        receivers = config.alerting.slack if config.alerting else {}
        self._metrics.count_slack_for(receivers)
        self.slack.configure(receivers)
        self.oncall.configure(config.oncall)
        self._entries = tuple(Entry(self._subject(model), model.team, model.environment) for model in config.models)
        subjects = [entry.subject for entry in self._entries]
        self._metrics.count_for((subject.name, family) for subject in subjects for family in families_of(subject))
        self._metrics.count_baselines_for(model.name for model in config.models if model.validation)
        with self._remembering:
            self._loop.replace(subjects)
        self._demand.replace([self._subject(model, threads=ON_DEMAND) for model in config.models])
        self.analyses.replace(subjects)
        self.upkeep.reconfigured()
        self._reloaded = Reload(self._clock())
        self._metrics.observe_reload(True, self._reloaded.at.timestamp())

    def _incidents_changed(self) -> None:
        self._exposing.soon()
        self.containment.wake()

    def _subject(self, model: ModelConfig, threads: int | None = None) -> Subject:
        return subject_of(model, self._database, Partials(self._database, model.name, self._clock), threads=threads)

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

    def _refresh(self, model: str, window: Window) -> None:
        """Take in what any process has recorded, and what is known of this window, however old its runs are."""
        self._remember()
        with self._remembering:
            for family in self._runs.families_analysed(model, window):
                self._history.know(model, family, window)

    def _expose(self) -> None:
        self._count_answers()
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

    def _count_answers(self) -> None:
        """Take in what any process has written into timelines."""
        answers = self.incidents.answers(self._answered)
        self._metrics.answers.add(answers)
        self._answered = answers[-1].id if answers else self._answered

    def _review(self, model: str, due: datetime) -> Callable[[], None]:
        """Review a baseline; the result is kept when it is found, once per month."""
        self.upkeep.review(model, due)
        return lambda: None

    def _facts(self) -> tuple[Fact, ...]:
        """State that no analysis makes."""
        names = [entry.subject.name for entry in self._entries]
        hanging = tuple(Fact("fairlead_analysis_abandoned", (("model", name),), self._hanging(name)) for name in names)
        return (
            *self.audit.facts(),
            *self._weights(),
            *hanging,
            *self.upkeep.gauges(),
            *self.incidents.facts(),
            *self.exceptions.facts(),
            *self.maintenance.facts(),
            *self.checkins.facts(),
            *self.oncall.facts(),
            *self.predictions.facts(),
            *self._digest.facts(),
            *self.slack.facts(),
            *self.containment.facts(),
        )

    def _models(self) -> list[str]:
        """Names of the configured models."""
        return [model.name for model in self._config.models]

    def _excepted(self) -> None:
        """Expose an exception or a window, and silence its alerts."""
        self._exposing.soon()
        self._silencer.soon()

    def _weights(self) -> Iterator[Fact]:
        for model in self._config.models:
            yield Fact("fairlead_model_impact_weight", (("model", model.name),), model.impact_weight)

    def _hanging(self, model: str | None = None) -> int:
        return self._loop.workers.left(model) + self._demand.workers.left(model)

    def busy(self) -> bool:
        """Whether threads are at work that cannot be waited for."""
        return self._hanging() > 0

    def run(self) -> None:
        """Monitor until stopped."""
        first = threading.Event()  # analyses begin when baselines that are missing at the start were tried
        beside: dict[str, Beside] = {
            "exposition": self._exposing,
            "retention": self._retention,
            "requests": self._demand,
            "reconciliation": self._reconciler,
            "silences": self._silencer,
            "digest": self._digest,
            "slack": self.slack,
            "containment": self.containment,
            "rotations": self.oncall,
        }
        runs = {name: one.run for name, one in beside.items()}
        runs |= {"baselines": lambda: self.upkeep.run(first.set), "leases": self._renew}
        threads = {
            name: threading.Thread(target=run, name=f"fairlead-{name}", daemon=True) for name, run in runs.items()
        }
        for thread in threads.values():
            thread.start()
        self.predictions.start(self._publish_soon)
        first.wait(FIRST_BASELINES)
        try:
            self._loop.run()
        finally:
            for stop in (self.upkeep.stop, *(one.stop for one in reversed(beside.values()))):
                stop()
            threads["requests"].join()  # its lease must be renewed until then
            self._ending.set()
            for thread in threads.values():
                thread.join()

    def _renew(self) -> None:
        """Renew the leases often enough that no other process takes them for those of a dead one."""
        while not self._ending.wait(self._leases.lasting / 4):
            try:
                lost = self._leases.renew()
            except FairleadError as error:
                log.warning("leases not renewed", extra={"reason": str(error)})
                continue
            for name in lost:
                log.warning("lease lost to another process", extra={"lease": name})

    def stop(self) -> None:
        """End after the window that is being analysed, and write what was pushed."""
        self.upkeep.stop()
        self._loop.stop()
        self._demand.stop()
        self.predictions.close()

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
                for key in ("store", "prediction_log.path"):
                    if attrgetter(key)(config) != attrgetter(key)(self._config):
                        raise FairleadError(
                            f"{config.path}: {key}: must not change while fairlead runs, got another one"
                        )
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
