"""The only place that puts the parts together: configuration, store, engines, monitor and exposition."""

import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

from fairlead.config.load import load
from fairlead.config.schema import Config
from fairlead.config.schema import Model as ModelConfig
from fairlead.config.thresholds import load_thresholds
from fairlead.core.baseline import Bins, assemble, binned, bins_of, fitted, thinning
from fairlead.core.cohort import with_labels
from fairlead.core.edges import numerical_bins
from fairlead.core.measurement import Minimums
from fairlead.core.merging import merge
from fairlead.core.plan import NO_BINS, AttributeColumn, CategoricalColumn, NumericalColumn, Plan, Window
from fairlead.core.rebaseline import rebaseline, too_coarse
from fairlead.core.run import Run
from fairlead.core.schedule import CADENCES, DAY, Cadence, days_of, window_until
from fairlead.core.snapshot import ActiveBaseline, Snapshot
from fairlead.core.summary import Summary
from fairlead.engines.files import Files, Progress, column_names, silent
from fairlead.engines.incremental import Cache
from fairlead.engines.labels import Labels
from fairlead.engines.summarise import summarise
from fairlead.engines.survey import survey
from fairlead.errors import BaselineError, FairleadError, SourceError
from fairlead.exposition.collector import Collector
from fairlead.exposition.pace import Pace
from fairlead.exposition.process import ProcessMetrics
from fairlead.exposition.render import OPENMETRICS, TEXT, Page, gzipped, page, wants_openmetrics, whole
from fairlead.monitor.check import Clock, Subject, check
from fairlead.monitor.history import History
from fairlead.monitor.loop import Loop
from fairlead.monitor.snapshot import Entry, families_of, snapshot
from fairlead.store.alerts import Alerts
from fairlead.store.baselines import BaselineFacts, Baselines
from fairlead.store.database import Database
from fairlead.store.days import Days
from fairlead.store.partials import Partials
from fairlead.store.runs import Runs

log = logging.getLogger(__name__)


def plan_of(model: ModelConfig) -> Plan:
    """The columns of a model; bins and categories come with its baseline."""
    columns, prefix = model.columns, model.columns.attributions_prefix
    numerical = [feature for feature in model.features if feature.kind == "numerical"]
    categorical = [feature for feature in model.features if feature.kind == "categorical"]
    single = [attribute for attribute in model.protected_attributes if not attribute.intersection]
    combined = [attribute for attribute in model.protected_attributes if attribute.intersection]
    return Plan(
        timestamp=columns.timestamp,
        timestamp_unit=columns.timestamp_unit,
        prediction=columns.prediction,
        regression=model.task == "regression",
        favourable=columns.favourable,
        favourable_range=columns.favourable_range,
        tolerance=columns.tolerance,
        label=model.labels.label if model.labels else columns.label,
        probabilities=columns.probabilities,
        score=columns.score,
        numerical={f.name: NumericalColumn(f.column, f.low, f.high) for f in numerical},
        categorical={f.name: CategoricalColumn(f.column) for f in categorical},
        attributes={a.name: AttributeColumn(a.column, a.bins) for a in single},
        intersections={a.name: a.intersection for a in combined},
        attributions={f.name: NumericalColumn(prefix + f.name) for f in model.features} if prefix else {},
        input_key=columns.input_key,
        hash_inputs=model.hash_inputs,
    )


def labels_of(model: ModelConfig) -> Labels | None:
    """Where the labels are, if apart from the logs."""
    source = model.labels
    if source is None:
        return None
    return Labels(Files(source.path, source.format), source.key, source.label, source.timestamp, source.timestamp_unit)


