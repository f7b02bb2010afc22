"""whylogs: a profile of sketches, then Hellinger (it has no PSI) and Kolmogorov-Smirnov from the two profiles."""

from math import isfinite
from typing import TYPE_CHECKING, Any

import pandas as pd
import whylogs
from whylogs.viz.drift.column_drift_algorithms import KS, ChiSquare, Hellinger, calculate_drift_scores

if TYPE_CHECKING:
    from tests.bench.peer import Task


def prepare(task: "Task") -> Any:
    """The reference's profile."""
    return _profile(task.baseline, task)


def analyse(reference: Any, task: "Task") -> dict[str, int]:
    """The window's profile, compared twice."""
    current = _profile(task.logs, task)
    categorical = {name: ChiSquare() for name in task.categorical}
    hellinger = _scores(current, reference, {name: Hellinger() for name in task.numerical} | categorical)
    smirnov = _scores(current, reference, {name: KS() for name in task.numerical} | categorical)
    return {
        "Hellinger": len(hellinger & set(task.numerical)),
        "KS": len(smirnov & set(task.numerical)),
        "categorical": len(hellinger & set(task.categorical)),
    }


def _profile(path: str, task: "Task") -> Any:
    return whylogs.log(pd.read_parquet(path, columns=task.features)).view()


def _scores(current: Any, reference: Any, algorithms: dict[str, Any]) -> set[str]:
    """Columns with a finite score."""
    found = calculate_drift_scores(current, reference, algorithms)
    scores = {name: score.get("statistic") or score.get("pvalue") for name, score in found.items() if score}
    return {name for name, score in scores.items() if score is not None and isfinite(score)}
