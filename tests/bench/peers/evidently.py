"""Evidently: PSI and Wasserstein of every numerical, PSI of every categorical column, on pandas."""

from math import isfinite
from typing import TYPE_CHECKING

import pandas as pd
from evidently import DataDefinition, Dataset, Report
from evidently.metrics import ValueDrift

if TYPE_CHECKING:
    from tests.bench.peer import Task


def prepare(task: "Task") -> Dataset:
    """The reference rows; what is computed of them is computed again in each report."""
    return _dataset(task.baseline, task)


def analyse(reference: Dataset, task: "Task") -> dict[str, int]:
    """One report with every comparison."""
    psi = [ValueDrift(column=name, method="psi") for name in task.numerical]
    wasserstein = [ValueDrift(column=name, method="wasserstein") for name in task.numerical]
    categorical = [ValueDrift(column=name, method="psi") for name in task.categorical]
    report = Report([*psi, *wasserstein, *categorical]).run(_dataset(task.logs, task), reference)
    values = [isfinite(metric["value"]) for metric in report.dict()["metrics"]]
    first, second = len(psi), len(psi) + len(wasserstein)
    return {"PSI": sum(values[:first]), "W1": sum(values[first:second]), "categorical": sum(values[second:])}


def _dataset(path: str, task: "Task") -> Dataset:
    definition = DataDefinition(numerical_columns=task.numerical, categorical_columns=task.categorical)
    return Dataset.from_pandas(pd.read_parquet(path, columns=task.features), data_definition=definition)