def subject_of(model: ModelConfig, cache: Cache | None = None, progress: Progress = silent) -> Subject:
    """What the monitor needs of a configured model."""
    source, labels = Files(model.source.path, model.source.format), labels_of(model)
    join = partial(summarise, source, cache=cache, labels=labels)
    return Subject(
        model.name,
        model.version,
        model.risk,
        plan_of(model),
        partial(summarise, source, progress=progress, cache=cache),
        join if labels or model.label_delay else None,
        model.label_delay,
        model.columns.positive,
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
    """Compute a baseline from all rows of a source, read twice: for the bins and for the counts; no row is kept.

    Where labels have a source of their own, they are joined from there unless these rows bring theirs along.
    """
    plan = plan_of(model)
    present = column_names(source)
    apart = labels_of(model) if plan.label not in present else None
    if apart:
        plan = replace(plan, label=None)
    absent = sorted((plan.number_columns() | plan.name_columns()) - present)
    if present and absent:
        raise BaselineError(f"{source.pattern}: must have the configured columns, got none named {', '.join(absent)}")
    seen = survey(source, plan, progress=progress)
    bins = Bins(
        bins_of(seen.numerical, model.wasserstein_scale),
        numerical_bins(seen.output, "p1_p99") if len(seen.output) else NO_BINS,
        bins_of(seen.attributions, "p1_p99", zero=True),
        thinning(seen.rows),
    )
    categorical = {name: replace(column, known=seen.known[name]) for name, column in plan.categorical.items()}
    edged = replace(binned(plan, bins), categorical=categorical)
    summary = summarise(source, edged, None, progress)
    if apart:
        labelled = replace(edged, label=apart.label).of_labels()
        summary = with_labels(summary, summarise(source, labelled, None, progress, labels=apart))
    _refuse_unusable(model, source.pattern, summary)
    baseline = assemble("", summary, bins)
    return Baselines(database).create(
        model.name, baseline, source=source.pattern, created_by=created_by, now=now, activate=activate
    )


def baseline_of_days(
    database: Database,
    model: ModelConfig,
    number: int,
    until: datetime,
    *,
    created_by: str,
    now: datetime,
    activate: bool,
    progress: Progress = silent,
) -> BaselineFacts:
    """Compute a baseline from the last whole days before a moment, over the fine bins of the active one."""
    old = Baselines(database).load(model.name)
    subject = subject_of(model, Partials(database, model.name, lambda: now), progress)
    plan = fitted(subject.plan, old)
    midnight = until.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    window = Window(midnight - number * DAY, midnight)
    where = f"model {model.name!r}: {window.start:%Y-%m-%d} to {midnight - DAY:%Y-%m-%d}"
    wanted = {*subject.plan.numerical, *subject.plan.categorical, *subject.plan.attributions}
    problems = {
        f"feature {name!r}": "it is not in the old baseline"
        for name in sorted(wanted - {*plan.numerical, *plan.categorical, *plan.attributions})
    }
    kept = partial(_merged_days, Days(database, model.name), where)
    summary = kept(subject.summarise, replace(plan, label=None) if subject.join else plan, window)
    if subject.join:
        delay = -(-model.label_delay // DAY) * DAY
        labelled = kept(subject.join, plan.of_labels(), Window(window.start - delay, window.end - delay))
        summary = with_labels(summary, labelled)
    _refuse_unusable(model, where, summary)
    problems |= too_coarse(old, summary)
    if problems:
        reasons = [f"{where}: {column}: must be counted from rows (--from): {why}" for column, why in problems.items()]
        raise BaselineError("\n".join(reasons))
    return Baselines(database).create(
        model.name,
        rebaseline(old, summary, model.wasserstein_scale),
        source=f"{window.start:%Y-%m-%d} to {midnight - DAY:%Y-%m-%d}",
        created_by=created_by,
        now=now,
        activate=activate,
    )


def _merged_days(
    days: Days, where: str, summarise: Callable[[Plan, Window], Summary], plan: Plan, window: Window
) -> Summary:
    """All days of the window: counted where that is not done yet, as they were kept where the rows are gone."""
    pieces, failure = days_of(window), None
    try:
        summarise(plan, window)
    except SourceError as error:
        failure = error
    kept = days.load(plan, pieces)
    missing = [f"{piece.start:%Y-%m-%d}" for piece in pieces if piece not in kept]
    if missing and failure:
        raise failure
    if missing:
        raise BaselineError(f"{where}: must have rows of every day, got none of {', '.join(missing)}")
    if failure:
        log.warning("source not read, days are as they were kept", extra={"reason": str(failure)})
    total = Summary()
    for piece in pieces:
        total = merge(total, kept[piece], plan.known())
    return total


def _refuse_unusable(model: ModelConfig, where: str, summary: Summary) -> None:
    """Mistakes that would make every later comparison meaningless."""
    favourable, found = model.columns.favourable, sorted(summary.classes.counts)[:10]
    prediction, label = model.columns.prediction, model.labels.label if model.labels else model.columns.label
    problems = []
    if summary.rows < model.min_samples:
        problems.append(f"must have at least {model.min_samples} rows, got {summary.rows}")
    elif summary.predicted == 0:
        problems.append(f"column {prediction!r}: must hold predictions, got none")
    elif favourable is not None and favourable not in summary.classes.counts:
        problems.append(
            f"column {prediction!r}: must hold the favourable outcome {favourable!r}, got {', '.join(found)}"
        )
    elif model.task == "classification" and summary.labelled and not summary.correct:
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
        raise BaselineError("\n".join(f"{where}: {problem}" for problem in problems))


def analyse(
    database: Database, models: Sequence[ModelConfig], as_of: datetime, clock: Clock, progress: Progress = silent
) -> list[Run]:
    """Analyse these models on demand, up to a moment; one pass per model and window length."""
    load_baseline = Baselines(database).load
    runs: list[Run] = []
    for model in models:
        subject = subject_of(model, Partials(database, model.name, clock), progress)
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
        self._config, self._clock, self._database = config, clock, database
        self._runs, self._baselines, self._alerts = Runs(database), Baselines(database), Alerts(database)
        self._metrics = ProcessMetrics()
        self._collector, self._exposing = Collector(), Pace(self._expose)
        self._remembering, self._reloading = threading.Lock(), threading.Lock()
        self._exposed: tuple[Snapshot, Page] | None = None
        self._entries: tuple[Entry, ...] = ()
        self._history = self._remembered()
        self._loop = Loop(self._history, self._runs.record, self._baselines.load, self._publish_soon, clock, pause)
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
        self._entries = tuple(Entry(self._subject(model), model.team, model.environment) for model in config.models)
        subjects = [entry.subject for entry in self._entries]
        self._metrics.count_for((subject.name, family) for subject in subjects for family in families_of(subject))
        self._loop.replace(subjects)
        self._metrics.observe_reload(True, self._clock().timestamp())

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
            current = snapshot(self._entries, self._history, active, self._clock())
        if self._exposed is not None and self._exposed[0] == current:
            return
        exposition = self._collector.collect(current)
        self._metrics.observe_dropped(exposition.dropped)
        self._exposed = (current, page(exposition.fragments))

    def run(self) -> None:
        """Monitor until stopped."""
        exposing = threading.Thread(target=self._exposing.run, name="fairlead-exposition", daemon=True)
        exposing.start()
        try:
            self._loop.run()
        finally:
            self._exposing.stop()
            exposing.join()

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
