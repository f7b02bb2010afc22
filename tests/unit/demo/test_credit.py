"""The demo's credit model: reads only its inputs, and its baseline is out of sample."""

import numpy as np
import pandas as pd
import pytest

from fairlead.demo.credit import ATTRIBUTION_PREFIX, PREDICTION, SCORE, CreditModel, train
from fairlead.demo.data import (
    APPROVED,
    DENIED,
    INPUTS,
    LOW_INCOME_TRACT,
    RACE,
    RECORDED,
    SEX,
    applications,
    halves,
)

Trained = tuple[pd.DataFrame, pd.DataFrame, CreditModel, pd.DataFrame]


@pytest.fixture(scope="module")
def trained() -> Trained:
    training, production = halves(applications(), seed=3)
    model, baseline = train(training, seed=3)
    return training, production, model, baseline


def test_score_ignores_race_sex_neighbourhood_and_recorded_decision(trained: Trained) -> None:
    _, production, model, _ = trained
    other = production.copy()
    other[RACE], other[SEX], other[RECORDED], other[LOW_INCOME_TRACT] = "black", "female", DENIED, True
    before, after = model.log(production), model.log(other)
    assert before[SCORE].tolist() == after[SCORE].tolist()
    assert before[PREDICTION].tolist() == after[PREDICTION].tolist()


def test_baseline_is_out_of_sample(trained: Trained) -> None:
    """Scores of a model fitted to the same rows would agree with their labels better."""
    training, _, model, baseline = trained
    assert baseline[list(INPUTS)].equals(training[list(INPUTS)])
    approved = (training[RECORDED] == APPROVED).to_numpy()

    def log_loss(scores: pd.Series) -> float:
        return float(-np.log(np.where(approved, scores, 1 - scores)).mean())

    assert log_loss(model.log(training)[SCORE]) < log_loss(baseline[SCORE]) - 0.005


def test_threshold_approves_the_share_that_the_lender_approved(trained: Trained) -> None:
    training, _, model, baseline = trained
    assert (baseline[PREDICTION] == APPROVED).mean() == pytest.approx(
        (training[RECORDED] == APPROVED).mean(), abs=2 / len(training)
    )
    assert ((baseline[SCORE] >= model.threshold) == (baseline[PREDICTION] == APPROVED)).all()


def test_attributions_add_up_to_the_log_odds_less_their_mean(trained: Trained) -> None:
    training, production, model, _ = trained

    def log_odds(rows: pd.DataFrame) -> pd.Series:
        scores = model.log(rows)[SCORE]
        return pd.Series(np.log(scores / (1 - scores)))

    log = model.log(production)
    total = log[[ATTRIBUTION_PREFIX + name for name in INPUTS]].sum(axis=1)
    expected = log_odds(production) - log_odds(training).mean()
    np.testing.assert_allclose(total, expected, rtol=0, atol=1e-9)


def test_missing_and_unseen_values_are_scored(trained: Trained) -> None:
    _, production, model, _ = trained
    rows = production.head(3).copy()
    rows["unemployment_rate"] = np.nan
    rows["property_type"] = "never seen"
    rows["credit_guidelines"] = None
    log = model.log(rows)
    assert log[SCORE].between(0, 1).all()
    assert log["unemployment_rate"].isna().all()
    assert log["credit_guidelines"].isna().all()
