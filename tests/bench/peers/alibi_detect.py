"""alibi-detect: Kolmogorov-Smirnov of numerical, chi-square of categorical columns (it has neither PSI nor W1)."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from alibi_detect.cd import ChiSquareDrift, KSDrift
from numpy.typing import NDArray

if TYPE_CHECKING:
    from tests.bench.peer import Task


@dataclass(frozen=True)
class Prepared:
    """Detectors that hold the reference; means, because they take no missing values; codes of the categories."""

    numerical: KSDrift
    categorical: ChiSquareDrift
    means: "pd.Series[float]"
    names: dict[str, pd.Index]


def prepare(task: "Task") -> Prepared:
    """Detectors for all columns of a kind at once."""
    frame = pd.read_parquet(task.baseline, columns=task.features)
    means = frame[task.numerical].mean()
    names = {name: pd.Index(frame[name].dropna().unique()) for name in task.categorical}
    sizes = {place: len(found) for place, found in enumerate(names.values())}
    numerical = KSDrift(_numbers(frame, task, means))
    categorical = ChiSquareDrift(_codes(frame, names), categories_per_feature=sizes)
    return Prepared(numerical, categorical, means, names)


def analyse(prepared: Prepared, task: "Task") -> dict[str, int]:
    """Distances per feature."""
    frame = pd.read_parquet(task.logs, columns=task.features)
    numbers = prepared.numerical.predict(_numbers(frame, task, prepared.means), drift_type="feature")
    codes = prepared.categorical.predict(_codes(frame, prepared.names), drift_type="feature")
    return {
        "KS": int(np.isfinite(numbers["data"]["distance"]).sum()),
        "categorical": int(np.isfinite(codes["data"]["distance"]).sum()),
    }


def _numbers(frame: pd.DataFrame, task: "Task", means: "pd.Series[float]") -> NDArray[np.float64]:
    return frame[task.numerical].fillna(means).to_numpy(np.float64)


def _codes(frame: pd.DataFrame, names: dict[str, pd.Index]) -> NDArray[np.int64]:
    """Whole numbers, as it takes no names; unseen categories, which it does not take either, become the first."""
    return np.column_stack([known.get_indexer(pd.Index(frame[name])).clip(min=0) for name, known in names.items()])
