"""The only place that puts the parts together: configuration, store, engines, monitor and exposition."""

import logging
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from fairlead.config.load import load
from fairlead.config.schema import Config
from fairlead.config.schema import Model as ModelConfig
from fairlead.config.thresholds import load_thresholds
from fairlead.core.baseline import assemble, bins_of
from fairlead.core.measurement import Minimums
from fairlead.core.plan import AttributeColumn, CategoricalColumn, NumericalColumn, Plan
from fairlead.core.run import Run
from fairlead.core.schedule import CADENCES, Cadence, window_until
from fairlead.core.snapshot import ActiveBaseline, Snapshot
from fairlead.core.summary import Summary
from fairlead.engines.files import Files, Progress, column_names, sample, silent, summarise
from fairlead.errors import BaselineError, FairleadError
from fairlead.exposition.collector import collect
from fairlead.exposition.process import ProcessMetrics
from fairlead.exposition.render import OPENMETRICS, TEXT, Page, gzipped, page, render, wants_openmetrics
from fairlead.monitor.check import Clock, Subject, check
from fairlead.monitor.history import History
from fairlead.monitor.loop import Loop
from fairlead.monitor.snapshot import Entry, families_of, snapshot
from fairlead.store.alerts import Alerts
from fairlead.store.baselines import BaselineFacts, Baselines
from fairlead.store.database import Database
from fairlead.store.runs import Runs

log = logging.getLogger(__name__)


def plan_of(model: ModelConfig) -> Plan:
    """The columns of a model; edges and categories come with its baseline."""
    columns, prefix = model.columns, model.columns.attributions_prefix
    numerical = [feature for feature in model.features if feature.kind == "numerical"]
    categorical = [feature for feature in model.features if feature.kind == "categorical"]
    return Plan(
        timestamp=columns.timestamp,
        timestamp_unit=columns.timestamp_unit,
        prediction=columns.prediction,
        favourable=columns.favourable,
        label=columns.label,
        probabilities=columns.probabilities,
        score=columns.score,
        numerical={f.name: NumericalColumn(f.column, f.low, f.high) for f in numerical},
        categorical={f.name: CategoricalColumn(f.column) for f in categorical},
        attributes={a.name: AttributeColumn(a.column, a.bins) for a in model.protected_attributes},
        attributions={f.name: prefix + f.name for f in model.features} if prefix else {},
    )


def subject_of(model: ModelConfig, progress: Progress = silent) -> Subject:
    """What the monitor needs of a configured model."""
    source = Files(model.source.path, model.source.format)
    return Subject(
        model.name,
        model.version,
        model.risk,
        plan_of(model),
        partial(summarise, source, progress=progress),
        Minimums(model.min_samples, model.min_group_size, model.min_positives),
        {attribute.name: attribute.reference for attribute in model.protected_attributes},
        frozenset(f.name for f in model.features if f.required),
        frozenset(f.name for f in model.features if f.low is not None or f.high is not None),
    )


def create_baseline(
    database: Database,
    model: ModelConfig,
    source: Files,
    *,
    created_by: str,
    now: datetime,
    activate: bool,
    progress: Progress = silent,
) -> BaselineFacts:
    """Compute a baseline from all rows of a source, read twice: for the bins and for the counts; no row is kept."""
    plan = plan_of(model)
    present = column_names(source)
    absent = sorted((plan.number_columns() | plan.name_columns()) - present)
    if present and absent:
        raise BaselineError(f"{source.pattern}: must have the configured columns, got none named {', '.join(absent)}")
    bins = bins_of(sample(source, plan, progress=progress), model.wasserstein_scale)
    edged = {name: replace(column, edges=bins[name].edges) for name, column in plan.numerical.items()}
    summary = summarise(source, replace(plan, numerical=edged), None, progress)
    _refuse_unusable(model, source, summary)
    baseline = assemble("", summary, bins)
    return Baselines(database).create(
        model.name, baseline, source=source.pattern, created_by=created_by, now=now, activate=activate
    )


