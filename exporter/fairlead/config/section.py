"""What the sections of the configuration are made of."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict
from pydantic_core import PydanticCustomError


def must_be(expected: str) -> PydanticCustomError:
    """The error whose message reads: must be `expected`, got the value."""
    return PydanticCustomError("must_be", "{expected}", {"expected": expected})


def _path(text: str) -> str:
    if not text.strip() or not text.isprintable() or "://" in text:
        raise must_be("a path on this machine")
    return text


PathText = Annotated[str, AfterValidator(_path)]


class Section(BaseModel):
    """A part of the configuration: unknown keys are refused, nothing is converted, nothing changes later."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)
