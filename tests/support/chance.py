"""Many windows in which nothing, or one known thing, changes; and how often each metric is past its noise."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fairlead.core.baseline import Bins, assemble
from fairlead.core.comparison import Comparison
from fairlead.core.edges import NumericalBins, numerical_bins
from fairlead.core.families import Statistic
from fairlead.core.measurement import Measurement
from fairlead.core.summary import QUANTUM, Categorical, Moments, Numerical, Summary, Tally
from fairlead.core.thresholds import MAGNITUDE, past_noise

Random = np.random.Generator
Floats = NDArray[np.float64]
Draw = Callable[[Random, int], Floats]
Sides = tuple[Summary, Summary, Mapping[str, NumericalBins]]


@dataclass(frozen=True, slots=True)
class World:
    """Draws a baseline of m rows and a current window of n rows from the same or from two distributions."""

    draw: Callable[[Random, int, int], Sides]
    references: Mapping[str, str | None] | None = None


def numbers(base: Draw, current: Draw | None = None) -> World:
    """A numerical feature."""

    def draw(random: Random, n: int, m: int) -> Sides:
        before = base(random, m)
        bins = numerical_bins(before, "p1_p99")
        sides = (before, (current or base)(random, n))
        then, now = (Summary(len(side), numerical={"x": quickly(side, bins)}) for side in sides)
        return then, now, {"x": bins}

    return World(draw)


def quickly(values: Floats, bins: NumericalBins) -> Numerical:
    """A column of finite numbers, counted for simulations: its sums are right to a dozen digits."""
    places, size = np.searchsorted(bins.edges, values), len(bins.edges) + 1
    sums = np.bincount(places, weights=np.rint((values - bins.centre) / bins.quantum), minlength=size)
    counts, whole = np.bincount(places, minlength=size).astype(np.int64), np.array(list(map(int, sums)), np.object_)
    return Numerical(counts, whole, len(values), minimum=float(values.min()), maximum=float(values.max()))


def names(base: Floats, current: Floats | None = None) -> World:
    """A categorical feature and a predicted class with these shares."""

    def one(random: Random, rows: int, shares: Floats) -> Summary:
        counts = random.multinomial(rows, shares / shares.sum())
        column = Categorical({str(i): int(count) for i, count in enumerate(counts) if count}, rows)
        return Summary(rows, categorical={"x": column}, classes=column)

    return World(lambda random, n, m: (one(random, m, base), one(random, n, base if current is None else current), {}))


def missing(base: float, current: float) -> World:
    """A feature that is null in these shares of rows."""

    def one(random: Random, rows: int, share: float) -> Summary:
        return Summary(rows, categorical={"x": Categorical({}, rows, int(random.binomial(rows, share)))})

    return World(lambda random, n, m: (one(random, m, base), one(random, n, current), {}))


def accuracy(base: float, current: float) -> World:
    """A model that is right in these shares of rows."""

    def one(random: Random, rows: int, share: float) -> Summary:
        classes = Categorical({"yes": rows}, rows)
        return Summary(rows, classes=classes, labelled=rows, correct=int(random.binomial(rows, share)))

    return World(lambda random, n, m: (one(random, m, base), one(random, n, current), {}))


def entropies(base: Draw, current: Draw | None = None) -> World:
    """A model with these scores."""

    def one(random: Random, rows: int, draw: Draw) -> Summary:
        scores = draw(random, rows)
        values = -(scores * np.log(scores) + (1 - scores) * np.log1p(-scores))
        return Summary(
            rows, entropy=Moments(rows, *(round(float(sums) / QUANTUM) for sums in (values.sum(), (values**2).sum())))
        )

    return World(lambda random, n, m: (one(random, m, base), one(random, n, current or base), {}))


def groups(base: tuple[float, ...], current: tuple[float, ...] | None = None, reference: str | None = None) -> World:
    """Groups of as many rows as the window is said to have, with these selection and true-positive rates."""

    def one(random: Random, rows: int, rates: tuple[float, ...]) -> Summary:
        tallies = {}
        for group, rate in enumerate(rates):
            positives = rows * 4 // 5
            selected, hits = int(random.binomial(rows, rate)), int(random.binomial(positives, rate))
            tallies[str(group)] = Tally(rows, rows, selected, rows, rows // 2, positives, hits)
        return Summary(rows * len(rates), groups={"g": tallies})

    return World(lambda random, n, m: (one(random, m, base), one(random, n, current or base), {}), {"g": reference})


def past(world: World, statistics: Iterable[Statistic], n: int, m: int, runs: int) -> dict[str, float]:
    """Share of runs in which each metric is measured and past its noise; always the same for the same arguments."""
    random = np.random.default_rng([n, m, runs])
    hits: Counter[str] = Counter()
    for _ in range(runs):
        base, current, bins = world.draw(random, n, m)
        comparison = Comparison(assemble("v", base, Bins(bins)), current, current, references=world.references or {})
        for statistic in statistics:
            for one in statistic(comparison):
                if isinstance(one, Measurement):
                    value = abs(one.value) if one.metric in MAGNITUDE else one.value
                    hits[one.metric] += past_noise(one.metric, value, one.noise)
    return {metric: count / runs for metric, count in hits.items()}
