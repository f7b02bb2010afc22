"""The configuration as the rest of fairlead sees it: frozen, checked, paths absolute."""

import unicodedata
from math import isfinite
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from fairlead.core.names import canonical

Risk = Literal["high", "medium", "low"]
Format = Literal["parquet", "csv", "jsonl"]
TimestampUnit = Literal["s", "ms", "us", "ns"]
Kind = Literal["numerical", "categorical"]
Scale = Literal["p1_p99", "min_max", "iqr", "std"]

JOINERS = str.maketrans("", "", "\u200c\u200d")  # invisible, but part of words in several scripts


def must_be(expected: str) -> PydanticCustomError:
    """The error whose message reads: must be `expected`, got the value."""
    return PydanticCustomError("must_be", "{expected}", {"expected": expected})


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


class Section(BaseModel):
    """A part of the configuration: unknown keys are refused, nothing is converted, nothing changes later."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Columns(Section):
    """Which columns of the logs hold what."""

    timestamp: Column
    timestamp_unit: TimestampUnit | None = None
    prediction: Column
    favourable: Value | None = None
    score: Column | None = None
    probabilities: dict[Value, Column] = Field(default={}, min_length=2)
    label: Column | None = None
    attributions_prefix: Column | None = None


class Source(Section):
    """Where the logs are: an absolute file, folder or glob, which may match nothing yet."""

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
    """A column whose values, or the intervals between bin edges, are the groups that fairness compares."""

    name: Name
    column: Column
    bins: tuple[float, ...] = ()
    reference: Value | None = None


class ModelKeys(Section):
    """The keys of a model that are written in the file as they are used."""

    name: Name
    version: Name
    risk: Risk
    team: Name
    environment: Name = "production"
    columns: Columns
    min_samples: Count = 30
    min_group_size: Count = 30
    min_positives: Count = 30
    wasserstein_scale: Scale = "p1_p99"


class Model(ModelKeys):
    """One monitored machine-learning model."""

    source: Source
    features: tuple[Feature, ...]
    protected_attributes: tuple[ProtectedAttribute, ...] = ()


class Config(Section):
    """The whole configuration; `store` is an absolute path or a database URL, which may hold a password."""

    path: Path
    store: str = Field(repr=False)
    thresholds: Path
    models: tuple[Model, ...]
