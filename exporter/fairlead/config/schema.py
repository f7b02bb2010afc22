"""The configuration as the rest of fairlead sees it: frozen, checked, paths absolute."""

import unicodedata
from datetime import timedelta
from math import isfinite
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from fairlead.config.access import Access
from fairlead.config.alerting import Alerting
from fairlead.config.checkins import Checkin
from fairlead.config.containment import Containment
from fairlead.config.oncall import Oncall
from fairlead.config.section import Section, must_be
from fairlead.core.names import canonical

Risk = Literal["high", "medium", "low"]
Format = Literal["parquet", "csv", "jsonl"]
TimestampUnit = Literal["s", "ms", "us", "ns"]
Kind = Literal["numerical", "categorical"]
Scale = Literal["p1_p99", "min_max", "iqr", "std"]
Task = Literal["classification", "regression"]

JOINERS = str.maketrans("", "", "\u200c\u200d")  # invisible, but part of words in several scripts


def _name(text: str) -> str:
    if not (0 < len(text) <= 128 and text.translate(JOINERS).isprintable() and text.strip()):
        raise must_be("1 to 128 printable characters")
    return text


def _controls(text: str) -> bool:
    return any(unicodedata.category(char) in {"Cc", "Cs"} for char in text)


def _column(text: str) -> str:
    if not text or _controls(text):
        raise must_be("a column name without control characters")
    return text


def _value(value: Any) -> str:
    if not isinstance(value, bool | int | float | str) or (isinstance(value, float) and not isfinite(value)):
        raise must_be("text, a finite number, true or false")
    text = canonical(value)
    if not 0 < len(text) <= 128 or _controls(text):
        raise must_be("1 to 128 characters without control characters")
    return text


Name = Annotated[str, AfterValidator(_name)]
Column = Annotated[str, AfterValidator(_column)]
Value = Annotated[str, BeforeValidator(_value)]
Count = Annotated[int, Field(ge=1)]


class ColumnKeys(Section):
    """The keys of `columns` that are written in the file as they are used."""

    timestamp: Column
    timestamp_unit: TimestampUnit | None = None
    prediction: Column
    favourable: Value | None = None
    positive: Value | None = None
    score: Column | None = None
    probabilities: dict[Value, Column] = Field(default={}, min_length=2)
    label: Column | None = None
    tolerance: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    attributions_prefix: Column | None = None
    input_key: Column | None = None


class Columns(ColumnKeys):
    """Which columns of the logs hold what; `positive` is the favourable class where the file names no other."""

    favourable_range: tuple[float, float] | None = None


class SourceKeys(Section):
    """The keys of `source` that are written in the file as they are used; log says that predictions are pushed."""

    log: bool = False
    id: Column | None = None


class Source(SourceKeys):
    """Where the logs are: an absolute file, folder or glob, which may match nothing yet, or the prediction log."""

    path: str
    format: Format


class LabelKeys(Section):
    """The keys of `labels` that are written in the file as they are used."""

    key: Column
    label: Column
    timestamp: Column | None = None
    timestamp_unit: TimestampUnit | None = None
    log: bool = False


class LabelSource(LabelKeys):
    """Where the labels are when they come apart from the logs, and the columns that both are joined and read by."""

    path: str
    format: Format


class Feature(Section):
    """One input of the model; a missing bound does not bound."""

    name: Name
    column: Column
    kind: Kind
    low: float | None = None
    high: float | None = None
    required: bool = False


class ProtectedAttribute(Section):
    """A column whose values, or the intervals between bin edges, are the groups that fairness compares.

    An intersection combines the groups of other attributes and has no column of its own ("").
    """

    name: Name
    column: str
    bins: tuple[float, ...] = ()
    intersection: tuple[str, ...] = ()
    reference: Value | None = None


class ModelKeys(Section):
    """The keys of a model that are written in the file as they are used."""

    name: Name
    version: Name
    risk: Risk
    team: Name
    environment: Name = "production"
    task: Task = "classification"
    hash_inputs: bool = False
    impact_weight: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 1.0
    min_samples: Count = 30
    min_group_size: Count = 30
    min_positives: Count = 30
    wasserstein_scale: Scale = "p1_p99"


class Model(ModelKeys):
    """One monitored machine-learning model."""

    source: Source
    columns: Columns
    labels: LabelSource | None = None
    label_delay: timedelta = timedelta(0)
    deadline: timedelta = timedelta(minutes=10)
    validation: Source | None = None
    containment: Containment | None = None
    pii: tuple[str, ...] = ()
    features: tuple[Feature, ...]
    protected_attributes: tuple[ProtectedAttribute, ...] = ()


class BaselineAge(Section):
    """How long a baseline is good for."""

    expires_after: timedelta = timedelta(days=180)


class LogConfig(Section):
    """Where pushed predictions and labels are kept, and for how long; the key with which PII columns are hashed."""

    path: Path = Path("predictions")
    retention: timedelta = timedelta(days=90)
    pii_key_file: Path | None = None


class Config(Section):
    """The whole configuration; `store` is an absolute path or a database URL, which may hold a password."""

    path: Path
    store: str = Field(repr=False)
    thresholds: Path
    baselines: BaselineAge = BaselineAge()
    prediction_log: LogConfig = LogConfig()
    models: tuple[Model, ...]
    access: Access = Access()
    alerting: Alerting | None = None
    checkins: tuple[Checkin, ...] = ()
    oncall: Oncall | None = None
