"""Mean confidence against numpy."""

import numpy as np
import pytest

from tests.support.comparisons import Rows, baseline_of, outcomes

MEAN, BASELINE = "prediction_confidence_mean", "prediction_confidence_baseline_mean"


def test_agrees_with_numpy() -> None:
    base, current = np.random.default_rng(1).beta(2, 2, 900), np.random.default_rng(2).beta(0.5, 0.5, 300)
    found = outcomes("model", baseline_of(Rows(scores=base.tolist())), Rows(scores=current.tolist()))
    assert found.value(MEAN) == pytest.approx(np.maximum(current, 1 - current).mean(), abs=1e-9)
    assert found.value(BASELINE) == pytest.approx(np.maximum(base, 1 - base).mean(), abs=1e-9)
    assert (found.measured(MEAN).samples, found.measured(BASELINE).baseline_samples) == (300, 900)


@pytest.mark.parametrize("rows", [Rows(predictions=["a", "b"] * 50), Rows(answers=[1.0, 2.0] * 50)])
def test_without_probabilities_nothing_is_said(rows: Rows) -> None:
    found = outcomes("model", baseline_of(rows), rows)
    assert (found.find(MEAN), found.find(BASELINE)) == (None, None)
