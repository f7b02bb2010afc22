"""New and shifted categories."""

import math

import numpy as np
import pytest
from scipy.stats import norm

from fairlead.core.baseline import own_bins
from fairlead.core.summary import MAX_CATEGORIES, Categorical, Summary, fold
from tests.support.comparisons import Outcomes, Rows, baseline_of, outcomes
from tests.support.intervals import wilson

NEW, SHIFT = "feature_new_category_ratio", "feature_category_shift_ratio"


def compared(base: dict[str, int], current: dict[str, int]) -> Outcomes:
    def rows(counts: dict[str, int]) -> Rows:
        return Rows(names={"purpose": [name for name, count in counts.items() for _ in range(count)]})

    return outcomes("data", baseline_of(rows(base)), rows(current))


def test_shares_by_hand() -> None:
    found = compared({"car": 500, "house": 400, "boat": 100}, {"car": 80, "house": 90, "rocket": 20, "sled": 10})
    assert found.value(NEW, feature="purpose") == pytest.approx(30 / 200)
    assert found.value(SHIFT, feature="purpose") == pytest.approx(0.1)


def test_largest_shift_may_be_a_vanished_category() -> None:
    found = compared({"car": 500, "boat": 500}, {"car": 100})
    assert found.value(SHIFT, feature="purpose") == pytest.approx(0.5)
    assert found.value(NEW, feature="purpose") == 0


def test_shift_noise_by_hand() -> None:
    found = compared({"car": 1000, "boat": 1000}, {"car": 60, "boat": 40})
    z, pooled = norm.isf((1 - 0.95 ** (1 / 2)) / 2), 1061 / 2102
    skewness = (z * z - 1) / 6 * abs(1 - 2 * pooled) * abs(1 / 100 - 1 / 2000)
    expected = z * math.sqrt(pooled * (1 - pooled) * (1 / 100 + 1 / 2000)) + skewness
    assert found.measured(SHIFT, feature="purpose").noise == pytest.approx(expected, rel=1e-9)


def test_new_category_noise_grows_with_categories_the_baseline_met_once() -> None:
    base = {"car": 900, "boat": 100}
    few = compared(base, {"car": 90, "boat": 10}).measured(NEW, feature="purpose").noise
    once = {f"rare {i}": 1 for i in range(30)}
    many = compared({**base, "car": 870, **once}, {"car": 90, "boat": 10}).measured(NEW, feature="purpose").noise
    assert few is not None
    assert many is not None
    assert many > few + 30 / 1000


def test_hundred_thousand_categories_stay_bounded_and_say_so() -> None:
    names = [f"merchant {i}" for i in range(100_000)]
    column = fold(Categorical(dict.fromkeys(names, 1), 100_000), frozenset())
    assert len(column.counts) == MAX_CATEGORIES
    assert column.folded == 90_000
    assert column.counted == 100_000
    baseline = baseline_of(Rows(names={"merchant": names[:1000] * 3}))
    found = outcomes("data", baseline, Summary(rows=100_000, categorical={"merchant": column}))
    seen = sum(name in baseline.summary.categorical["merchant"].counts for name in column.counts)
    assert found.value(NEW, feature="merchant") == pytest.approx(1 - seen / 100_000)
    assert found.reason("feature_psi", feature="merchant") == "every category is rare in the baseline"


def test_too_many_categories_in_the_baseline_leave_no_new_ones_to_tell() -> None:
    folded = Summary(rows=1000, categorical={"merchant": Categorical({"a": 400}, 1000, folded=600)})
    baseline = baseline_of(Rows(names={"merchant": ["a"] * 100}))
    baseline = type(baseline)("v", folded, {}, {})
    found = outcomes("data", baseline, Rows(names={"merchant": ["a"] * 100}))
    assert found.reason(NEW, feature="merchant") == "too many categories in the baseline"


def test_known_categories_are_never_folded() -> None:
    known = frozenset({"common"})
    names = {f"x{i:06}": 2 for i in range(MAX_CATEGORIES + 5)}
    column = fold(Categorical({**names, "common": 1}, 2 * len(names) + 1), known)
    assert column.counts["common"] == 1
    assert column.folded == 10


@pytest.mark.parametrize("name", ['quo"te', "new\nline", "naïve 愛", "", "a,b", "\\"])
def test_any_text_is_a_category(name: str) -> None:
    found = compared({"car": 50, name: 50}, {"car": 50, name: 50})
    assert found.value(SHIFT, feature="purpose") == 0
    assert np.isclose(found.value("feature_psi", feature="purpose"), 0)


def test_category_needs_twenty_baseline_rows_for_a_bin_of_its_own() -> None:
    base = {"car": 100, "boat": 20, "sled": 19, "rocket": 1}
    current = {"car": 50, "sled": 50}
    p, q = np.array([50.5, 0.5, 50.5]) / 101.5, np.array([100.5, 20.5, 20.5]) / 141.5
    found = compared(base, current).value("feature_psi", feature="purpose")
    assert found == pytest.approx(np.sum((p - q) * np.log(p / q)), rel=1e-9)


def test_only_the_hundred_commonest_get_a_bin() -> None:
    column = Categorical({f"c{i:03}": 1000 - i for i in range(150)}, 200_000)
    assert own_bins(column) == tuple(f"c{i:03}" for i in range(100))


def test_new_category_noise_by_hand() -> None:
    """Singletons ÷ rows, and the deviations of the window, of the limit of 0 and of that estimate."""
    base = {"car": 950, **{f"once {i}": 1 for i in range(20)}, **{f"twice {i}": 2 for i in range(15)}}
    found = compared(base, {"car": 96, "rocket": 4}).noise(NEW, feature="purpose")
    lower, limit = wilson(4, 100, 0.9)[0], wilson(0, 1000, 0.9)[1]
    estimate = norm.isf(0.05) * math.sqrt(20 + 2 * 15) / 1000
    assert found == pytest.approx(0.02 + math.hypot(0.04 - lower, limit, estimate), rel=1e-9)
