"""Hashes of rows by the values of numbers: the same wherever and in whatever order the rows are."""

from collections.abc import Iterable

import numpy as np

from fairlead.core.summary import Floats, Hashes


def hashed(columns: Iterable[Floats], rows: int) -> Hashes:
    """One hash per row; 0 and −0 are one value, as are all NaN."""
    total = np.zeros(rows, np.uint64)
    for values in columns:
        same = values + 0.0
        same[np.isnan(same)] = np.nan
        total = mixed(total * np.uint64(31) + same.view(np.uint64))
    return total


def mixed(values: Hashes) -> Hashes:
    """SplitMix64's finalizer (Steele, Lea and Flood 2014)."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))
