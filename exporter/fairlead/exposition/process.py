"""Metrics of this process: counted here, lost with it, as Prometheus expects of counters."""

from collections.abc import Iterable, Mapping

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics

from fairlead import __version__
from fairlead.core.retention import PERIODS
from fairlead.core.run import Run
from fairlead.exposition.answers import Answers
from fairlead.exposition.catalogue import METRICS
from fairlead.exposition.counts import Counts
from fairlead.exposition.fragment import MAX_LABEL, clean

SIDES = ("prometheus", "alertmanager", "store", "internal")
SLACK_OUTCOMES = ("sent", "folded", "repeated", "failed")
BUCKETS = (0.1, 0.5, 1, 5, 15, 60, 300, 600, 1800)


class ProcessMetrics:
    """Counters and facts of one fairlead process, in a registry of its own."""

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # else series that are in no catalogue appear
        self._registry = CollectorRegistry()
        self._counts = Counts()
        ProcessCollector(registry=self._registry)
        PlatformCollector(registry=self._registry)
        self._dropped = self._counter("fairlead_series_dropped_total")
        self._no_baseline = self._counter("fairlead_baseline_failures_total")
        self._ingested = self._counter("fairlead_ingested_rows_total")
        self._repeated = self._counter("fairlead_ingest_repeated_rows_total")
        self._unlisted = self._counter("fairlead_ingest_dropped_values_total")
        self._rejected = self._counter("fairlead_ingest_rejected_total")
        took = METRICS["fairlead_analysis_duration_seconds"]
        self._duration = Histogram(took.name, took.help, took.labels, buckets=BUCKETS, registry=self._registry)
        self._expired = self._counter("fairlead_retention_deleted_total")
        for kind in PERIODS:
            self._expired.labels(kind)
        self._expired_at: Gauge | None = None
        self.answers = Answers()
        self._registry.register(self.answers)
        self._reconciliation_failures = self._counter("fairlead_reconciliation_failures_total")
        for side in SIDES:
            self._reconciliation_failures.labels(side)
        self._reconciliation_incidents = self._counter("fairlead_reconciliation_incidents_total")
        self._reconciliation_at = self._gauge("fairlead_reconciliation_last_success_timestamp_seconds")
        self._silence_failures = self._counter("fairlead_silence_failures_total")
        for side in SIDES[1:]:
            self._silence_failures.labels(side)
        self._silences_made = self._counter("fairlead_silences_made_total")
        self._silences_ended = self._counter("fairlead_silences_expired_total")
        self._silences_at = self._gauge("fairlead_silences_last_success_timestamp_seconds")
        self._foreign = self._gauge("fairlead_silences_foreign")
        self._digest_failures = self._counter("fairlead_digest_failures_total")
        self._slack = self._counter("fairlead_slack_messages_total")
        self._slack_failures = self._counter("fairlead_slack_failures_total")
        self._containment = self._counter("fairlead_containment_failures_total")
        self._gauge("fairlead_build_info").labels(__version__).set(1)
        self._reload_ok = self._gauge("fairlead_config_last_reload_successful")
        self._reload_at = self._gauge("fairlead_config_last_reload_success_timestamp_seconds")

    def _counter(self, name: str) -> Counter:
        metric = METRICS[name]
        return Counter(metric.name, metric.help, metric.labels, registry=self._registry)

    def _gauge(self, name: str) -> Gauge:
        metric = METRICS[name]
        return Gauge(metric.name, metric.help, metric.labels, registry=self._registry)

    def count_for(self, subjects: Iterable[tuple[str, str]]) -> None:
        """Count these (model, family), from 0 so that the first failure is an increase; forget all others."""
        self._counts.keep(subjects)

    def observe(self, run: Run) -> None:
        """Count a finished run of a subject that is counted."""
        if self._counts.add(run):
            self._duration.labels(run.family).observe((run.finished - run.started).total_seconds())

    def count_baselines_for(self, models: Iterable[str]) -> None:
        """Count failures to make a baseline of these models, from 0."""
        for model in models:
            self._no_baseline.labels(clean(model, MAX_LABEL))

    def observe_baseline_failure(self, model: str) -> None:
        """Count a baseline that could not be made by itself."""
        self._no_baseline.labels(clean(model, MAX_LABEL)).inc()

    def observe_dropped(self, dropped: Mapping[str, int]) -> None:
        """Count series that were left out of a new exposition."""
        for reason, count in dropped.items():
            self._dropped.labels(reason).inc(count)

    def observe_reconciliation(self, failed: str | None, timestamp: float, opened: int) -> None:
        """One look: which side failed, if one did; when; how many incidents it opened."""
        self._reconciliation_incidents.inc(opened)
        if failed:
            self._reconciliation_failures.labels(failed).inc()
        else:
            self._reconciliation_at.set(timestamp)

    def observe_silences(self, failed: str | None, timestamp: float) -> None:
        """One look: which side failed, if one did; when."""
        if failed:
            self._silence_failures.labels(failed).inc()
        else:
            self._silences_at.set(timestamp)

    def observe_silenced(self, made: int, ended: int) -> None:
        """Silences that were made and that were ended at one Alertmanager."""
        self._silences_made.inc(made)
        self._silences_ended.inc(ended)

    def observe_foreign(self, faults: Mapping[str, int]) -> None:
        """How many silences that fairlead did not make have which fault."""
        for fault, number in faults.items():
            self._foreign.labels(fault).set(number)

    def observe_digest_failure(self) -> None:
        """Count a digest that could not be sent, or was refused for some of its recipients."""
        self._digest_failures.inc()

    def count_slack_for(self, receivers: Iterable[str]) -> None:
        """Count messages of these receivers, from 0."""
        for receiver in receivers:
            self._slack_failures.labels(receiver)
            for outcome in SLACK_OUTCOMES:
                self._slack.labels(receiver, outcome)

    def observe_slack(self, receiver: str, outcome: str, count: int = 1) -> None:
        """Count messages that were sent, folded, repeated or failed."""
        self._slack.labels(receiver, outcome).inc(count)

    def observe_slack_failure(self, receiver: str) -> None:
        """Count a try that did not succeed."""
        self._slack_failures.labels(receiver).inc()

    def observe_containment_failure(self, model: str) -> None:
        """Count a failed call of the serving platform."""
        self._containment.labels(clean(model, MAX_LABEL)).inc()

    def observe_ingested(self, model: str, kind: str, accepted: int, repeated: int, dropped: int) -> None:
        """Count rows of a push that was taken."""
        self._ingested.labels(model, kind).inc(accepted)
        self._repeated.labels(model, kind).inc(repeated)
        self._unlisted.labels(model, kind).inc(dropped)

    def observe_rejected(self, reason: str) -> None:
        """Count a push that was not taken."""
        self._rejected.labels(reason).inc()

    def observe_reload(self, succeeded: bool, timestamp: float) -> None:
        """Say how the last reading of the configuration went."""
        self._reload_ok.set(float(succeeded))
        if succeeded:
            self._reload_at.set(timestamp)

    def observe_expired(self, kind: str, count: int) -> None:
        """Count expired records that were deleted."""
        self._expired.labels(kind).inc(count)

    def observe_retention(self, timestamp: float) -> None:
        """Say when nothing that has expired was left; absent until then."""
        if self._expired_at is None:
            self._expired_at = self._gauge("fairlead_retention_last_success_timestamp_seconds")
        self._expired_at.set(timestamp)

    def text(self) -> bytes:
        """Text format 0.0.4."""
        return self._counts.text() + generate_latest(self._registry)

    def openmetrics(self) -> bytes:
        """OpenMetrics 1.0, with its end mark."""
        rest: bytes = generate_openmetrics(self._registry)  # type: ignore[no-untyped-call]
        return self._counts.openmetrics() + rest
