"""One model as lines of Prometheus text, by metric name."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from math import isfinite, isnan

from fairlead.core.fact import Fact
from fairlead.core.measurement import Labels, NotComputed
from fairlead.core.run import Run
from fairlead.core.snapshot import ModelState
from fairlead.exposition.catalogue import METRICS, PREFIX

MAX_LABEL = 128
MAX_REASON = 512
ESCAPES = str.maketrans({"\\": r"\\", "\n": r"\n", '"': r"\""})


@dataclass(frozen=True, slots=True)
class Fragment:
    """Lines by metric name, of these models; dropped counts series left out, by reason."""

    models: tuple[ModelState, ...]
    lines: dict[str, bytes]
    series: int
    dropped: dict[str, int]


def fragment(models: tuple[ModelState, ...], most: int) -> Fragment:
    """At most so many series of models whose cleaned names are equal; of equal series the first."""
    series = _Series(most)
    for model in models:
        _add_state(series, model)
        for run in model.runs.values():
            _add_measurements(series, model.name, run)
            for missing in run.not_computed:
                series.add("fairlead_not_computed", label_text(_reason(model.name, missing)), 1.0)
    return Fragment(models, _encoded(series), most - series.room, series.dropped)


def facts_fragment(facts: Iterable[Fact], most: int) -> Fragment:
    """At most so many series of facts that belong to no model's analyses."""
    series = _Series(most)
    for fact in facts:
        values = dict(fact.labels)
        series.add(fact.metric, label_text((name, values[name]) for name in METRICS[fact.metric].labels), fact.value)
    return Fragment((), _encoded(series), most - series.room, series.dropped)


@dataclass(slots=True)
class _Series:
    """Numbers by metric name and text of the labels, with room for some more."""

    room: int
    found: dict[str, dict[str, float]] = field(default_factory=dict)
    dropped: dict[str, int] = field(default_factory=lambda: {"duplicate": 0, "too_many": 0})

    def add(self, name: str, labels: str, number: float) -> None:
        """One more, unless it is there or there is no room."""
        family = self.found.setdefault(name, {})
        if labels in family:
            self.dropped["duplicate"] += 1
        elif self.room == 0:
            self.dropped["too_many"] += 1
        else:
            family[labels] = number
            self.room -= 1


def _add_state(series: _Series, model: ModelState) -> None:
    name = ("model", model.name)
    facts = (("version", model.version), ("risk", model.risk), ("team", model.team), ("environment", model.environment))
    series.add("fairlead_model_info", label_text((name, *facts)), 1.0)
    if model.baseline:
        made = (name, ("baseline", model.baseline.version), ("created_by", model.baseline.created_by))
        series.add("fairlead_baseline_info", label_text(made), 1.0)
        created_at = model.baseline.created_at.timestamp()
        series.add("fairlead_baseline_created_timestamp_seconds", label_text((name,)), created_at)
    for family, run in model.runs.items():
        labels = label_text((name, ("family", family)))
        series.add("fairlead_window_samples", labels, float(run.samples))
        series.add("fairlead_window_start_timestamp_seconds", labels, run.window.start.timestamp())
        series.add("fairlead_window_end_timestamp_seconds", labels, run.window.end.timestamp())
    for family, moment in model.last_success.items():
        labels = label_text((name, ("family", family)))
        series.add("fairlead_analysis_last_success_timestamp_seconds", labels, moment.timestamp())
    for family, moment in model.next_due.items():
        labels = label_text((name, ("family", family)))
        series.add("fairlead_analysis_next_due_timestamp_seconds", labels, moment.timestamp())
    for family, seconds in model.cadence_seconds.items():
        series.add("fairlead_analysis_cadence_seconds", label_text((name, ("family", family))), seconds)


def _add_measurements(series: _Series, model: str, run: Run) -> None:
    texts: dict[tuple[tuple[str, ...], Labels], str] = {}
    for measurement in run.measurements:
        metric = METRICS.get(PREFIX + measurement.metric)
        if metric is None:
            continue  # recorded by a release that had the metric
        key = (metric.labels, measurement.labels)
        text = texts.get(key)
        if text is None:
            values = {"model": model, **dict(measurement.labels)}
            text = texts[key] = label_text((name, values.get(name, "")) for name in metric.labels)
        series.add(metric.name, text, measurement.value)
        if metric.noise and measurement.noise is not None:
            series.add(f"{metric.name}_noise", text, measurement.noise)


def _reason(model: str, missing: NotComputed) -> Labels:
    subject = ", ".join(f"{name}={clean(value, MAX_LABEL)}" for name, value in missing.labels)
    reason = f"{missing.reason}: {subject}" if subject else missing.reason
    return (("model", model), ("metric", missing.metric), ("reason", reason))


def label_text(labels: Iterable[tuple[str, str]]) -> str:
    """Labels as the format has them, between the braces."""
    return ",".join(
        f'{name}="{clean(value, MAX_REASON if name == "reason" else MAX_LABEL).translate(ESCAPES)}"'
        for name, value in labels
    )


def clean(value: str, most: int) -> str:
    """Printable characters only, so that no page or terminal that shows the label can be steered by it."""
    if value.isprintable() and len(value) <= most:
        return value
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in value)[:most]


def _encoded(series: _Series) -> dict[str, bytes]:
    return {name: _lines(name, found).encode() for name, found in series.found.items()}


def _lines(name: str, series: dict[str, float]) -> str:
    return "".join(
        [
            f"{name}{{{labels}}} {_number(number)}\n" if labels else f"{name} {_number(number)}\n"
            for labels, number in series.items()
        ]
    )


def _number(value: float) -> str:
    if isfinite(value):
        return repr(value)
    return "NaN" if isnan(value) else "+Inf" if value > 0 else "-Inf"
