"""Baselines of odd data are made, and say per metric what they cannot be compared in."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.support import logs, workspace
from tests.support.workspace import current

INCOME, PURPOSE, SEX = {"feature": "income"}, {"feature": "purpose"}, {"attribute": "sex"}
NO_VALUES, NO_GROUPS = "no values in the baseline", "fewer than two groups large enough in window and baseline"
Change = Callable[[pd.DataFrame], pd.DataFrame]

ODD: dict[str, tuple[Change, dict[str, list[tuple[str, dict[str, str]]]]]] = {
    "an all-null number": (
        lambda f: f.assign(income=np.nan),
        {
            "feature_psi": [(NO_VALUES, INCOME)],
            "feature_kl_divergence": [(NO_VALUES, INCOME)],
            "feature_wasserstein_distance": [(NO_VALUES, INCOME)],
            "feature_missing_increase_ratio": [],
        },
    ),
    "a constant number": (
        lambda f: f.assign(income=5.0),
        {"feature_psi": [], "feature_wasserstein_distance": [("constant in the baseline", INCOME)]},
    ),
    "an infinite number": (
        lambda f: f.assign(income=f["income"].where(f.index % 100 != 0, np.inf)),
        {"feature_psi": [], "feature_wasserstein_distance": [("infinite values", INCOME)]},
    ),
    "words in place of numbers": (lambda f: f.assign(income="much"), {"feature_psi": [(NO_VALUES, INCOME)]}),
    "an all-null category": (
        lambda f: f.assign(purpose=None),
        {"feature_psi": [(NO_VALUES, PURPOSE)], "feature_new_category_ratio": [(NO_VALUES, PURPOSE)]},
    ),
    "one category": (lambda f: f.assign(purpose="car"), {"feature_psi": [], "feature_new_category_ratio": []}),
    "a category per row": (
        lambda f: f.assign(purpose=[f"user {number}" for number in range(len(f))]),
        {"feature_psi": [("every category is rare in the baseline", PURPOSE)], "feature_category_shift_ratio": []},
    ),
    "no labels": (
        lambda f: f.assign(outcome=None),
        {"performance_accuracy_drop": [(NO_VALUES, {})], "prediction_shift_ratio": []},
    ),
    "one group": (
        lambda f: f.assign(sex="female"),
        {"fairness_demographic_parity_drift": [(NO_GROUPS, SEX)], "fairness_disparate_impact_ratio": []},
    ),
    "one class": (lambda f: f.assign(decision="approved"), {"prediction_shift_ratio": []}),
    "certain scores": (
        lambda f: f.assign(score=1.0),
        {"prediction_entropy_change_ratio": [("no entropy in the baseline", {})]},
    ),
    "no attributions": (
        lambda f: f.assign(shap_income=np.nan),
        {"attribution_rank_correlation": [("fewer than three features with attributions", {})]},
    ),
}


@pytest.mark.parametrize("case", ODD)
def test_odd_baselines(case: str, tmp_path: Path) -> None:
    change, expected = ODD[case]
    base = change(logs.rows(4_000))
    space = workspace.prepare(tmp_path, {"odd": current()}, baselines={"odd": base})
    done = space.analyse()
    found = {metric: done.reasons("odd", metric) for metric in expected}
    assert found == expected
    assert {family["failure"] for family in done.document["models"][0]["families"]} == {None}
    assert done.code in {0, 1, 2, 3}