def _refuse_unusable(model: ModelConfig, source: Files, summary: Summary) -> None:
    """Mistakes that would make every later comparison meaningless."""
    favourable, found = model.columns.favourable, sorted(summary.classes.counts)[:10]
    problems = []
    if summary.rows < model.min_samples:
        problems.append(f"must have at least {model.min_samples} rows, got {summary.rows}")
    elif favourable is not None and favourable not in summary.classes.counts:
        column = model.columns.prediction
        problems.append(f"column {column!r}: must hold the favourable outcome {favourable!r}, got {', '.join(found)}")
    elif summary.labelled and not summary.correct:
        label = model.columns.label
        problems.append(
            f"column {label!r}: must hold the same values as predictions ({', '.join(found)}), got no match"
        )
    for attribute in model.protected_attributes:
        groups = summary.groups.get(attribute.name, {})
        if attribute.reference is not None and summary.rows and attribute.reference not in groups:
            names = ", ".join(sorted(groups)[:10]) or "no groups"
            problems.append(
                f"protected attribute {attribute.name!r}: must have the reference {attribute.reference!r}, got {names}"
            )
    if problems:
        raise BaselineError("\n".join(f"{source.pattern}: {problem}" for problem in problems))


def analyse(
    database: Database, models: Sequence[ModelConfig], as_of: datetime, clock: Clock, progress: Progress = silent
) -> list[Run]:
    """Analyse these models on demand, up to a moment; one pass per model and window length."""
    load_baseline = Baselines(database).load
    runs: list[Run] = []
    for model in models:
        subject = subject_of(model, progress)
        by_cadence: dict[Cadence, list[str]] = {}
        for family in families_of(subject):
            by_cadence.setdefault(CADENCES[model.risk][family], []).append(family)
        for cadence, families in by_cadence.items():
            window = window_until(cadence, as_of)
            runs += check(subject, families, window, trigger="on-demand", load_baseline=load_baseline, clock=clock)
    return runs


class Exporter:
    """The running fairlead: monitors on schedule and exposes the latest results. Implements the API's service."""

    def __init__(self, config: Config, database: Database, clock: Clock, pause: float = 5.0) -> None:
        self._config, self._clock = config, clock
        self._runs, self._baselines, self._alerts = Runs(database), Baselines(database), Alerts(database)
        self._metrics = ProcessMetrics()
        self._publishing, self._reloading = threading.Lock(), threading.Lock()
        self._exposed: tuple[Snapshot, Page] | None = None
        self._published: object = None
        self._entries: tuple[Entry, ...] = ()
        self._history = self._remembered()
        self._loop = Loop(self._history, self._runs.record, self._baselines.load, self.publish, clock, pause)
        self._configure(config)
        self.publish()

    def _remembered(self) -> History:
        """The history that the store holds."""
        last_id = self._runs.last_id()
        latest = {(run.model, run.family): run for run in self._runs.latest()}
        return History(latest, self._runs.last_successes(), self._runs.last_windows(), last_id)

    def _configure(self, config: Config) -> None:
        load_thresholds(config.thresholds)
        self._config = config
        self._entries = tuple(Entry(subject_of(model), model.team, model.environment) for model in config.models)
        subjects = [entry.subject for entry in self._entries]
        self._metrics.count_for((subject.name, family) for subject in subjects for family in families_of(subject))
        self._loop.replace(subjects)
        self._metrics.observe_reload(True, self._clock().timestamp())

    def publish(self) -> None:
        """Take in what any process has recorded, and replace the exposition if anything changed."""
        with self._publishing:
            for run in self._runs.since(self._history.last_id):
                self._history.add(run)
                self._metrics.observe(run)
            active = {
                name: ActiveBaseline(facts.version, facts.created_by, facts.created_at)
                for name, facts in self._baselines.active().items()
            }
            now = self._clock()
            current = snapshot(self._entries, self._history, active, now)
            state = (self._history.last_id, current)
            if state == self._published:
                return
            exposition = collect(current)
            self._metrics.observe_dropped(exposition.dropped)
            self._exposed = (current, page(render(exposition.families)))
            self._published = state

    def run(self) -> None:
        """Monitor until stopped."""
        self._loop.run()

    def stop(self) -> None:
        """End after the window that is being analysed."""
        self._loop.stop()

    def exposition(self, accept: str, compressed: bool) -> tuple[bytes, str] | None:
        """The metrics page in the format that the Accept header prefers, and its media type."""
        if self._exposed is None:
            return None
        openmetrics = wants_openmetrics(accept)
        rest = self._metrics.openmetrics() if openmetrics else self._metrics.text()
        rendered = self._exposed[1]
        body = gzipped(rendered, rest) if compressed else rendered.plain + rest
        return body, OPENMETRICS if openmetrics else TEXT

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
                self._metrics.observe_reload(False, self._clock().timestamp())
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
