"""A small credit model on the training half, and the prediction log it writes."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from fairlead.demo.data import APPROVED, CATEGORICAL, DENIED, INPUTS, NUMERICAL, PROTECTED, RECORDED

PREDICTION, SCORE = "decision", "p_approved"
ATTRIBUTION_PREFIX = "shap_"
FOLDS = 10
MISSING = "missing"

Floats = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class CreditModel:
    """Logistic regression, its threshold, and the mean of its transformed inputs."""

    pipeline: Pipeline
    centre: Floats
    threshold: float

    def log(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The prediction log: inputs, protected attributes, recorded decision, score, decision, attributions.

        Protected attributes are logged beside the prediction for monitoring; the model never reads them.
        """
        scores = _scores(self.pipeline, frame)
        scored = frame[[*INPUTS, *PROTECTED, RECORDED]].copy()
        scored[SCORE] = scores
        scored[PREDICTION] = np.where(scores >= self.threshold, APPROVED, DENIED)
        return scored.join(self.contributions(frame))

    def contributions(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Coefficient × (input − its mean), added up over the columns one feature became.

        For a linear model these are its SHAP values on the log-odds scale, features taken as independent.
        """
        prepare, regression = self.pipeline[0], self.pipeline[-1]
        parts = (prepare.transform(_inputs(frame)) - self.centre) * regression.coef_[0]
        columns = {}
        for name, start, end in _spans(prepare):
            columns[ATTRIBUTION_PREFIX + name] = parts[:, start:end].sum(axis=1)
        return pd.DataFrame(columns, index=frame.index)


def train(training: pd.DataFrame, seed: int) -> tuple[CreditModel, pd.DataFrame]:
    """The model, and the log of its out-of-sample predictions over the training half (the baseline).

    Each baseline row is scored by a model that did not see it (stratified folds), so no training optimism
    enters the baseline, and explained by the model that goes into production, as each day's rows will be. The
    threshold approves the share of applications that the lender approved.
    """
    approved = training[RECORDED] == APPROVED
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed).split(training, approved)
    fitted = [(*_fit(training.iloc[seen]), training.iloc[unseen]) for seen, unseen in folds]
    scores = np.concatenate([_scores(pipeline, unseen) for pipeline, _, unseen in fitted])
    threshold = float(np.quantile(scores, 1 - approved.mean()))
    logs = [CreditModel(pipeline, centre, threshold).log(unseen) for pipeline, centre, unseen in fitted]
    model, baseline = CreditModel(*_fit(training), threshold), pd.concat(logs).sort_index()
    explained = model.contributions(training)
    baseline[explained.columns] = explained
    return model, baseline


def _fit(rows: pd.DataFrame) -> tuple[Pipeline, Floats]:
    numerical = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    categorical = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    prepare = ColumnTransformer([("n", numerical, list(NUMERICAL)), ("c", categorical, list(CATEGORICAL))])
    pipeline = make_pipeline(prepare, LogisticRegression(max_iter=1_000))
    pipeline.fit(_inputs(rows), (rows[RECORDED] == APPROVED).to_numpy())
    return pipeline, prepare.transform(_inputs(rows)).mean(axis=0)


def _scores(pipeline: Pipeline, rows: pd.DataFrame) -> Floats:
    scores: Floats = pipeline.predict_proba(_inputs(rows))[:, 1]
    return scores


def _inputs(rows: pd.DataFrame) -> pd.DataFrame:
    """What the model reads: the inputs and nothing else, a missing category as a category of its own."""
    inputs = rows[list(INPUTS)].copy()
    inputs[list(CATEGORICAL)] = inputs[list(CATEGORICAL)].astype("object").fillna(MISSING)
    return inputs


def _spans(prepare: ColumnTransformer) -> Iterator[tuple[str, int, int]]:
    """Feature, first and one past the last column it has after the transformation."""
    start = 0
    widths = [1] * len(NUMERICAL) + [len(values) for values in prepare.named_transformers_["c"].categories_]
    for name, width in zip((*NUMERICAL, *CATEGORICAL), widths, strict=True):
        yield name, start, start + width
        start += width
