"""Whether equal inputs get equal explanations."""

import math

import numpy as np

from fairlead.core.comparison import Comparison
from fairlead.core.measurement import Measurement, NotComputed, Outcomes
from fairlead.core.summary import Repeats

METRIC = "attribution_consistency"
UNIT = 2.0**20
"""Length of a unit vector in a summary's repeats."""


def measure(c: Comparison) -> Outcomes:
    """Mean cosine similarity of the explanations of repeated inputs, in [−1, 1]; 1 when each input always has its own.

    Inputs explained once say nothing. Without input key or attributions there is nothing to measure.
    """
    repeats = c.current.repeats
    if repeats is None or not c.current.attributions:
        return
    repeated = int((repeats.explained >= 2).sum())
    if repeated < c.minimums.samples:
        yield NotComputed(METRIC, "too few repeated inputs")
        return
    rows = int(repeats.explained[repeats.explained >= 2].sum())
    yield Measurement(METRIC, consistency(repeats), samples=rows)


def consistency(repeats: Repeats) -> float:
    """Mean over inputs of the mean pairwise cosine (|Σu|² − n) ÷ (n(n − 1)) of n unit vectors u, weighted by n − 1.

    The weights are those of a pooled variance: 1 − consistency is Σ|u − ū|² ÷ Σ(n − 1), the unbiased variance of the
    vectors within inputs. By pairs, n(n − 1)/2, the few commonest inputs would decide alone. What is closer to 1 than
    the rounding of the vectors can tell is 1.
    """
    several = repeats.explained >= 2
    n = repeats.explained[several].astype(np.float64)
    vectors = repeats.vectors[several] / UNIT
    squares = (vectors * vectors).sum(axis=1)
    value = float((squares / n - 1).sum() / (n - 1).sum())
    rounding = 4 * math.sqrt(vectors.shape[1]) / UNIT
    return 1.0 if value > 1 - rounding else max(value, -1.0)
