"""Classifiers drawn from a table of labels and predictions, and how often a metric of them is past its noise."""

from collections import Counter

import numpy as np
from numpy.typing import NDArray

from fairlead.core.baseline import Bins, assemble
from fairlead.core.comparison import Comparison
from fairlead.core.families import Statistic
from fairlead.core.measurement import Measurement
from fairlead.core.summary import Categorical, ClassTally, Summary
from fairlead.core.thresholds import past_noise

Random = np.random.Generator
Table = NDArray[np.float64]


def table(shares: list[float], right: float) -> Table:
    """Probabilities (K, K) of label and prediction: labels in these shares, each right this often, else any other."""
    labels = np.array(shares) / sum(shares)
    wrong = np.tile(labels, (len(labels), 1))
    np.fill_diagonal(wrong, 0)
    found: Table = labels[:, None] * (1 - right) * wrong / wrong.sum(axis=1, keepdims=True)
    np.fill_diagonal(found, labels * right)
    return found


def drawn(random: Random, rows: int, probabilities: Table) -> Summary:
    """The summary of this many rows, all of them labelled."""
    counts = random.multinomial(rows, probabilities.ravel()).reshape(probabilities.shape)
    predicted, actual, both = counts.sum(axis=0).tolist(), counts.sum(axis=1).tolist(), np.diag(counts).tolist()
    names = [str(place) for place in range(len(counts))]
    classes = {name: count for name, count in zip(names, predicted, strict=True) if count}
    tallies = zip(names, predicted, actual, both, strict=True)
    return Summary(
        rows,
        predicted=rows,
        classes=Categorical(classes, rows),
        labelled=rows,
        correct=sum(both),
        by_class={name: ClassTally(p, a, b) for name, p, a, b in tallies if p or a},
    )


def past(
    statistic: Statistic, base: Table, current: Table, sizes: tuple[int, int], runs: int, *, positive: str | None = None
) -> dict[str, float]:
    """Share of runs in which any series of a metric is past its noise; the same in every process.

    Sizes are the rows of the window and of the baseline. With equal tables nothing has changed.
    """
    random = np.random.default_rng([*sizes, runs])
    hits: Counter[str] = Counter()
    for _ in range(runs):
        now, before = (drawn(random, rows, side) for rows, side in zip(sizes, (current, base), strict=True))
        comparison = Comparison(assemble("v", before, Bins()), now, now, positive=positive)
        measured = [one for one in statistic(comparison) if isinstance(one, Measurement) and one.noise is not None]
        hits.update({one.metric for one in measured if past_noise(one.metric, one.value, one.noise)})
    return {metric: count / runs for metric, count in hits.items()}
