"""Bins with these edges, for tests that count."""

import numpy as np

from fairlead.core.edges import NumericalBins


def at(*edges: float) -> NumericalBins:
    """One PSI bin per fine bin, sums from 0 in quanta of 2⁻³⁰."""
    return NumericalBins(np.array(edges), np.arange(len(edges) + 1), 1.0)
