"""A model of fifty features whose windows are drawn as the summaries that its rows would leave behind.

Features, scores, attributions and group tallies are drawn apart from each other: no statistic looks at two of them
together, but for the correlations, which are of the numerical features' own rows. Numerical columns are drawn row by
row, everything else as counts, which is the same in distribution.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_ndtr, ndtr

from fairlead.core.baseline import Baseline, Bins, assemble, bins_of
from fairlead.core.edges import NumericalBins
from fairlead.core.summary import QUANTUM, Categorical, ClassTally, Moments, Numerical, Summary, Tally
from fairlead.engines.products import counted, products

Random = np.random.Generator
Floats = NDArray[np.float64]
Shares = tuple[float, ...]

SHAPES: dict[str, Callable[[Random, Floats], Floats]] = {
    "normal": lambda random, z: z,
    "lognormal": lambda random, z: np.exp(z),
    "gamma": lambda random, z: random.gamma(2, size=len(z)),
    "uniform": lambda random, z: ndtr(z),
    "t3": lambda random, z: z / np.sqrt(random.chisquare(3, len(z)) / 3),
    "pareto": lambda random, z: np.exp(-log_ndtr(-z) / 2.5),
    "two modes": lambda random, z: z + 10 * (random.random(len(z)) < 0.5),
    "counts": lambda random, z: random.poisson(4, len(z)).astype(np.float64),
    "flag": lambda random, z: (z > 0.5).astype(np.float64),
    "half zero": lambda random, z: np.maximum(z, 0.0),
}
"""Numerical features by shape, from standard normal numbers."""
COPIES = 3
BLOCK = 5
"""Features of one block, in the order of SHAPES, are correlated."""
RHO = 0.5

CATEGORIES: dict[str, Floats] = {
    "two": np.array([0.9, 0.1]),
    "rare": np.array([0.995, 0.003, 0.002]),
    "three": np.array([0.5, 0.3, 0.2]),
    "ten": np.ones(10),
    "fifty": 1 / np.arange(1.0, 51),
    "five hundred": np.ones(500),
    "long tail": 1 / np.arange(1.0, 2001) ** 1.2,
    "halving": 0.5 ** np.arange(16.0),
    "skewed": np.array([0.95, 0.02, 0.01, 0.01, 0.01]),
    "hundred": np.ones(100),
}
"""Categorical features by the shares of their categories, up to a factor."""
MISSING = (0.0, 0.001, 0.02, 0.3)
"""Shares of rows without a value, taking turns over the features."""


@dataclass(frozen=True, slots=True)
class Rates:
    """One group: its share of the rows, and how often it is selected, is right, is selected when deserving or not."""

    share: float
    selected: float = 0.5
    right: float = 0.85
    true_positive: float = 0.8
    false_positive: float = 0.2


@dataclass(frozen=True, slots=True)
class World:
    """Where windows come from. moved is in standard deviations, together makes a correlation with the block's first."""

    moved: Mapping[str, float] = field(default_factory=dict)
    together: Mapping[str, float] = field(default_factory=dict)
    missing: Mapping[str, float] = field(default_factory=dict)
    shares: Mapping[str, Floats] = field(default_factory=dict)
    classes: Shares = (0.6, 0.3, 0.1)
    confusion: Shares = (0.45, 0.05, 0.05, 0.45)
    """Shares of labelled rows: both negative, false positives, false negatives, both positive."""
    scores: tuple[float, float] = (2.0, 2.0)
    attributions: Mapping[str, float] = field(default_factory=dict)
    groups: Mapping[str, tuple[Rates, ...]] = field(
        default_factory=lambda: {
            "sex": (Rates(0.5), Rates(0.5)),
            "region": (Rates(0.34), Rates(0.33), Rates(0.33)),
            "age": (Rates(0.25), Rates(0.25), Rates(0.25), Rates(0.25)),
        }
    )


NUMERICAL = tuple(f"{shape} {copy}" for copy in range(COPIES) for shape in SHAPES)
CATEGORICAL = tuple(f"{name} {copy}" for copy in range(2) for name in CATEGORIES)
ATTRIBUTED = tuple(f"attributed {number}" for number in range(10))


@dataclass(frozen=True, slots=True)
class Columns:
    """The numbers of a window before they are counted."""

    features: dict[str, Floats]
    scores: Floats
    attributions: dict[str, Floats]


def baseline(random: Random, world: World, rows: int) -> Baseline:
    """A baseline of this many rows, with bins from all of them."""
    columns = _columns(random, world, rows)
    bins = Bins(
        bins_of({name: values[~np.isnan(values)] for name, values in columns.features.items()}, "p1_p99"),
        bins_of({"output": columns.scores}, "p1_p99")["output"],
        bins_of(columns.attributions, "p1_p99", zero=True),
    )
    return assemble("2026-01-01-v1", _summary(random, world, columns, bins), bins)


