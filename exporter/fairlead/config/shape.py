"""The shape of the file: which keys there are and what each may hold on its own."""

from datetime import timedelta
from itertools import pairwise
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

from fairlead.config.access import AccessShape, TokenShape
from fairlead.config.alerting import AlertingShape, EndpointShape
from fairlead.config.analysis import AnalysisShape
from fairlead.config.checkins import CheckinShape
from fairlead.config.containment import ContainmentShape
from fairlead.config.digest import DigestShape, SmtpShape
from fairlead.config.duration import EXPECTED, duration
from fairlead.config.oidc import OidcShape
from fairlead.config.oncall import OncallShape, OverrideShape, PersonShape, RotationShape
from fairlead.config.schema import (
    Column,
    ColumnKeys,
    Format,
    Kind,
    LabelKeys,
    ModelKeys,
    Name,
    SourceKeys,
    Value,
)
from fairlead.config.section import PathText, Section, must_be
from fairlead.config.slack import SlackShape
from fairlead.config.wording import Loc


def _store(text: str) -> str:
    if not text.strip() or not text.isprintable():
        raise must_be("a path or a database URL")
    if "://" in text and not text.startswith(("sqlite:", "postgresql:")):
        raise must_be("a path, or a URL that begins with sqlite: or postgresql:")
    return text


def _range(bounds: list[float]) -> list[float]:
    if len(bounds) != 2 or not bounds[0] < bounds[1]:
        raise must_be("[low, high] with low below high")
    if bounds == [float("-inf"), float("inf")]:
        raise must_be("[low, high] with at least one finite bound")
    return bounds


def _edges(edges: list[float]) -> list[float]:
    if any(high <= low for low, high in pairwise(edges)):
        raise must_be("bin edges that increase")
    return edges


def _duration(value: Any) -> str:
    if not isinstance(value, str) or duration(value) is None:
        raise must_be(EXPECTED)
    return value


def _age(value: Any) -> str:
    if not isinstance(value, str) or not duration(value):
        raise must_be("a whole number of m, h, d or w above 0 and up to 400d")
    return value


def _retention(value: Any) -> str:
    if not isinstance(value, str) or (duration(value) or timedelta(0)) < timedelta(days=1):
        raise must_be(f"{EXPECTED}, at least 1d")
    return value


Finite = Annotated[float, Field(allow_inf_nan=False)]
Range = Annotated[list[float], AfterValidator(_range)]


class SourceShape(SourceKeys):
    """`source` of a model."""

    path: PathText | None = None
    format: Format | None = None


class ValidationShape(Section):
    """`validation` of a model."""

    path: PathText
    format: Format | None = None


class ColumnsShape(ColumnKeys):
    """`columns` of a model."""

    favourable_range: Range | None = None


class LabelsShape(LabelKeys):
    """`labels` of a model."""

    path: PathText | None = None
    format: Format | None = None


class FeatureShape(Section):
    """One entry of `features`."""

    type: Kind
    column: Column | None = None
    range: Range | None = None
    required: bool = False


class AttributeShape(Section):
    """One entry of `protected_attributes`."""

    column: Column | None = None
    bins: Annotated[list[Finite], Field(min_length=1), AfterValidator(_edges)] | None = None
    intersection: Annotated[list[Name], Field(min_length=2, max_length=4)] | None = None
    reference: Value | None = None


class ModelShape(ModelKeys):
    """One entry of `models`."""

    source: SourceShape
    columns: ColumnsShape
    labels: LabelsShape | None = None
    label_delay: Annotated[str, BeforeValidator(_duration)] = "0d"
    analysis: AnalysisShape | None = None
    validation: ValidationShape | None = None
    containment: ContainmentShape | None = None
    pii: list[Column] | None = None
    features: dict[Name, FeatureShape] = Field(min_length=1)
    protected_attributes: dict[Name, AttributeShape] = Field(default={})


class BaselinesShape(Section):
    """`baselines`."""

    expires_after: Annotated[str, BeforeValidator(_age)] = "180d"


class LogShape(Section):
    """`prediction_log` of the file."""

    path: PathText = "predictions"
    retention: Annotated[str, BeforeValidator(_retention)] = "90d"
    pii_key_file: PathText | None = None


class FileShape(Section):
    """The whole file."""

    store: Annotated[str, AfterValidator(_store)] = "fairlead.db"
    thresholds: PathText
    analysis: AnalysisShape | None = None
    baselines: BaselinesShape | None = None
    prediction_log: LogShape | None = None
    models: list[ModelShape] = Field(min_length=1)
    access: AccessShape | None = None
    alerting: AlertingShape | None = None
    checkins: list[CheckinShape] = Field(default=[])
    oncall: OncallShape | None = None


IN_MODEL: dict[str, type[Section]] = {
    "source": SourceShape,
    "columns": ColumnsShape,
    "labels": LabelsShape,
    "analysis": AnalysisShape,
    "validation": ValidationShape,
    "containment": ContainmentShape,
}
BY_NAME: dict[str, type[Section]] = {"features": FeatureShape, "protected_attributes": AttributeShape}

ELSEWHERE: dict[Loc, type[Section]] = {
    ("models", "[]"): ModelShape,
    ("access",): AccessShape,
    ("access", "tokens", "[]"): TokenShape,
    ("access", "oidc"): OidcShape,
    ("analysis",): AnalysisShape,
    ("baselines",): BaselinesShape,
    ("alerting",): AlertingShape,
    ("alerting", "digest"): DigestShape,
    ("alerting", "digest", "smtp"): SmtpShape,
    ("alerting", "prometheus"): EndpointShape,
    ("alerting", "alertmanagers", "[]"): EndpointShape,
    ("checkins", "[]"): CheckinShape,
    ("oncall",): OncallShape,
    ("oncall", "people", "[]"): PersonShape,
    ("oncall", "rotations", "[]"): RotationShape,
    ("oncall", "rotations", "[]", "overrides", "[]"): OverrideShape,
    ("prediction_log",): LogShape,
}


def section_at(loc: Loc) -> type[Section]:
    """The section whose keys belong at a place."""
    match loc:
        case ("models", int(), str(key)) if key in IN_MODEL:
            return IN_MODEL[key]
        case ("models", int(), str(key), str()) if key in BY_NAME:
            return BY_NAME[key]
        case ("alerting", "slack", str()):
            return SlackShape
        case _:
            return ELSEWHERE.get(tuple("[]" if isinstance(part, int) else part for part in loc), FileShape)
