"""Mean absolute error of a regression against scikit-learn."""

import numpy as np
import pytest
from sklearn.metrics import mean_absolute_error

from tests.support.comparisons import Rows, baseline_of, outcomes

ERROR = "performance_mean_absolute_error"


def regression(seed: int, size: int, scale: float) -> Rows:
    random = np.random.default_rng(seed)
    targets = random.lognormal(10, 1, size)
    return Rows(answers=(targets + random.normal(0, scale, size)).tolist(), targets=targets.tolist())


@pytest.mark.parametrize("scale", [1e-3, 5.0, 1e6])
def test_agrees_with_scikit_learn(scale: float) -> None:
    base, current = regression(1, 2000, scale), regression(2, 500, 3 * scale)
    found = outcomes("model", baseline_of(base), current)
    expected, reference = (mean_absolute_error(rows.targets, rows.answers) for rows in (current, base))
    unit = baseline_of(base).output_bins.unit
    assert found.value(ERROR) == pytest.approx(expected, rel=1e-6, abs=unit * 2**-32)
    assert found.value(f"{ERROR}_baseline") == pytest.approx(reference, rel=1e-6, abs=unit * 2**-32)


def test_labels_that_come_late_are_those_of_the_older_window() -> None:
    base, older = regression(1, 500, 5.0), regression(3, 200, 5.0)
    found = outcomes("model", baseline_of(base), Rows(answers=base.answers), cohort=older)
    assert found.value(ERROR) == pytest.approx(mean_absolute_error(older.targets, older.answers), rel=1e-5)
    assert found.measured(ERROR).samples == 200


def test_perfect_regression_has_no_error() -> None:
    rows = Rows(answers=np.arange(50.0).tolist(), targets=np.arange(50.0).tolist())
    assert outcomes("model", baseline_of(rows), rows).value(ERROR) == 0


@pytest.mark.parametrize("rows", [Rows(answers=[1.0, 2.0] * 50), Rows(predictions=["a"] * 50, labels=["a"] * 50)])
def test_without_labels_or_numbers_nothing_is_said(rows: Rows) -> None:
    assert not [one for one in outcomes("model", baseline_of(rows), rows).all if one.metric.startswith(ERROR)]
