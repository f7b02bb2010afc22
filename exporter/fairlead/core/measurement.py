"""What a statistic returns: a number with its noise and sizes, or the reason why there is none."""

from collections.abc import Iterator
from dataclasses import dataclass

Labels = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Measurement:
    """One value of one metric.

    metric is the public name without its ``fairlead_`` prefix; labels leave out ``model``. noise, where the metric
    has one, is the value that chance alone would pass in 5 % of runs of the whole model when nothing has changed.
    samples and baseline_samples are the rows behind each side (0 where the side does not enter).
    """

    metric: str
    value: float
    labels: Labels = ()
    noise: float | None = None
    samples: int = 0
    baseline_samples: int = 0


@dataclass(frozen=True, slots=True)
class NotComputed:
    """A metric that has no value in this window, and the reason in a few words."""

    metric: str
    reason: str
    labels: Labels = ()


Outcome = Measurement | NotComputed
Outcomes = Iterator[Outcome]


@dataclass(frozen=True, slots=True)
class Minimums:
    """Sizes below which nothing is said: rows of a window, members of a group, labelled positives of a group."""

    samples: int = 30
    group: int = 30
    positives: int = 30
