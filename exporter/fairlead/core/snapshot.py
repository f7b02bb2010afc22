"""What is exposed at one moment: immutable, replaced as a whole after every change."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from fairlead.core.fact import Fact
from fairlead.core.run import Run


@dataclass(frozen=True, slots=True)
class ActiveBaseline:
    """The baseline a model is compared with."""

    version: str
    created_by: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ModelState:
    """One configured model; runs holds, per family, the successful run whose window ends last."""

    name: str
    version: str
    risk: str
    team: str
    environment: str
    baseline: ActiveBaseline | None
    runs: Mapping[str, Run]
    last_success: Mapping[str, datetime]
    next_due: Mapping[str, datetime]
    cadence_seconds: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All configured models, and what else is known."""

    models: tuple[ModelState, ...] = field(default=())
    facts: tuple[Fact, ...] = ()
