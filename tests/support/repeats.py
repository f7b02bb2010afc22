"""Repeated inputs counted in the plainest way."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from fairlead.core.edges import NumericalBins
from fairlead.core.summary import MAX_REPEATS, Floats, Repeats


def count_repeats(
    keys: Sequence[int], outputs: Floats, attributions: Mapping[str, ArrayLike], bins: NumericalBins
) -> Repeats:
    """Per key: rows with a finite output and its sums in steps, explained rows and the sum of their directions."""
    inputs = sorted(set(keys))[:MAX_REPEATS]
    rows, totals, squares, explained = (dict.fromkeys(inputs, 0) for _ in range(4))
    vectors = {key: np.zeros(len(attributions), np.int64) for key in inputs}
    columns = [np.asarray(column, np.float64) for column in attributions.values()]
    for place, key in enumerate(keys):
        if key not in rows:
            continue
        if np.isfinite(outputs[place]):
            step = round(min(max((outputs[place] - bins.centre) / bins.unit * 2**16, -(2**20)), 2**20))
            rows[key], totals[key], squares[key] = rows[key] + 1, totals[key] + step, squares[key] + step**2
        direction = np.array([column[place] for column in columns])
        if np.isfinite(direction).all() and direction.any():
            explained[key] += 1
            vectors[key] += np.rint(direction / np.linalg.norm(direction) * 2**20).astype(np.int64)
    return Repeats(
        np.array(inputs, np.uint64),
        np.array(list(rows.values()), np.int64),
        np.array(list(totals.values()), np.int64),
        np.array(list(squares.values()), np.int64),
        np.array(list(explained.values()), np.int64),
        np.array(list(vectors.values()), np.int64).reshape(len(inputs), len(attributions)),
    )
