"""TensorFlow Data Validation: statistics, then Jensen-Shannon of numerical, L-infinity of categorical columns."""

import os
from typing import TYPE_CHECKING, Any

import pandas as pd
import tensorflow_data_validation as tfdv

if TYPE_CHECKING:
    from tests.bench.peer import Task


def prepare(task: "Task") -> Any:
    """The reference's statistics, and a schema that asks for a comparison of every column."""
    statistics = _statistics(task.baseline, task)
    schema = tfdv.infer_schema(statistics)
    for name in task.numerical:
        tfdv.get_feature(schema, name).drift_comparator.jensen_shannon_divergence.threshold = 0.1
    for name in task.categorical:
        tfdv.get_feature(schema, name).drift_comparator.infinity_norm.threshold = 0.1
    return statistics, schema


def analyse(prepared: Any, task: "Task") -> dict[str, int]:
    """The window's statistics, compared with the reference's."""
    reference, schema = prepared
    found = tfdv.validate_statistics(_statistics(task.logs, task), schema, previous_statistics=reference)
    compared = {entry.path.step[0] for entry in found.drift_skew_info if entry.drift_measurements}
    return {"JS": len(compared & set(task.numerical)), "categorical": len(compared & set(task.categorical))}


def _statistics(path: str, task: "Task") -> Any:
    frame = pd.read_parquet(path, columns=task.features)
    return tfdv.generate_statistics_from_dataframe(frame, n_jobs=os.cpu_count() or 1)
