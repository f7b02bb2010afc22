"""Mean predictive entropy against scipy, and its relative change."""

import numpy as np
import pytest
from scipy.stats import entropy, norm

from fairlead.core.summary import QUANTUM, Moments, Summary
from tests.support.comparisons import Rows, baseline_of, outcomes

CHANGE = "prediction_entropy_change_ratio"


def mean_entropy(scores: list[float]) -> float:
    return float(np.mean([entropy([score, 1 - score]) for score in scores]))


def test_agrees_with_scipy() -> None:
    random = np.random.default_rng(1)
    base, current = random.beta(2, 2, 2000).tolist(), random.beta(0.5, 0.5, 500).tolist()
    found = outcomes("model", baseline_of(Rows(scores=base)), Rows(scores=current))
    assert found.value("prediction_entropy") == pytest.approx(mean_entropy(current), abs=1e-9)
    assert found.value("prediction_entropy_baseline") == pytest.approx(mean_entropy(base), abs=1e-9)
    assert found.value(CHANGE) == pytest.approx(mean_entropy(current) / mean_entropy(base) - 1, abs=1e-9)
    assert found.value(CHANGE) < 0


def test_noise_is_the_standard_error_of_the_difference_over_the_baseline_mean() -> None:
    random = np.random.default_rng(2)
    base, current = random.beta(2, 2, 2000).tolist(), random.beta(2, 2, 300).tolist()
    found = outcomes("model", baseline_of(Rows(scores=base)), Rows(scores=current))
    each = [np.array([entropy([score, 1 - score]) for score in side]) for side in (current, base)]
    pooled = (each[0].var() * 300 + each[1].var() * 2000) / 2300
    expected = norm.isf(0.025) * np.sqrt(pooled * (1 / 300 + 1 / 2000)) / each[1].mean()
    assert found.noise(CHANGE) == pytest.approx(expected, rel=1e-9)


def test_certain_baseline_has_no_relative_change() -> None:
    found = outcomes("model", baseline_of(Rows(scores=[0.0, 1.0] * 50)), Rows(scores=[0.5] * 50))
    assert found.reason(CHANGE) == "no entropy in the baseline"
    assert found.value("prediction_entropy") == pytest.approx(np.log(2))


def test_model_that_became_certain_lost_all_entropy() -> None:
    found = outcomes("model", baseline_of(Rows(scores=[0.3, 0.6] * 50)), Rows(scores=[0.0, 1.0] * 20))
    assert found.value(CHANGE) == -1


def test_model_without_scores_says_so() -> None:
    rows = Rows(predictions=["yes", "no"] * 50)
    assert outcomes("model", baseline_of(rows), rows).reason(CHANGE) == "no scores"


@pytest.mark.parametrize(("invalid", "computed"), [(1, True), (2, False)])
def test_scores_that_are_no_probabilities_may_be_one_percent(invalid: int, computed: bool) -> None:
    baseline = baseline_of(Rows(scores=[0.3, 0.6] * 50))
    valid = 100 - invalid
    current = Summary(
        rows=100, entropy=Moments(valid, round(0.6 * valid / QUANTUM), round(0.4 * valid / QUANTUM), invalid)
    )
    found = outcomes("model", baseline, current)
    if computed:
        assert found.measured(CHANGE).samples == valid
    else:
        assert found.reason(CHANGE) == "scores outside 0 to 1"


def test_regression_has_no_entropy() -> None:
    rows = Rows(answers=[1.0, 2.0, 3.5] * 20)
    assert outcomes("model", baseline_of(rows), rows).find(CHANGE) is None
