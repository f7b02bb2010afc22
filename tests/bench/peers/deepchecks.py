"""deepchecks: Wasserstein (EMD) of every numerical and PSI of every categorical column, without sampling."""

from math import isfinite
from typing import TYPE_CHECKING

import pandas as pd
from deepchecks.tabular import Dataset
from deepchecks.tabular.checks import FeatureDrift

if TYPE_CHECKING:
    from tests.bench.peer import Task


def prepare(task: "Task") -> Dataset:
    """The reference rows; what is computed of them is computed again in each check."""
    return _dataset(task.baseline, task)


def analyse(reference: Dataset, task: "Task") -> dict[str, int]:
    """One check of all columns; all of the rows, where it would take 100,000."""
    current = _dataset(task.logs, task)
    check = FeatureDrift(
        numerical_drift_method="EMD",
        categorical_drift_method="PSI",
        n_samples=max(reference.n_samples, current.n_samples),
        n_top_columns=len(task.features),
    )
    found = check.run(train_dataset=reference, test_dataset=current, with_display=False).value
    scores = {name: isfinite(entry["Drift score"]) for name, entry in found.items()}
    return {"W1": sum(scores[name] for name in task.numerical), "categorical": sum(scores[n] for n in task.categorical)}


def _dataset(path: str, task: "Task") -> Dataset:
    frame = pd.read_parquet(path, columns=task.features)
    return Dataset(frame, cat_features=task.categorical, features=task.features)
