"""What the monitor and the engines need to know of a configured model."""

from collections.abc import Callable
from functools import partial

from fairlead.app.listed import Listed
from fairlead.config.schema import LabelSource, Source
from fairlead.config.schema import Model as ModelConfig
from fairlead.core.logged import KNOWN, LABELS, PREDICTIONS
from fairlead.core.measurement import Minimums
from fairlead.core.plan import AttributeColumn, CategoricalColumn, NumericalColumn, Plan
from fairlead.engines.files import Files, Progress, silent
from fairlead.engines.incremental import Cache
from fairlead.engines.labels import Labels
from fairlead.engines.reader import go_on
from fairlead.engines.summarise import summarise
from fairlead.monitor.check import Subject
from fairlead.store.database import Database
from fairlead.store.manifest import Manifest


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


def labels_of(model: ModelConfig, database: Database) -> Labels | None:
    """Where the labels are, if apart from the logs."""
    source = model.labels
    if source is None:
        return None
    files = _files(model, source, LABELS, database)
    timestamp = source.timestamp or (KNOWN if source.log else None)
    return Labels(files, source.key, source.label, timestamp, source.timestamp_unit)


def _files(model: ModelConfig, source: Source | LabelSource, kind: str, database: Database) -> Files:
    """Files on disk, or those that the prediction log consists of when they are asked for."""
    if not source.log:
        return Files(source.path, source.format)
    return Files(
        f"{kind} of model {model.name!r} in the prediction log",
        source.format,
        Listed(model.name, kind, source.path, Manifest(database)),
    )


def subject_of(
    model: ModelConfig,
    database: Database,
    cache: Cache | None = None,
    progress: Progress = silent,
    tick: Callable[[], None] = go_on,
    *,
    threads: int | None = None,
) -> Subject:
    """What the monitor needs of a configured model; its readers call ``tick`` between batches."""
    source, labels = _files(model, model.source, PREDICTIONS, database), labels_of(model, database)
    reading = partial(summarise, source, cache=cache, tick=tick, threads=threads)
    join = partial(reading, labels=labels)
    return Subject(
        model.name,
        model.version,
        model.risk,
        plan_of(model),
        partial(reading, progress=progress),
        join if labels or model.label_delay else None,
        model.label_delay,
        model.columns.positive,
        Minimums(model.min_samples, model.min_group_size, model.min_positives),
        {attribute.name: attribute.reference for attribute in model.protected_attributes},
        frozenset(f.name for f in model.features if f.required),
        frozenset(f.name for f in model.features if f.low is not None or f.high is not None),
        model.deadline,
        lambda tick: subject_of(model, database, cache, progress, tick, threads=threads),
    )
