"""Order of the features by mean absolute attribution, against scipy."""

import numpy as np
import pytest
from scipy.stats import spearmanr

from tests.support.comparisons import Outcomes, Rows, baseline_of, outcomes

METRIC = "attribution_rank_correlation"


def compared(base: dict[str, float], current: dict[str, float], rows: int = 40) -> Outcomes:
    def made(means: dict[str, float]) -> Rows:
        return Rows(attributions={name: np.resize([mean, -mean], rows) for name, mean in means.items()})

    return outcomes("explanation", baseline_of(made(base)), made(current))


@pytest.mark.parametrize("seed", range(5))
def test_agrees_with_scipy(seed: int) -> None:
    random = np.random.default_rng(seed)
    names = [f"f{i}" for i in range(8)]
    base, current = random.integers(1, 6, 8) / 10, random.integers(1, 6, 8) / 10
    found = compared(dict(zip(names, base, strict=True)), dict(zip(names, current, strict=True)))
    assert found.value(METRIC) == pytest.approx(spearmanr(base, current).statistic, abs=1e-9)
    assert found.value("attribution_mean_abs", feature="f3") == pytest.approx(current[3])
    assert found.value("attribution_mean_abs_baseline", feature="f3") == pytest.approx(base[3])


@pytest.mark.parametrize(("current", "expected"), [((1, 2, 3), 1.0), ((3, 2, 1), -1.0)])
def test_same_and_opposite_order(current: tuple[float, ...], expected: float) -> None:
    found = compared({"a": 1, "b": 2, "c": 3}, dict(zip("abc", current, strict=True)))
    assert found.value(METRIC) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("base", "current", "reason"),
    [
        ({"a": 1, "b": 2}, {"a": 1, "b": 2}, "fewer than three features with attributions"),
        ({"a": 1, "b": 2, "c": 3}, {"a": 1, "b": 1, "c": 1}, "all attributions equal"),
        ({"a": 1, "b": 2, "x": 3}, {"a": 1, "b": 2, "c": 3}, "fewer than three features with attributions"),
    ],
)
def test_reasons(base: dict[str, float], current: dict[str, float], reason: str) -> None:
    assert compared(base, current).reason(METRIC) == reason


def test_null_attributions_of_one_feature_leave_it_out() -> None:
    base = Rows(attributions={name: np.full(40, mean) for name, mean in {"a": 1, "b": 2, "c": 3, "d": 4}.items()})
    columns = {name: np.full(40, mean) for name, mean in {"a": 1.0, "b": 2.0, "c": 3.0}.items()}
    current = Rows(attributions={**columns, "d": np.full(40, np.nan)})
    found = outcomes("explanation", baseline_of(base), current)
    assert found.value(METRIC) == 1
    assert found.find("attribution_mean_abs", feature="d") is None


def test_model_without_attributions_says_so() -> None:
    rows = Rows(predictions=["yes"] * 40)
    assert outcomes("explanation", baseline_of(rows), rows).reason(METRIC) == "no attributions"
