"""`analysis` of the file and of a model: how long an analysis may take."""

from datetime import timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator

from fairlead.config.duration import duration
from fairlead.config.section import Section, must_be

DEADLINE = "10m"
"""Policy §4: an analysis takes less than this."""
LONGEST = timedelta(days=1)
"""The next daily run is due then."""


def _deadline(value: Any) -> str:
    span = duration(value) if isinstance(value, str) else None
    if span is None or not timedelta(0) < span <= LONGEST:
        raise must_be("a whole number of m, h or d from 1m to 1d")
    return str(value)


class AnalysisShape(Section):
    """`analysis` of the file, or of a model."""

    deadline: Annotated[str, BeforeValidator(_deadline)] = DEADLINE


def deadline(*sections: AnalysisShape | None) -> timedelta:
    """The deadline that the first section names."""
    named = [section.deadline for section in sections if section and "deadline" in section.model_fields_set]
    return duration((*named, DEADLINE)[0]) or timedelta(0)