def window(random: Random, world: World, rows: int, base: Baseline) -> Summary:
    """A window of this many rows, counted in the baseline's bins."""
    bins = Bins(base.bins, base.output_bins, base.attribution_bins)
    return _summary(random, world, _columns(random, world, rows), bins)


def _columns(random: Random, world: World, rows: int) -> Columns:
    features = {}
    for place, name in enumerate(NUMERICAL):
        if place % BLOCK == 0:
            common = random.standard_normal(rows)
        rho = world.together.get(name, RHO)
        z = np.sqrt(rho) * common + np.sqrt(1 - rho) * random.standard_normal(rows)
        values = SHAPES[name.rsplit(" ", 1)[0]](random, z + world.moved.get(name, 0.0))
        values[: random.binomial(rows, world.missing.get(name, MISSING[place % len(MISSING)]))] = np.nan
        features[name] = values
    attributions = {name: random.standard_normal(rows) * world.attributions.get(name, 1.0) for name in ATTRIBUTED}
    return Columns(features, random.beta(*world.scores, rows), attributions)


def _summary(random: Random, world: World, columns: Columns, bins: Bins) -> Summary:
    rows = len(columns.scores)
    numerical = {name: _count(values, bins.features[name]) for name, values in columns.features.items()}
    binned = [counted(name, columns.features[name], bins.features[name], numerical[name]) for name in NUMERICAL]
    entropy = -(columns.scores * np.log(columns.scores) + (1 - columns.scores) * np.log1p(-columns.scores))
    confusion = [int(cell) for cell in random.multinomial(rows, world.confusion)]
    return Summary(
        rows=rows,
        numerical=numerical,
        categorical={name: _categories(random, world, name, rows, place) for place, name in enumerate(CATEGORICAL)},
        predicted=rows,
        classes=_named(random.multinomial(rows, world.classes), rows),
        output=_count(columns.scores, bins.output),
        entropy=Moments(rows, *(round(float(total) / QUANTUM) for total in (entropy.sum(), (entropy**2).sum()))),
        labelled=rows,
        correct=confusion[0] + confusion[3],
        by_class={
            "no": ClassTally(confusion[0] + confusion[2], confusion[0] + confusion[1], confusion[0]),
            "yes": ClassTally(confusion[1] + confusion[3], confusion[2] + confusion[3], confusion[3]),
        },
        groups={name: _tallies(random, rates, rows) for name, rates in world.groups.items()},
        attributions={name: _count(values, bins.attributions[name]) for name, values in columns.attributions.items()},
        products=products(binned),
    )


def _count(values: Floats, bins: NumericalBins) -> Numerical:
    known = values[~np.isnan(values)]
    places, size = np.searchsorted(bins.edges, known), len(bins.edges) + 1
    sums = np.bincount(places, weights=np.rint((known - bins.centre) / bins.quantum), minlength=size)
    return Numerical(
        np.bincount(places, minlength=size).astype(np.int64),
        np.array([int(total) for total in sums], dtype=np.object_),
        len(values),
        len(values) - len(known),
        minimum=float(known.min()),
        maximum=float(known.max()),
    )


def _categories(random: Random, world: World, name: str, rows: int, place: int) -> Categorical:
    missing = int(random.binomial(rows, world.missing.get(name, MISSING[place % len(MISSING)])))
    shares = world.shares.get(name, CATEGORIES[name.rsplit(" ", 1)[0]])
    return _named(random.multinomial(rows - missing, shares / shares.sum()), rows)


def _named(counts: NDArray[np.int64], rows: int) -> Categorical:
    found = {str(place): int(count) for place, count in enumerate(counts) if count}
    return Categorical(found, rows, rows - sum(found.values()))


def _tallies(random: Random, groups: tuple[Rates, ...], rows: int) -> dict[str, Tally]:
    found = {}
    for place, (size, rates) in enumerate(
        zip(random.multinomial(rows, [group.share for group in groups]).tolist(), groups, strict=True)
    ):
        positives = int(random.binomial(size, 0.5))
        found[str(place)] = Tally(
            rows=size,
            predicted=size,
            selected=int(random.binomial(size, rates.selected)),
            labelled=size,
            correct=int(random.binomial(size, rates.right)),
            positives=positives,
            true_positives=int(random.binomial(positives, rates.true_positive)),
            false_positives=int(random.binomial(size - positives, rates.false_positive)),
        )
    return found
