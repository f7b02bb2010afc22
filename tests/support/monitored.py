"""A clock that is set by hand, and models whose logs are functions."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from fairlead.core.baseline import Baseline, Bins
from fairlead.core.plan import AttributeColumn, NumericalColumn, Plan, Window
from fairlead.core.summary import Summary
from fairlead.errors import BaselineError
from fairlead.monitor.check import Subject
from tests.support.comparisons import FAVOURABLE, Rows, baseline_of, count

ROWS = Rows(
    numbers={"income": [float(number) for number in range(200)]},
    predictions=[FAVOURABLE, "denied"] * 100,
    labels=[FAVOURABLE, "denied", "denied", "denied"] * 50,
    groups={"sex": ["f", "f", "m", "m"] * 50},
)
BASELINE = baseline_of(ROWS)

Summarise = Callable[[Plan, Window], Summary]


def usual(plan: Plan, window: Window) -> Summary:
    """The rows of the baseline again."""
    return count(ROWS, Bins(BASELINE.bins))


def subject(
    name: str = "credit",
    summarise: Summarise = usual,
    risk: str = "high",
    features: tuple[str, ...] = ("income",),
    fair: bool = True,
) -> Subject:
    """A model with a numerical feature or some, and a protected attribute if wanted."""
    plan = Plan(
        "ts",
        None,
        "decision",
        favourable=FAVOURABLE,
        label="repaid",
        numerical={feature: NumericalColumn(feature) for feature in features},
        attributes={"sex": AttributeColumn("sex")} if fair else {},
    )
    return Subject(name, "3", risk, plan, summarise)


@dataclass(slots=True)
class Clock:
    """Time as the test says it is."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now


def load_baseline(model: str) -> Baseline:
    """The same baseline for every model but the one that has none."""
    if model == "without":
        raise BaselineError("model 'without': no active baseline")
    return BASELINE


class Alone:
    """Leases of a process that has the store for itself."""

    def __init__(self) -> None:
        self.held: set[str] = set()

    def take(self, name: str) -> bool:
        """Unless it is held."""
        if name in self.held:
            return False
        self.held.add(name)
        return True

    def holds(self, name: str) -> bool:
        """Whether it is held."""
        return name in self.held

    def release(self, name: str) -> None:
        """End it, held or not."""
        self.held.discard(name)

    def end(self, name: str) -> bool:
        """Whether it was held until now."""
        held = name in self.held
        self.held.discard(name)
        return held
