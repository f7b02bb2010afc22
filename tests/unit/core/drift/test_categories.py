"""New and shifted categories."""

import math
from collections import Counter

import numpy as np
import pytest
from scipy.stats import binom, norm

from fairlead.core.baseline import Bins, assemble, own_bins
from fairlead.core.comparison import Comparison
from fairlead.core.drift import categories
from fairlead.core.measurement import Measurement
from fairlead.core.merging import fold
from fairlead.core.summary import MAX_CATEGORIES, Categorical, Summary
from tests.support.comparisons import Outcomes, Rows, baseline_of, outcomes

NEW, SHIFT = "feature_new_category_ratio", "feature_category_shift_ratio"
SURGES = "feature_rare_category_surges"
MANY = {f"town {number}": 100 for number in range(10)}


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
    """Of boat and sled both windows together would give the baseline 20.2 and 19.2 rows, of rocket 9.5."""
    base = {"car": 1000, "boat": 20, "sled": 19, "rocket": 1}
    current = {"car": 50, "boat": 2, "sled": 2, "rocket": 10}
    p, q = np.array([50.5, 2.5, 12.5]) / 65.5, np.array([1000.5, 20.5, 20.5]) / 1041.5
    found = compared(base, current).value("feature_psi", feature="purpose")
    assert found == pytest.approx(np.sum((p - q) * np.log(p / q)), rel=1e-9)


def test_categories_that_all_vanished_keep_their_bins() -> None:
    base = {"car": 400, "boat": 300, "sled": 300}
    found = compared(base, {"rocket": 50_000})
    p, q = np.array([0.5, 0.5, 0.5, 50_000.5]) / 50_002, np.array([400.5, 300.5, 300.5, 0.5]) / 1002
    assert found.value("feature_psi", feature="purpose") == pytest.approx(np.sum((p - q) * np.log(p / q)), rel=1e-9)


def test_only_the_hundred_commonest_get_a_bin() -> None:
    column = Categorical({f"c{i:03}": 1000 - i for i in range(150)}, 200_000)
    assert own_bins(column) == tuple(f"c{i:03}" for i in range(100))


def test_new_category_noise_by_hand() -> None:
    """Mean, deviation and skewness of what categories of 1 and 2 rows bring; larger ones are never new by chance."""
    base = {"car": 950, **{f"once {i}": 1 for i in range(20)}, **{f"twice {i}": 2 for i in range(15)}}
    found = compared(base, {"car": 96, "rocket": 4}).noise(NEW, feature="purpose")
    share, pair, four = 100 / 1100, 100 * 99 / (1100 * 1099), all_dealt(100, 1100, 4)
    level = 0.05 / 2
    assert four < level < 15 * pair
    mean = 20 * share + 15 * 2 * pair
    variance = 20 * share * (1 - share) + 15 * 4 * pair * (1 - pair)
    third = 20 * share * (1 - share) * (1 - 2 * share) + 15 * 8 * pair * (1 - pair) * (1 - 2 * pair)
    z = norm.isf(level)
    expected = (mean + z * math.sqrt(variance) + (z * z - 1) / 6 * third / variance) / 100
    assert found == pytest.approx(expected, rel=1e-9)


def all_dealt(n: int, rows: int, size: int) -> float:
    """Probability that n of so many rows include all of a category's."""
    return math.comb(n, size) / math.comb(rows, size)


@pytest.mark.parametrize(("rows", "base"), [(30, 300), (100, 100), (300, 3000)])
def test_new_categories_by_dealing_the_rows_anew(rows: int, base: int) -> None:
    """Deals of the same rows, drawn one by one, pass the noise in 5 % of cases at most."""
    random = np.random.default_rng(1)
    names = random.zipf(1.5, rows + base).clip(max=5000)
    runs, passed = 1500, 0
    for _ in range(runs):
        random.shuffle(names)
        counted = [Counter(side.tolist()) for side in np.split(names, [base])]
        before, now = (
            Summary(categorical={"x": Categorical({str(name): rows for name, rows in side.items()}, side.total())})
            for side in counted
        )
        comparison = Comparison(assemble("v", before, Bins()), now, now)
        found = next(one for one in categories.measure(comparison) if one.metric == NEW)
        assert isinstance(found, Measurement)
        assert found.noise is not None
        passed += found.value > found.noise
    assert passed <= binom.isf(1e-4, runs, 0.05)


def test_one_new_category_of_ten_rows_is_past_chance() -> None:
    found = compared({"car": 5000, "boat": 5000}, {"car": 90, "rocket": 10})
    assert found.value(NEW, feature="purpose") == 0.1
    assert found.noise(NEW, feature="purpose") < 0.02


@pytest.mark.parametrize(
    ("base", "current", "surges"),
    [
        ({"car": 991, "boat": 9}, {"car": 940, "boat": 60}, 1),
        ({"car": 990, "boat": 10}, {"car": 940, "boat": 60}, 0),  # 1 % is not below 1 %
        ({"car": 991, "boat": 9}, {"car": 950, "boat": 50}, 0),  # 5 % is not above 5 %
        ({"car": 991, "boat": 9}, {"car": 949, "boat": 51}, 1),
        ({"car": 1000}, {"car": 940, "rocket": 60}, 1),  # 0 % is below 1 %
        ({"car": 991, "boat": 9}, {"car": 880, "boat": 60, "rocket": 60}, 2),
        ({**MANY, "boat": 9}, {"town 1": 28, "boat": 2}, 0),  # two of thirty rows: 6.7 %, by chance
        ({**MANY, "boat": 9}, {"town 1": 24, "boat": 6}, 1),
        ({"car": 991, "boat": 9}, {"car": 20, "boat": 10}, 1),
        ({"car": 9, "boat": 991}, {"car": 60, "boat": 940}, 1),
    ],
)
def test_rare_category_surges(base: dict[str, int], current: dict[str, int], surges: int) -> None:
    found = compared(base, current).measured(SURGES, feature="purpose")
    assert (found.value, found.noise) == (surges, None)
    assert (found.samples, found.baseline_samples) == (sum(current.values()), sum(base.values()))


def test_surge_of_a_category_that_the_baseline_may_have_folded_is_not_counted() -> None:
    folded = Summary(rows=1000, categorical={"merchant": Categorical({"a": 399, "b": 1}, 1000, folded=600)})
    baseline = type(baseline_of(Rows()))("v", folded, {}, {})
    found = outcomes("data", baseline, Rows(names={"merchant": ["a"] * 100 + ["b"] * 50 + ["c"] * 50}))
    assert found.value(SURGES, feature="merchant") == 1
