"""Histograms for people: shares that numpy counts, over cells that fit; and what has few values shows each of them."""

import numpy as np
import pytest

from fairlead.core.edges import numerical_bins
from fairlead.core.histogram import CELLS, NAMES, of_categories, of_names, of_numbers
from fairlead.core.summary import Categorical, Floats, Numerical


def counted(values: Floats, edges: Floats) -> Numerical:
    counts = np.bincount(np.searchsorted(edges, values, side="left"), minlength=len(edges) + 1)
    return Numerical(counts, np.zeros(len(counts), dtype=object), rows=len(values))


def test_shares_are_those_of_the_values() -> None:
    chance = np.random.default_rng(1)
    before, now = chance.normal(0, 1, 50_000), chance.normal(0.7, 1.2, 50_000)
    bins = numerical_bins(before, "p1_p99")
    found = of_numbers("x", bins, counted(before, bins.edges), counted(now, bins.edges))
    assert found is not None
    assert len(found.labels) == len(found.baseline) == len(found.current) == CELLS
    borders = [float(label.split(" to ")[0]) for label in found.labels[1:-1]]
    borders.append(float(found.labels[-1].removeprefix("above ")))
    cells = [-np.inf, *borders, np.inf]
    for shares, values in ((found.baseline, before), (found.current, now)):
        expected = np.histogram(values, cells)[0] / len(values)
        assert np.abs(np.subtract(shares, expected)).max() < 0.008
        assert sum(shares) == pytest.approx(1)
    assert found.distance == pytest.approx(0.5 * np.abs(np.subtract(found.baseline, found.current)).sum())
    assert max(found.baseline) < 0.2, "far values do not flatten the rest"


def test_few_values_have_a_cell_each() -> None:
    before, now = np.repeat([0.0, 1.0, 7.5], [50, 30, 20]), np.repeat([0.0, 1.0, 7.5, 3.0], [10, 20, 30, 40])
    bins = numerical_bins(before, "p1_p99")
    found = of_numbers("x", bins, counted(before, bins.edges), counted(now, bins.edges))
    assert found is not None
    assert found.labels == ("0", "1", "7.5", "other values")
    assert found.baseline == (0.5, 0.3, 0.2, 0.0)
    assert found.current == (0.1, 0.2, 0.3, 0.4)
    assert found.largest in {("0", 0.5, 0.1), ("other values", 0.0, 0.4)}
    same = of_numbers("x", bins, counted(before, bins.edges), counted(before, bins.edges))
    assert same is not None
    assert (same.labels, same.largest, same.distance) == (("0", "1", "7.5"), None, 0.0)


def test_constant_huge_and_empty() -> None:
    bins = numerical_bins(np.full(10, 3.0), "p1_p99")
    empty = counted(np.empty(0), bins.edges)
    found = of_numbers("x", bins, counted(np.full(10, 3.0), bins.edges), empty)
    assert found is not None
    assert (found.labels, found.baseline, found.current) == (("3",), (1.0,), (0.0,))
    assert of_numbers("x", bins, empty, empty) is None
    wide = np.array([-1e300, 1e300] * 10 + list(range(20)), dtype=float)
    bins = numerical_bins(wide, "p1_p99")
    huge = of_numbers("x", bins, counted(wide, bins.edges), counted(wide, bins.edges))
    assert huge is not None
    assert sum(huge.current) == pytest.approx(1)


def test_the_commonest_names_of_both_sides_are_shown() -> None:
    before = {f"n{place:02}": 100 - place for place in range(20)}
    found = of_names("x", before, {"new": 500, "n00": 500})
    assert found is not None
    assert len(found.labels) == NAMES
    assert found.labels[:2] == ("n00", "new")
    assert found.labels[-1] == "14 others"
    total = sum(before.values())
    assert found.baseline[:2] == (100 / total, 0.0)
    assert found.current[:2] == (0.5, 0.5)
    assert sum(found.baseline) == sum(found.current) == pytest.approx(1)
    assert of_names("x", {}, {}) is None
    alone = of_names("x", {"a": 1}, {})
    assert alone is not None
    assert (alone.baseline, alone.current) == ((1.0,), (0.0,))


def test_names_that_were_not_kept_apart_count() -> None:
    found = of_categories("x", Categorical({"a": 3}, rows=4, folded=1), Categorical({"a": 1}, rows=1))
    assert found is not None
    assert (found.labels, found.baseline, found.current) == (("a", "(many others)"), (0.75, 0.25), (1.0, 0.0))
