"""A whole metrics page of a fixed snapshot."""

from datetime import UTC, datetime, timedelta

from fairlead.core.comparison import Comparison
from fairlead.core.families import FAMILIES, measure
from fairlead.core.measurement import Measurement, NotComputed
from fairlead.core.plan import Window
from fairlead.core.run import Run
from fairlead.core.snapshot import ActiveBaseline, ModelState, Snapshot
from fairlead.exposition.collector import collect
from fairlead.exposition.process import ProcessMetrics
from fairlead.exposition.render import render
from tests.support.comparisons import FAVOURABLE, Rows, baseline_of, count

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
DAY = timedelta(days=1)

BASE = Rows(
    numbers={"income": [float(number % 97) for number in range(400)]},
    names={"purpose": ["car", "boat", "house", "car"] * 100},
    predictions=[FAVOURABLE, FAVOURABLE, "denied", FAVOURABLE] * 100,
    labels=[FAVOURABLE, "denied", "denied", FAVOURABLE] * 100,
    groups={"sex": ["f", "m", "m", "f", "f"] * 80},
    scores=[0.9, 0.6, 0.2, 0.75] * 100,
    attributions={"income": [0.5] * 400, "purpose": [-0.25] * 400, "age": [0.125] * 400},
)
CURRENT = Rows(
    numbers={"income": [float(number % 83) + 9 for number in range(200)]},
    names={"purpose": ["car", "boat", "rocket", None] * 50},
    predictions=[FAVOURABLE, "denied", "denied", FAVOURABLE] * 50,
    labels=[FAVOURABLE, "denied", FAVOURABLE, None] * 50,
    groups={"sex": ["f", "m", "m", "f", "f"] * 39 + ["x", "f", "m", "m", "f"]},
    scores=[0.8, 0.55, 0.3, 0.65] * 50,
    attributions={"income": [0.25] * 200, "purpose": [-0.5] * 200, "age": [0.125] * 200},
)


def runs(model: str, rows: Rows = CURRENT) -> dict[str, Run]:
    """A run of every family over these rows."""
    baseline = baseline_of(BASE)
    window = Window(NOON.replace(hour=0) - DAY, NOON.replace(hour=0))
    comparison = Comparison(
        baseline, count(rows, baseline.bins), required=frozenset({"income"}), ranged=frozenset({"income"})
    )
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
            len(rows),
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


SNAPSHOT = Snapshot((state("credit-default", runs("credit-default")), state("never analysed")))


def process(snapshot: Snapshot = SNAPSHOT) -> ProcessMetrics:
    """The process's own metrics after these runs and one failure."""
    metrics = ProcessMetrics()
    metrics.count_for((model.name, family) for model in snapshot.models for family in FAMILIES)
    for model in snapshot.models:
        for run in model.runs.values():
            metrics.observe(run)
    metrics.observe_reload(True, NOON.timestamp())
    return metrics


def plain(snapshot: Snapshot = SNAPSHOT) -> bytes:
    """The snapshot's part of the page."""
    return render(collect(snapshot).families)
