"""Order of the features by mean absolute attribution, against scipy."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import rankdata, spearmanr

from fairlead.core.explanation.ranks import mean_ranks
from tests.support.comparisons import Outcomes, Rows, baseline_of, outcomes

METRIC = "attribution_rank_correlation"
TOO_FEW = "fewer than three features with attributions"


def constant(means: dict[str, float], rows: int = 40) -> Rows:
    return Rows(attributions={name: np.resize([mean, -mean], rows) for name, mean in means.items()})


def compared(base: dict[str, float], current: dict[str, float]) -> Outcomes:
    return outcomes("explanation", baseline_of(constant(base)), constant(current))


@pytest.mark.parametrize("seed", range(5))
def test_agrees_with_scipy(seed: int) -> None:
    random = np.random.default_rng(seed)
    names = [f"f{i}" for i in range(8)]
    base, current = random.integers(1, 6, 8) / 10, random.integers(1, 6, 8) / 10
    found = compared(dict(zip(names, base, strict=True)), dict(zip(names, current, strict=True)))
    assert found.value(METRIC) == pytest.approx(spearmanr(base, current).statistic, abs=1e-9)
    assert found.value("attribution_mean_abs", feature="f3") == pytest.approx(current[3])
    assert found.value("attribution_mean_abs_baseline", feature="f3") == pytest.approx(base[3])


@pytest.mark.parametrize("seed", range(5))
def test_agrees_with_scipy_on_attributions_of_any_shape(seed: int) -> None:
    random = np.random.default_rng(seed)
    sides = [
        {f"f{i}": random.normal(random.normal(), random.lognormal(), rows) for i in range(12)} for rows in (900, 300)
    ]
    found = outcomes("explanation", baseline_of(Rows(attributions=sides[0])), Rows(attributions=sides[1]))
    base, current = (np.array([np.abs(column).mean() for column in side.values()]) for side in sides)
    assert found.value(METRIC) == pytest.approx(spearmanr(base, current).statistic, abs=1e-9)
    assert found.measured(METRIC).samples == 300
    assert found.measured(METRIC).baseline_samples == 900


@pytest.mark.parametrize(("current", "expected"), [((1, 2, 3), 1.0), ((3, 2, 1), -1.0)])
def test_same_and_opposite_order(current: tuple[float, ...], expected: float) -> None:
    found = compared({"a": 1, "b": 2, "c": 3}, dict(zip("abc", current, strict=True)))
    assert found.value(METRIC) == expected


@pytest.mark.parametrize(
    ("base", "current", "reason"),
    [
        ({"a": 1, "b": 2}, {"a": 1, "b": 2}, TOO_FEW),
        ({"a": 1, "b": 2, "c": 3}, {"a": 1, "b": 1, "c": 1}, "all attributions equal"),
        ({"a": 1, "b": 2, "c": 3}, {"a": 1, "b": 2, "c": np.nan}, TOO_FEW),
    ],
)
def test_reasons(base: dict[str, float], current: dict[str, float], reason: str) -> None:
    assert compared(base, current).reason(METRIC) == reason


def test_null_attributions_of_one_feature_leave_it_out() -> None:
    base, current = {"a": 1.0, "b": 2.0, "c": 3.0, "d": 4.0}, {"a": 1.0, "b": 2.0, "c": 3.0, "d": np.nan}
    found = compared(base, current)
    assert found.value(METRIC) == 1
    assert found.find("attribution_mean_abs", feature="d") is None


@pytest.mark.parametrize(("known", "expected"), [(29, "too few values"), (30, None)])
def test_rarely_explained_feature_is_left_out(known: int, expected: str | None) -> None:
    base = {"a": np.full(40, 1.0), "b": np.full(40, 2.0), "c": np.full(40, 3.0)}
    current = base | {"c": np.array([3.0] * known + [np.nan] * (40 - known))}
    found = outcomes("explanation", baseline_of(Rows(attributions=base)), Rows(attributions=current))
    if expected:
        assert found.reason(METRIC) == expected
    else:
        assert found.measured(METRIC).samples == known


def test_model_without_attributions_says_so() -> None:
    rows = Rows(predictions=["yes"] * 40)
    assert outcomes("explanation", baseline_of(rows), rows).reason(METRIC) == "no attributions"


@given(st.lists(st.sampled_from([0.0, 0.1, 0.2, 0.5, 3.0]), min_size=1, max_size=12))
def test_ranks_of_ties_agree_with_scipy(values: list[float]) -> None:
    assert mean_ranks(np.array(values)).tolist() == rankdata(values).tolist()


def test_means_that_differ_by_the_rounding_of_their_sums_are_tied() -> None:
    assert mean_ranks(np.array([0.3, 0.3 * (1 + 1e-9), 0.1])).tolist() == [2.5, 2.5, 1]
    assert mean_ranks(np.array([0.3, 0.3 * (1 + 1e-5), 0.1])).tolist() == [2, 3, 1]


def window(seed: int, scale: float = 1.0) -> dict[str, NDArray[np.float64]]:
    random = np.random.default_rng(seed)
    return {name: scale * random.normal(0, random.lognormal(), 100) for name in "abcdef"}


@settings(max_examples=25)
@given(st.integers(0, 10_000), st.integers(0, 10_000), st.sampled_from([1e-6, 0.3, 7.0, 1e5]))
def test_unit_of_the_attributions_does_not_matter(before: int, now: int, scale: float) -> None:
    first, again = (
        outcomes("explanation", baseline_of(Rows(attributions=window(before, s))), Rows(attributions=window(now, s)))
        for s in (1.0, scale)
    )
    assert again.value(METRIC) == first.value(METRIC)
    one, other = (found.find("attribution_top3_changes") for found in (first, again))
    assert one == other


@pytest.mark.parametrize("rows", [30, 100])
@pytest.mark.parametrize("importance", [0.8 ** np.arange(8), 1 / np.arange(1, 31)])
def test_smallest_windows_keep_an_unchanged_order(rows: int, importance: NDArray[np.float64]) -> None:
    """No noise series: chance alone stays above the warning line where importances differ as they usually do."""
    random = np.random.default_rng(rows)
    names = [f"f{i}" for i in range(len(importance))]

    def side(size: int) -> Rows:
        return Rows(attributions={n: random.normal(0, s, size) for n, s in zip(names, importance, strict=True)})

    baseline = baseline_of(side(2000))
    found = [outcomes("explanation", baseline, side(rows)).value(METRIC) for _ in range(40)]
    assert min(found) > 0.80
