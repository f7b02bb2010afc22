"""popmon: histograms over time, then PSI, Jensen-Shannon, Kolmogorov-Smirnov and profiles of every column."""

import logging
from typing import TYPE_CHECKING, Any

import pandas as pd
import popmon

if TYPE_CHECKING:
    from tests.bench.peer import Task

logging.disable(logging.WARNING)


def prepare(task: "Task") -> Any:
    """The reference's histograms, whose bins the window takes over."""
    frame = pd.read_parquet(task.baseline, columns=["week_at", *task.features])
    features = [f"week_at:{name}" for name in task.features]
    return popmon.make_histograms(frame.assign(week_at=_naive(frame)), features, time_axis="week_at", time_width="7d")


def analyse(reference: Any, task: "Task") -> dict[str, int]:
    """Histograms of the window and all comparisons with the reference's."""
    frame = pd.read_parquet(task.logs, columns=["week_at", *task.features])
    settings = popmon.Settings(time_axis="week_at", reference_type="external")
    found = popmon.df_stability_metrics(frame.assign(week_at=_naive(frame)), settings, reference=reference)
    compared = found["comparisons"]

    def computed(columns: list[str]) -> int:
        return sum(bool(compared[name]["ref_psi"].notna().any()) for name in columns if name in compared)

    return {"PSI": computed(task.numerical), "categorical": computed(task.categorical)}


def _naive(frame: pd.DataFrame) -> Any:
    return frame["week_at"].dt.tz_localize(None)
