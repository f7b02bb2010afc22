"""The file without mistakes as the frozen schema: defaults filled in, paths absolute."""

import glob
from datetime import timedelta
from math import isinf
from pathlib import Path
from typing import Any

from fairlead.config.access import Access, frozen_access
from fairlead.config.alerting import frozen_alerting
from fairlead.config.analysis import deadline
from fairlead.config.checkins import frozen_checkins
from fairlead.config.containment import frozen_containment
from fairlead.config.duration import duration
from fairlead.config.meaning import inferred_format
from fairlead.config.oncall import frozen_oncall
from fairlead.config.schema import (
    BaselineAge,
    ColumnKeys,
    Columns,
    Config,
    Feature,
    LabelKeys,
    LabelSource,
    LogConfig,
    Model,
    ModelKeys,
    ProtectedAttribute,
    Source,
    SourceKeys,
)
from fairlead.config.section import Section
from fairlead.config.shape import (
    AttributeShape,
    ColumnsShape,
    FeatureShape,
    FileShape,
    LabelsShape,
    LogShape,
    ModelShape,
    SourceShape,
    ValidationShape,
)


def frozen(path: Path, folder: Path, shape: FileShape) -> Config:
    """The configuration of a checked file."""
    store = shape.store if "://" in shape.store else str(folder / shape.store)
    models = tuple(_model(folder, shape, model) for model in shape.models)
    age = BaselineAge()
    if shape.baselines and (expires_after := duration(shape.baselines.expires_after)):
        age = BaselineAge(expires_after=expires_after)
    return Config(
        path=path,
        store=store,
        thresholds=folder / shape.thresholds,
        baselines=age,
        prediction_log=_log(folder, shape),
        models=models,
        access=frozen_access(folder, shape.access) if shape.access else Access(),
        alerting=frozen_alerting(folder, shape.alerting) if shape.alerting else None,
        checkins=frozen_checkins(shape.checkins),
        oncall=frozen_oncall(shape.oncall) if shape.oncall else None,
    )


def _log(folder: Path, shape: FileShape) -> LogConfig:
    written = shape.prediction_log or LogShape()
    key = folder / written.pii_key_file if written.pii_key_file else None
    retention = duration(written.retention) or timedelta(0)
    return LogConfig(path=folder / written.path, retention=retention, pii_key_file=key)


def _model(folder: Path, file: FileShape, shape: ModelShape) -> Model:
    return Model(
        **_same(ModelKeys, shape),
        source=Source(**_same(SourceKeys, shape.source), **_place(folder, file, shape.source)),
        columns=_columns(shape.columns),
        labels=_labels(folder, file, shape.labels) if shape.labels else None,
        label_delay=duration(shape.label_delay) or timedelta(0),
        deadline=deadline(shape.analysis, file.analysis),
        pii=tuple(shape.pii or ()),
        validation=Source(**_place(folder, file, shape.validation)) if shape.validation else None,
        containment=frozen_containment(folder, shape.containment) if shape.containment else None,
        features=tuple(_feature(name, feature) for name, feature in shape.features.items()),
        protected_attributes=tuple(_attribute(name, entry) for name, entry in shape.protected_attributes.items()),
    )


def _same(keys: type[Section], shape: Section) -> dict[str, Any]:
    """What is written in the file as it is used."""
    return {key: getattr(shape, key) for key in keys.model_fields if key in shape.model_fields_set}


def _columns(shape: ColumnsShape) -> Columns:
    keys = _same(ColumnKeys, shape)
    keys["positive"] = shape.positive or shape.favourable
    bounds = shape.favourable_range
    return Columns(**keys, favourable_range=(bounds[0], bounds[1]) if bounds else None)


def _labels(folder: Path, file: FileShape, shape: LabelsShape) -> LabelSource:
    return LabelSource(**_same(LabelKeys, shape), **_place(folder, file, shape))


def _place(folder: Path, file: FileShape, shape: SourceShape | LabelsShape | ValidationShape) -> dict[str, Any]:
    """The pattern made absolute, and the format; a folder whose own name looks like a pattern is taken literally."""
    if shape.path is None:
        return {"path": str(_log(folder, file).path), "format": "parquet"}
    start = glob.escape(str(folder)) if glob.has_magic(shape.path) else str(folder)
    return {"path": str(Path(start, shape.path)), "format": shape.format or inferred_format(shape.path)}


def _feature(name: str, shape: FeatureShape) -> Feature:
    return Feature(
        name=name,
        column=shape.column or name,
        kind=shape.type,
        low=_bound(shape.range, 0),
        high=_bound(shape.range, 1),
        required=shape.required,
    )


def _attribute(name: str, shape: AttributeShape) -> ProtectedAttribute:
    return ProtectedAttribute(
        name=name,
        column="" if shape.intersection else shape.column or name,
        bins=tuple(shape.bins or ()),
        intersection=tuple(shape.intersection or ()),
        reference=shape.reference,
    )


def _bound(bounds: list[float] | None, side: int) -> float | None:
    return None if bounds is None or isinf(bounds[side]) else float(bounds[side])
