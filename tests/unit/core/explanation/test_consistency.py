"""Cosine similarity of the explanations of repeated inputs, against scipy over all pairs of rows."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.spatial.distance import cosine

from fairlead.core.explanation.consistency import consistency
from fairlead.core.merging import merge
from fairlead.core.plan import NO_BINS
from fairlead.core.summary import Repeats, Summary
from tests.support.comparisons import Outcomes, Rows, baseline_of, outcomes
from tests.support.repeats import count_repeats

METRIC = "attribution_consistency"
Floats = NDArray[np.float64]


def repeats(inputs: list[Floats]) -> Repeats:
    """One input per array of explanations (rows, features)."""
    keys = [key for key, rows in enumerate(inputs) for _ in rows]
    vectors = np.concatenate(inputs)
    columns = {f"f{i}": vectors[:, i] for i in range(vectors.shape[1])}
    return count_repeats(keys, np.zeros(len(keys)), columns, NO_BINS)


def pairwise(rows: Floats) -> float:
    """Mean cosine similarity over all pairs of rows."""
    return float(np.mean([1 - cosine(a, b) for a, b in combinations(rows, 2)]))


def drawn(seed: int, inputs: int, spread: float, features: int = 5) -> list[Floats]:
    random = np.random.default_rng(seed)
    return [
        random.normal(size=features) + spread * random.normal(size=(int(random.integers(1, 7)), features))
        for _ in range(inputs)
    ]


@pytest.mark.parametrize("spread", [0.01, 0.3, 2.0, 50.0])
def test_agrees_with_scipy(spread: float) -> None:
    inputs = drawn(1, 60, spread)
    several = [rows for rows in inputs if len(rows) > 1]
    expected = np.average([pairwise(rows) for rows in several], weights=[len(rows) - 1 for rows in several])
    assert consistency(repeats(inputs)) == pytest.approx(expected, abs=1e-5)


def test_is_one_less_the_pooled_variance_of_the_directions() -> None:
    inputs = [rows for rows in drawn(2, 60, 1.0) if len(rows) > 1]
    units = [rows / np.linalg.norm(rows, axis=1, keepdims=True) for rows in inputs]
    within = sum(((rows - rows.mean(axis=0)) ** 2).sum() for rows in units)
    freedom = sum(len(rows) - 1 for rows in units)
    assert consistency(repeats(inputs)) == pytest.approx(1 - within / freedom, abs=1e-5)


@settings(max_examples=50)
@given(st.integers(0, 10_000), st.integers(1, 60), st.sampled_from([1e-5, 1.0, 1e4]))
def test_identical_explanations_are_exactly_consistent(seed: int, features: int, scale: float) -> None:
    random = np.random.default_rng(seed)
    inputs = [np.tile(scale * random.normal(size=features), (int(random.integers(2, 6)), 1)) for _ in range(3)]
    assert consistency(repeats(inputs)) == 1


def test_other_lengths_of_the_same_direction_are_consistent() -> None:
    assert consistency(repeats([np.outer([1, 2, 0.5], [0.3, -0.7, 0.1])])) == 1


@pytest.mark.parametrize(
    ("rows", "expected"),
    [([[1, 0], [0, 1]], 0.0), ([[1, 2], [-1, -2]], -1.0), ([[1, 0], [1, 0], [-1, 0]], -1 / 3)],
)
def test_by_hand(rows: list[list[float]], expected: float) -> None:
    found = consistency(repeats([np.array(rows, dtype=np.float64)]))
    assert found == pytest.approx(expected, abs=1e-5)
    assert found >= -1


@settings(max_examples=50)
@given(st.integers(0, 10_000), st.floats(0, 100))
def test_stays_in_its_range(seed: int, spread: float) -> None:
    inputs = [*drawn(seed, 3, spread), np.ones((2, 5))]
    assert -1 <= consistency(repeats(inputs)) <= 1


def analysed(inputs: list[Floats] | None, attributions: bool = True, rows: int = 40) -> Outcomes:
    columns = {f"f{i}": np.arange(1.0, rows + 1) for i in range(5)} if attributions else {}
    window = Rows(predictions=["yes"] * rows, attributions=columns)
    baseline = baseline_of(window)
    found = repeats(inputs) if inputs is not None else None
    base = baseline.summary
    current = Summary(rows, attributions=base.attributions, repeats=found)
    return outcomes("explanation", baseline, current)


def test_inputs_explained_once_say_nothing() -> None:
    twice = [np.ones((2, 5))] * 29
    assert analysed([*twice, np.ones((1, 5))]).reason(METRIC) == "too few repeated inputs"
    found = analysed([*twice, np.ones((3, 5)), np.ones((1, 5))])
    assert found.value(METRIC) == 1
    assert found.measured(METRIC).samples == 61


def test_rows_without_an_explanation_do_not_count() -> None:
    holes = np.ones((3, 5))
    holes[1, 2], holes[2] = np.nan, 0
    assert analysed([np.ones((2, 5))] * 29 + [holes]).reason(METRIC) == "too few repeated inputs"


def test_without_a_key_or_attributions_nothing_is_said() -> None:
    assert analysed(None).find(METRIC) is None
    assert analysed([np.ones((2, 5))] * 40, attributions=False).find(METRIC) is None


def test_unit_of_the_attributions_does_not_matter() -> None:
    inputs = drawn(3, 50, 0.5)
    assert consistency(repeats([7.3 * rows for rows in inputs])) == pytest.approx(
        consistency(repeats(inputs)), abs=1e-5
    )


def test_merged_windows_give_the_whole() -> None:
    inputs = [rows for rows in drawn(4, 40, 0.5) if len(rows) > 1]
    first, other = (Summary(1, repeats=repeats([rows[side::2] for rows in inputs])) for side in (0, 1))
    whole = merge(first, other, {}).repeats
    assert whole is not None
    assert consistency(whole) == consistency(repeats(inputs))
