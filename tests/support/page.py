"""A whole metrics page of a fixed snapshot."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np

from fairlead.core.baseline import Bins
from fairlead.core.comparison import Comparison
from fairlead.core.fact import Fact
from fairlead.core.families import FAMILIES, measure
from fairlead.core.measurement import Measurement, NotComputed
from fairlead.core.plan import Window
from fairlead.core.run import Run
from fairlead.core.snapshot import ActiveBaseline, ModelState, Snapshot
from fairlead.core.summary import Categorical, Moments, Repeats, Summary
from fairlead.exposition.collector import Collector
from fairlead.exposition.process import ProcessMetrics
from fairlead.exposition.render import render
from tests.support.comparisons import FAVOURABLE, Rows, baseline_of, count

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
DAY = timedelta(days=1)

BASE = Rows(
    numbers={
        "income": [float(number % 97) for number in range(400)],
        "debt": [float(number % 97 + number % 11) for number in range(400)],
    },
    names={"purpose": ["car", "boat", "house", "car"] * 100},
    predictions=[FAVOURABLE, FAVOURABLE, "denied", FAVOURABLE] * 100,
    labels=[FAVOURABLE, "denied", "denied", FAVOURABLE] * 100,
    groups={"sex": ["f", "m", "m", "f", "f"] * 80},
    scores=[0.9, 0.6, 0.2, 0.75] * 100,
    attributions={"income": [0.5] * 400, "debt": [0.375] * 400, "purpose": [-0.25] * 400, "age": [0.125] * 400},
)
CURRENT = Rows(
    numbers={
        "income": [float(number % 83) + 9 for number in range(200)],
        "debt": [float(number * 7 % 89) for number in range(200)],
    },
    names={"purpose": ["car", "boat", "rocket", None] * 50},
    predictions=[FAVOURABLE, "denied", "denied", FAVOURABLE] * 50,
    labels=[FAVOURABLE, "denied", FAVOURABLE, None] * 50,
    groups={"sex": ["f", "m", "m", "f", "f"] * 39 + ["x", "f", "m", "m", "f"]},
    scores=[0.8, 0.55, 0.3, 0.65] * 50,
    attributions={"income": [0.25] * 200, "debt": [0.0625] * 200, "purpose": [-0.5] * 200, "age": [0.125] * 200},
)


def repeated(spread: int, turn: float) -> Repeats:
    """Forty inputs, each answered to twice and explained twice."""
    inputs = np.arange(40, dtype=np.int64)
    apart = np.column_stack([inputs * 0 + round(2**20 * part) for part in (1 + np.cos(turn), np.sin(turn), 0.0, 0.0)])
    two = inputs * 0 + 2
    return Repeats(inputs.astype(np.uint64), two, inputs * 0, two * spread * spread, two, apart)


def seen(rows: Rows, bins: Bins, repeats: Repeats) -> Summary:
    """These rows and these repeated inputs."""
    return replace(count(rows, bins), repeats=repeats)


def runs(model: str, rows: Rows = CURRENT) -> dict[str, Run]:
    """A run of every family over these rows."""
    baseline = baseline_of(BASE)
    baseline = replace(baseline, summary=replace(baseline.summary, repeats=repeated(1_000, 0.1)))
    bins = Bins(baseline.bins, baseline.output_bins, baseline.attribution_bins)
    summary = seen(rows, bins, repeated(1_500, 0.5))
    needed = frozenset({"income"})
    return measured(model, Comparison(baseline, summary, summary, required=needed, ranged=needed), len(rows))


def estimates(model: str) -> dict[str, Run]:
    """A run of every family of a regression, whose answers are the scores."""
    rows = (Rows(scores=BASE.scores), Rows(scores=CURRENT.scores))
    baseline = baseline_of(rows[0])
    summaries = [
        replace(
            count(side, Bins(output=baseline.output_bins)),
            predicted=len(side),
            classes=Categorical({}),
            labelled=len(side),
            correct=len(side) // 2,
            errors=Moments(len(side), len(side) << error),
        )
        for side, error in zip(rows, (28, 29), strict=True)
    ]
    current = summaries[1]
    return measured(model, Comparison(replace(baseline, summary=summaries[0]), current, current), len(rows[1]))


def measured(model: str, comparison: Comparison, rows: int) -> dict[str, Run]:
    """What every family says of a comparison."""
    window = Window(NOON.replace(hour=0) - DAY, NOON.replace(hour=0))
    made = {}
    for family in FAMILIES:
        found = measure(family, comparison)
        made[family] = Run(
            model,
            "3",
            family,
            window,
            "scheduled",
            NOON - 10 * timedelta(hours=1),
            NOON - 10 * timedelta(hours=1) + timedelta(seconds=2),
            "2026-03-01-v1",
            rows,
            tuple(one for one in found if isinstance(one, Measurement)),
            tuple(one for one in found if isinstance(one, NotComputed)),
        )
    return made


def state(name: str, made: dict[str, Run] | None = None) -> ModelState:
    """A model with these runs and a baseline, or with neither."""
    found = made or {}
    return ModelState(
        name,
        "3",
        "high",
        "lending",
        "production",
        ActiveBaseline("2026-03-01-v1", "ana", NOON - 9 * DAY) if found else None,
        found,
        {family: run.finished for family, run in found.items()},
        {family: NOON.replace(hour=2) + DAY for family in FAMILIES},
        dict.fromkeys(FAMILIES, DAY.total_seconds()),
    )


NAME = ("model", "credit-default")
OF_BASELINES = (
    Fact("fairlead_baseline_expires_timestamp_seconds", (NAME,), (NOON + 171 * DAY).timestamp()),
    Fact("fairlead_baseline_outdated", (NAME,), 0.0),
    Fact("fairlead_baseline_draft_created_timestamp_seconds", (NAME,), (NOON - DAY).timestamp()),
    Fact("fairlead_baseline_distance", (("statistic", "psi_max"), NAME), 0.0625),
    Fact("fairlead_baseline_distance", (("statistic", "wasserstein_mean"), NAME), 0.03125),
    Fact("fairlead_baseline_parity_change", (("attribute", "sex"), NAME), -0.015625),
    Fact("fairlead_baseline_review_timestamp_seconds", (("outcome", "kept"), NAME), (NOON - 9 * DAY).timestamp()),
    Fact("fairlead_not_computed", (NAME, ("metric", "baseline"), ("reason", "must have rows, got none")), 1.0),
)

INCIDENT = (("incident", "INC-7"), NAME, ("family", "data"), ("severity", "critical"))
KEPT = (NAME, ("kind", "predictions"))
OF_INCIDENTS = (
    Fact("fairlead_model_impact_weight", (NAME,), 2.0),
    Fact("fairlead_incident_info", (*INCIDENT, ("status", "acknowledged")), 1.0),
    Fact("fairlead_incident_opened_timestamp_seconds", INCIDENT, (NOON - DAY).timestamp()),
    Fact("fairlead_incident_acknowledged_timestamp_seconds", INCIDENT, (NOON - DAY / 2).timestamp()),
    Fact("fairlead_incident_recovered_timestamp_seconds", INCIDENT, NOON.timestamp()),
    Fact("fairlead_incident_postmortem_due_timestamp_seconds", INCIDENT, (NOON + 7 * DAY).timestamp()),
    Fact("fairlead_incident_closed_timestamp_seconds", (NAME, ("family", "model")), (NOON - 9 * DAY).timestamp()),
    Fact(
        "fairlead_exception_expires_timestamp_seconds",
        (
            ("exception", "EXC-7"),
            NAME,
            ("metric", "feature_psi"),
            ("family", "data"),
            ("feature", "income"),
            ("attribute", ""),
        ),
        (NOON + 9 * DAY).timestamp(),
    ),
    Fact("fairlead_maintenance_ends_timestamp_seconds", (("maintenance", "MNT-3"), NAME), (NOON + DAY).timestamp()),
)
OF_THE_LOG = (
    Fact("fairlead_log_rows", KEPT, 4096.0),
    Fact("fairlead_log_size_bytes", KEPT, 65536.0),
    Fact("fairlead_log_files", KEPT, 3.0),
    Fact("fairlead_log_oldest_day_timestamp_seconds", KEPT, (NOON - 90 * DAY).timestamp()),
)

PRIMARY = (("rotation", "primary"), ("name", "Ana"), ("email", "ana@x.test"), ("slack", ""), ("phone", "+15550100001"))
AGENT = (("checkin", "moderation agent"), ("team", "agent-maintenance"), ("kind", "agent"))
SNAPSHOT = Snapshot(
    (
        state("credit-default", runs("credit-default")),
        state("house-prices", estimates("house-prices")),
        state("never analysed"),
    ),
    (
        Fact("fairlead_analysis_abandoned", (("model", "house-prices"),), 1.0),
        *OF_BASELINES,
        *OF_INCIDENTS,
        *OF_THE_LOG,
        Fact("fairlead_audit_entries", (), 2),
        Fact("fairlead_audit_head_info", (("number", "2"), ("hash", "c0ffee" * 8)), 1),
        Fact("fairlead_checkin_last_timestamp_seconds", AGENT, NOON.timestamp()),
        Fact("fairlead_checkin_interval_seconds", AGENT, 300),
        Fact("fairlead_model_frozen", (NAME,), 1),
        Fact("fairlead_containment_waiting_timestamp_seconds", (NAME,), NOON.timestamp()),
        Fact("fairlead_slack_waiting_messages", (("receiver", "ml-monitoring"),), 2),
        Fact("fairlead_slack_oldest_timestamp_seconds", (("receiver", "ml-monitoring"),), NOON.timestamp()),
        Fact("fairlead_digest_last_success_timestamp_seconds", (), NOON.timestamp()),
        Fact("fairlead_oncall_info", PRIMARY, 1),
    ),
)


def process(snapshot: Snapshot = SNAPSHOT) -> ProcessMetrics:
    """The process's own metrics after these runs and one failure."""
    metrics = ProcessMetrics()
    metrics.count_for((model.name, family) for model in snapshot.models for family in FAMILIES)
    for model in snapshot.models:
        for run in model.runs.values():
            metrics.observe(run)
    metrics.count_baselines_for(model.name for model in snapshot.models)
    metrics.observe_baseline_failure("credit-default")
    metrics.observe_reload(True, NOON.timestamp())
    metrics.observe_expired("runs", 5)
    metrics.observe_retention(NOON.timestamp())
    metrics.observe_reconciliation(None, NOON.timestamp(), 1)
    metrics.observe_ingested("credit-default", "predictions", 7, 2, 1)
    metrics.observe_rejected("busy")
    return metrics


def plain(snapshot: Snapshot = SNAPSHOT) -> bytes:
    """The snapshot's part of the page."""
    return b"".join(render(Collector().collect(snapshot).fragments))
