"""A series that no analysis makes: the state of incidents, exceptions, tokens, the store."""

from dataclasses import dataclass

from fairlead.core.measurement import Labels


@dataclass(frozen=True, slots=True)
class Fact:
    """A full metric name, its labels in any order, and its value."""

    metric: str
    labels: Labels
    value: float
