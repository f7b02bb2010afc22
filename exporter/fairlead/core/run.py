"""One analysis of one family of one model over one window, as it is recorded and exposed."""

from dataclasses import dataclass
from datetime import datetime

from fairlead.core.measurement import Measurement, NotComputed
from fairlead.core.plan import Window


@dataclass(frozen=True, slots=True)
class Run:
    """A finished run. A failed one has a reason and no outcomes; it never replaces the values of an earlier one.

    window.end is the moment the values speak of; started and finished are clock times. baseline is the version that
    was compared with (None when there was none).
    """

    model: str
    model_version: str
    family: str
    window: Window
    trigger: str
    started: datetime
    finished: datetime
    baseline: str | None = None
    samples: int = 0
    measurements: tuple[Measurement, ...] = ()
    not_computed: tuple[NotComputed, ...] = ()
    failure: str | None = None
    id: int = 0
