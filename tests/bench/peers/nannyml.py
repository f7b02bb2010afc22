"""NannyML: Jensen-Shannon (it has no PSI) and Wasserstein of every numerical column, one chunk, on pandas."""

from typing import TYPE_CHECKING

import nannyml
import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from tests.bench.peer import Task


def prepare(task: "Task") -> nannyml.UnivariateDriftCalculator:
    """A calculator fitted on the reference."""
    calculator = nannyml.UnivariateDriftCalculator(
        column_names=task.features,
        treat_as_numerical=task.numerical,
        treat_as_categorical=task.categorical,
        continuous_methods=["jensen_shannon", "wasserstein"],
        categorical_methods=["jensen_shannon"],
        chunk_number=1,
    )
    return calculator.fit(pd.read_parquet(task.baseline, columns=task.features))


def analyse(calculator: nannyml.UnivariateDriftCalculator, task: "Task") -> dict[str, int]:
    """The window as one chunk."""
    current = pd.read_parquet(task.logs, columns=task.features)
    found = calculator.calculate(current).filter(period="analysis").to_df()

    def computed(columns: list[str], method: str) -> int:
        return sum(bool(np.isfinite(found[(name, method, "value")].iloc[0])) for name in columns)

    return {
        "JS": computed(task.numerical, "jensen_shannon"),
        "W1": computed(task.numerical, "wasserstein"),
        "categorical": computed(task.categorical, "jensen_shannon"),
    }
