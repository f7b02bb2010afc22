"""fairlearn: selection and true-positive rate by each protected attribute, with their differences and ratios."""

from typing import TYPE_CHECKING

import pandas as pd
from fairlearn.metrics import MetricFrame, selection_rate, true_positive_rate

if TYPE_CHECKING:
    from tests.bench.peer import Task


def prepare(task: "Task") -> None:
    """It compares groups of one window only."""


def analyse(prepared: None, task: "Task") -> dict[str, int]:
    """One frame per attribute, over the labelled rows."""
    frame = pd.read_parquet(task.logs, columns=["prediction", "label", *task.attributes]).dropna()
    computed = 0
    for attribute in task.attributes:
        found = MetricFrame(
            metrics={"selection": selection_rate, "true positive": true_positive_rate},
            y_true=(frame["label"] == "approved").astype(int),
            y_pred=(frame["prediction"] == "approved").astype(int),
            sensitive_features=frame[attribute],
        )
        computed += int(found.by_group.notna().sum().sum())
        computed += int(found.difference().notna().sum()) + int(found.ratio().notna().sum())
    return {"fairness": computed}
