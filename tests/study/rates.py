"""How often chance and real change pass thresholds and noise, through the code that every analysis runs."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from math import sqrt
from pathlib import Path

import numpy as np

from fairlead.config.thresholds import load_thresholds
from fairlead.core.comparison import Comparison
from fairlead.core.families import measure
from fairlead.core.measurement import Measurement
from fairlead.core.thresholds import COMPARISONS, MAGNITUDE, Severity, Thresholds, past_noise
from tests.study.scenarios import FAMILIES, SCENARIOS, drifted
from tests.study.worlds import World, baseline, window

THRESHOLDS = Path(__file__).parents[2] / "rules" / "thresholds.yml"
ANY = "any metric"
METRICS = tuple(scenario.metric for scenario in SCENARIOS)
Size = tuple[int, int]


@dataclass(slots=True)
class Tally:
    """Windows that passed, one entry per baseline, so that windows of one baseline are not taken for independent."""

    windows: int = 0
    hits: list[int] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Share of windows."""
        return sum(self.hits) / (self.windows * len(self.hits))

    @property
    def error(self) -> float:
        """Standard error of the rate, from the spread between baselines; none passed counts as one."""
        shares = np.array(self.hits) / self.windows
        least = max(self.rate, 1 / (self.windows * len(shares)))
        return max(float(shares.std(ddof=1)), sqrt(least * (1 - least) / self.windows)) / sqrt(len(shares))


@dataclass(slots=True)
class Rates:
    """Per metric: past the warning threshold, past the noise, past both; and the change found, past both."""

    threshold: dict[str, Tally] = field(default_factory=dict)
    noise: dict[str, Tally] = field(default_factory=dict)
    both: dict[str, Tally] = field(default_factory=dict)
    found: dict[str, Tally] = field(default_factory=dict)

    def add(self, other: "Rates") -> None:
        """Take over the baselines of another."""
        for name in ("threshold", "noise", "both", "found"):
            mine, theirs = getattr(self, name), getattr(other, name)
            for metric, tally in theirs.items():
                known = mine.setdefault(metric, Tally(tally.windows))
                known.hits += tally.hits


def study(size: Size, windows: int, seed: int) -> Rates:
    """One baseline of m rows, and this many unchanged windows of n rows and as many changed ones against it."""
    n, m = size
    random = np.random.default_rng([seed, n, m])
    calm, changed, thresholds = World(), drifted(), load_thresholds(THRESHOLDS)
    base = baseline(random, calm, m)
    hits: dict[str, Counter[str]] = {name: Counter() for name in ("threshold", "noise", "both", "found")}
    for _ in range(windows):
        current = window(random, calm, n, base)
        alarms = _alarms(_measured(Comparison(base, current, current)), thresholds)
        for name, metrics in alarms.items():
            hits[name].update({*metrics, *([ANY] if metrics else [])})
        current = window(random, changed, n, base)
        hits["found"].update(_found(_measured(Comparison(base, current, current)), thresholds))
    return Rates(
        **{
            name: {metric: Tally(windows, [counter[metric]]) for metric in (*METRICS, ANY)}
            for name, counter in hits.items()
        }
    )


def _measured(comparison: Comparison) -> list[Measurement]:
    found = [outcome for family in FAMILIES for outcome in measure(family, comparison)]
    return [one for one in found if isinstance(one, Measurement) and one.metric in METRICS]


def _past_noise(one: Measurement) -> bool:
    return past_noise(one.metric, abs(one.value) if one.metric in MAGNITUDE else one.value, one.noise)


def _alarms(measured: Iterable[Measurement], thresholds: Thresholds) -> dict[str, set[str]]:
    """Metrics of which any series passes."""
    found: dict[str, set[str]] = {"threshold": set(), "noise": set(), "both": set()}
    for one in measured:
        severity = thresholds.judge("model", one)
        if severity > Severity.INFO:
            found["threshold"].add(one.metric)
        if severity > Severity.INCONCLUSIVE:
            found["both"].add(one.metric)
        if one.noise is not None and _past_noise(one):
            found["noise"].add(one.metric)
    return found


def _found(measured: Iterable[Measurement], thresholds: Thresholds) -> set[str]:
    """Metrics whose own change is found: past the warning threshold, where there is one, and past the noise."""
    wanted = {(scenario.metric, scenario.subject) for scenario in SCENARIOS}
    return {
        one.metric
        for one in measured
        if (one.metric, one.labels) in wanted
        and (thresholds.judge("model", one) > Severity.INCONCLUSIVE if one.metric in COMPARISONS else _past_noise(one))
    }
