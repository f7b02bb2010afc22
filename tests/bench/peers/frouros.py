"""frouros: PSI and Wasserstein (EMD) of every numerical, chi-square of every categorical column."""

from collections.abc import Sequence
from math import isfinite
from typing import TYPE_CHECKING, Any

import pandas as pd
from frouros.detectors.data_drift import EMD, PSI, ChiSquareTest

if TYPE_CHECKING:
    from tests.bench.peer import Task

Fitted = dict[str, Any]


def prepare(task: "Task") -> tuple[Fitted, Fitted, Fitted]:
    """A fitted detector per column and statistic; missing values are left out, as it takes none."""
    frame = pd.read_parquet(task.baseline, columns=task.features)
    return (
        _fitted(PSI, frame, task.numerical),
        _fitted(EMD, frame, task.numerical),
        _fitted(ChiSquareTest, frame, task.categorical),
    )


def analyse(detectors: tuple[Fitted, Fitted, Fitted], task: "Task") -> dict[str, int]:
    """Each column is compared by its detectors."""
    frame = pd.read_parquet(task.logs, columns=task.features)
    psi, wasserstein, categorical = detectors
    return {
        "PSI": _finite([detector.compare(X=_values(frame, name))[0].distance for name, detector in psi.items()]),
        "W1": _finite([detector.compare(X=_values(frame, name))[0].distance for name, detector in wasserstein.items()]),
        "categorical": _finite(
            [detector.compare(X=_values(frame, name))[0].statistic for name, detector in categorical.items()]
        ),
    }


def _fitted(detector: type[Any], frame: pd.DataFrame, columns: list[str]) -> Fitted:
    fitted = {name: detector() for name in columns}
    for name, made in fitted.items():
        made.fit(X=_values(frame, name))
    return fitted


def _values(frame: pd.DataFrame, name: str) -> Any:
    return frame[name].dropna().to_numpy()


def _finite(values: Sequence[float]) -> int:
    return sum(isfinite(value) for value in values)
