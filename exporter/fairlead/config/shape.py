"""The shape of the file: which keys there are and what each may hold on its own."""

from itertools import pairwise
from typing import Annotated

from pydantic import AfterValidator, Field

from fairlead.config.schema import (
    Column,
    Columns,
    Format,
    Kind,
    ModelKeys,
    Name,
    Section,
    Value,
    must_be,
)
from fairlead.config.wording import Loc


def _path(text: str) -> str:
    if not text.strip() or not text.isprintable() or "://" in text:
        raise must_be("a path on this machine")
    return text


def _store(text: str) -> str:
    if not text.strip() or not text.isprintable():
        raise must_be("a path or a database URL")
    if "://" in text and not text.startswith("sqlite:"):
        raise must_be("a path, or a URL that begins with sqlite:")
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


Path = Annotated[str, AfterValidator(_path)]
Finite = Annotated[float, Field(allow_inf_nan=False)]


class SourceShape(Section):
    """`source` of a model."""

    path: Path
    format: Format | None = None


class FeatureShape(Section):
    """One entry of `features`."""

    type: Kind
    column: Column | None = None
    range: Annotated[list[float], AfterValidator(_range)] | None = None
    required: bool = False


class AttributeShape(Section):
    """One entry of `protected_attributes`."""

    column: Column | None = None
    bins: Annotated[list[Finite], Field(min_length=1), AfterValidator(_edges)] | None = None
    reference: Value | None = None


class ModelShape(ModelKeys):
    """One entry of `models`."""

    source: SourceShape
    features: dict[Name, FeatureShape] = Field(min_length=1)
    protected_attributes: dict[Name, AttributeShape] = Field(default={})


class FileShape(Section):
    """The whole file."""

    store: Annotated[str, AfterValidator(_store)] = "fairlead.db"
    thresholds: Path
    models: list[ModelShape] = Field(min_length=1)


def section_at(loc: Loc) -> type[Section]:
    """The section whose keys belong at a place."""
    match loc:
        case ("models", int(), "source"):
            return SourceShape
        case ("models", int(), "columns"):
            return Columns
        case ("models", int(), "features", str()):
            return FeatureShape
        case ("models", int(), "protected_attributes", str()):
            return AttributeShape
        case ("models", int()):
            return ModelShape
        case _:
            return FileShape
