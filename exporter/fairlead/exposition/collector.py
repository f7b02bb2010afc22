"""A snapshot as metric families: fresh on every change, so that what vanished vanishes."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from fairlead.core.measurement import Labels, NotComputed
from fairlead.core.run import Run
from fairlead.core.snapshot import ModelState, Snapshot
from fairlead.exposition.catalogue import METRICS, PREFIX, Metric, noise_help

MAX_LABEL = 128
MAX_REASON = 512
MAX_SERIES = 100_000

Sample = tuple[str, Labels, float]
"""Metric name, labels in the metric's order, value."""


@dataclass(slots=True)
class Family:
    """One metric name with its series."""

    name: str
    help: str
    labels: tuple[str, ...]
    series: dict[tuple[str, ...], float] = field(default_factory=dict)


@dataclass(slots=True)
class Exposition:
    """Families in catalogue order; dropped counts series left out, by reason."""

    families: list[Family]
    dropped: dict[str, int]


def collect(snapshot: Snapshot) -> Exposition:
    """All gauges that come from the snapshot.

    A label value keeps its printable characters, MAX_LABEL of them. Two series that become equal that way, or more
    than MAX_SERIES in all, are dropped and counted, never exposed twice.
    """
    families: dict[str, Family] = {}
    for metric in METRICS.values():
        families[metric.name] = Family(metric.name, metric.help, metric.labels)
        if metric.noise:
            families[f"{metric.name}_noise"] = Family(f"{metric.name}_noise", noise_help(metric), metric.labels)
    dropped = {"duplicate": 0, "too_many": 0}
    room = MAX_SERIES
    for name, labels, number in _samples(snapshot):
        family = families[name]
        key = tuple(_clean(value, MAX_REASON if label == "reason" else MAX_LABEL) for label, value in labels)
        if key in family.series:
            dropped["duplicate"] += 1
        elif room == 0:
            dropped["too_many"] += 1
        else:
            family.series[key] = number
            room -= 1
    return Exposition([family for family in families.values() if family.series], dropped)


def _samples(snapshot: Snapshot) -> Iterator[Sample]:
    for model in snapshot.models:
        yield from _state(model)
        for run in model.runs.values():
            yield from _measurements(model, run)
            for missing in run.not_computed:
                yield "fairlead_not_computed", _reason(model, missing), 1.0


def _measurements(model: ModelState, run: Run) -> Iterator[Sample]:
    for measurement in run.measurements:
        metric = METRICS.get(PREFIX + measurement.metric)
        if metric is None:
            continue  # recorded by a release that had the metric
        labels = _ordered(metric, {"model": model.name, **dict(measurement.labels)})
        yield metric.name, labels, measurement.value
        if measurement.noise is not None:
            yield f"{metric.name}_noise", labels, measurement.noise


def _state(model: ModelState) -> Iterator[Sample]:
    name = ("model", model.name)
    facts = (("version", model.version), ("risk", model.risk), ("team", model.team), ("environment", model.environment))
    yield "fairlead_model_info", (name, *facts), 1.0
    if model.baseline:
        made = (name, ("baseline", model.baseline.version), ("created_by", model.baseline.created_by))
        yield "fairlead_baseline_info", made, 1.0
        yield "fairlead_baseline_created_timestamp_seconds", (name,), model.baseline.created_at.timestamp()
    for family, run in model.runs.items():
        labels = (name, ("family", family))
        yield "fairlead_window_samples", labels, float(run.samples)
        yield "fairlead_window_start_timestamp_seconds", labels, run.window.start.timestamp()
        yield "fairlead_window_end_timestamp_seconds", labels, run.window.end.timestamp()
    for family, moment in model.last_success.items():
        yield "fairlead_analysis_last_success_timestamp_seconds", (name, ("family", family)), moment.timestamp()
    for family, moment in model.next_due.items():
        yield "fairlead_analysis_next_due_timestamp_seconds", (name, ("family", family)), moment.timestamp()
    for family, seconds in model.cadence_seconds.items():
        yield "fairlead_analysis_cadence_seconds", (name, ("family", family)), seconds


def _ordered(metric: Metric, labels: dict[str, str]) -> Labels:
    return tuple((name, labels.get(name, "")) for name in metric.labels)


def _reason(model: ModelState, missing: NotComputed) -> Labels:
    subject = ", ".join(f"{name}={_clean(value, MAX_LABEL)}" for name, value in missing.labels)
    reason = f"{missing.reason}: {subject}" if subject else missing.reason
    return (("model", model.name), ("metric", missing.metric), ("reason", reason))


def _clean(value: str, most: int) -> str:
    """Printable characters only, so that no page or terminal that shows the label can be steered by it."""
    if value.isprintable() and len(value) <= most:
        return value
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in value)[:most]
