"""Spread of the answers to one and the same input, against pandas."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlead.core.edges import numerical_bins
from fairlead.core.prediction.volatility import Spread, within
from fairlead.core.summary import Repeats
from tests.support.comparisons import Rows, baseline_of, outcomes
from tests.support.repeats import count_repeats

INCREASE = "prediction_volatility_increase_ratio"


def repeated(seed: int, inputs: int, times: int, spread: float) -> Rows:
    """Inputs with answers of their own, repeated with this spread; the last one occurs once."""
    random = np.random.default_rng(seed)
    keys = np.append(np.repeat(np.arange(inputs), times), inputs)
    answers = 50 + 10 * random.normal(size=inputs + 1)[keys] + spread * random.normal(size=len(keys))
    return Rows(answers=answers.tolist(), keys=keys.tolist())


def pooled(rows: Rows) -> float:
    """Standard deviation within inputs, by pandas."""
    groups = pd.DataFrame({"key": rows.keys, "answer": rows.answers}).groupby("key")["answer"]
    freedom = groups.count() - 1
    return float(np.sqrt((groups.var()[freedom > 0] * freedom[freedom > 0]).sum() / freedom.sum()))


def test_agrees_with_pandas() -> None:
    base, current = repeated(1, 200, 4, 2.0), repeated(2, 60, 3, 3.0)
    found = outcomes("model", baseline_of(base), current).measured(INCREASE)
    assert found.value == pytest.approx(pooled(current) / pooled(base) - 1, rel=1e-3)
    assert 0.3 < found.value < 0.7
    assert (found.samples, found.baseline_samples, found.noise) == (180, 800, None)


def test_answers_far_from_zero_keep_their_spread() -> None:
    """Whole numbers do not cancel: a constant that is a million times the spread changes nothing."""
    rng = np.random.default_rng(3)
    answers = rng.integers(-3, 4, 3000)
    bins = numerical_bins(np.array([0.0, 2.0**16]), "min_max")
    keys = np.repeat(np.arange(30), 100).tolist()
    near, far = (
        count_repeats(keys, (answers + offset) * bins.unit / 2**16 + bins.centre, {}, bins) for offset in (0, 10**6)
    )
    assert within(near) == within(far)
    expected = pd.Series(answers).groupby(np.array(keys)).var().mean()
    assert within(near).variance == pytest.approx(expected, rel=1e-12)


def test_model_that_began_to_repeat_itself_lost_all_volatility() -> None:
    found = outcomes("model", baseline_of(repeated(1, 50, 3, 1.0)), repeated(2, 50, 3, 0.0))
    assert found.value(INCREASE) == -1


@pytest.mark.parametrize(
    ("base", "current", "reason"),
    [
        (repeated(1, 50, 3, 1.0), repeated(2, 29, 2, 1.0), "too few repeated inputs in the window"),
        (repeated(1, 29, 2, 1.0), repeated(2, 50, 3, 1.0), "too few repeated inputs in the baseline"),
        (
            Rows(answers=repeated(1, 50, 3, 1.0).answers),
            repeated(2, 50, 3, 1.0),
            "too few repeated inputs in the baseline",
        ),
        (repeated(1, 50, 3, 0.0), repeated(2, 50, 3, 1.0), "no volatility in the baseline"),
    ],
)
def test_reasons(base: Rows, current: Rows, reason: str) -> None:
    assert outcomes("model", baseline_of(base), current).reason(INCREASE) == reason


def test_thirty_degrees_of_freedom_are_enough() -> None:
    found = outcomes("model", baseline_of(repeated(1, 30, 2, 1.0)), repeated(2, 30, 2, 1.0))
    assert found.measured(INCREASE).samples == 60


def test_without_repeated_inputs_in_the_configuration_nothing_is_said() -> None:
    rows = Rows(answers=repeated(1, 50, 3, 1.0).answers)
    assert outcomes("model", baseline_of(repeated(1, 50, 3, 1.0)), rows).find(INCREASE) is None


def test_inputs_that_occur_once_do_not_count() -> None:
    none = np.zeros(40, np.int64)
    once = Repeats(np.arange(40, dtype=np.uint64), none + 1, none + 7, none + 49, none, np.zeros((40, 0), np.int64))
    assert within(once) == Spread()


@settings(max_examples=30)
@given(st.integers(0, 10_000))
def test_identical_windows_have_not_changed(seed: int) -> None:
    rows = repeated(seed, 20, 3, 1.0)
    assert outcomes("model", baseline_of(rows), rows).value(INCREASE) == 0


def test_more_spread_is_more_volatility() -> None:
    base = baseline_of(repeated(1, 100, 3, 1.0))
    found = [outcomes("model", base, repeated(2, 100, 3, spread)).value(INCREASE) for spread in (0.5, 1, 1.5, 2, 4)]
    assert np.diff(found).min() > 0
    assert found[3] - found[1] == pytest.approx(found[1] + 1, rel=0.01)
