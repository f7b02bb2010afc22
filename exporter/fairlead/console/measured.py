"""What a run has measured, as rows: worst first, each value beside what the baseline had."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

BASELINES = {
    "feature_missing_increase_ratio": "feature_missing_baseline_ratio",
    "fairness_demographic_parity_drift": "fairness_demographic_parity_baseline_difference",
    "fairness_equal_opportunity_drift": "fairness_equal_opportunity_baseline_difference",
    "prediction_class_spike": "prediction_class_baseline_ratio",
    "prediction_entropy_change_ratio": "prediction_entropy_baseline",
    "prediction_entropy": "prediction_entropy_baseline",
    "performance_accuracy_drop": "performance_accuracy_baseline_ratio",
    "performance_precision_drop": "performance_precision_baseline_ratio",
    "performance_recall_drop": "performance_recall_baseline_ratio",
    "performance_false_positive_increase": "performance_false_positive_baseline_ratio",
    "performance_mean_absolute_error": "performance_mean_absolute_error_baseline",
    "attribution_mean_abs": "attribution_mean_abs_baseline",
}
"""The metric that tells what the baseline had, where its name is not the same with "_baseline" before the unit."""
UNITS = ("_ratio", "_difference", "_mean")
PLACES = ("critical", "warning", "inconclusive", "info")


@dataclass(frozen=True, slots=True)
class Row:
    """One measurement; baseline is what its quantity was there, None where the metric itself is a comparison."""

    metric: str
    labels: tuple[tuple[str, str], ...]
    value: float
    baseline: float | None
    noise: float | None
    warning: float | None
    critical: float | None
    severity: str
    samples: int
    baseline_samples: int


def rows(record: Mapping[str, Any]) -> list[Row]:
    """The measurements of a record, but those that another row shows as its baseline."""
    found: Sequence[Mapping[str, Any]] = record["measurements"]
    values = {_key(one["metric"], one["labels"]): float(one["value"]) for one in found}
    made = [_row(one, values) for one in found if not _is_baseline(one["metric"])]
    return sorted(made, key=lambda row: (PLACES.index(row.severity), row.warning is None and row.critical is None))


def _row(one: Mapping[str, Any], values: Mapping[tuple[str, frozenset[tuple[str, str]]], float]) -> Row:
    limits = one["thresholds"] or {}
    return Row(
        one["metric"],
        tuple(one["labels"].items()),
        one["value"],
        values.get(_key(_baseline_of(one["metric"]), one["labels"])),
        one["noise"],
        limits.get("warning"),
        limits.get("critical"),
        one["severity"],
        one["samples"],
        one["baseline_samples"],
    )


def _key(metric: str, labels: Mapping[str, str]) -> tuple[str, frozenset[tuple[str, str]]]:
    return metric, frozenset(labels.items())


def _is_baseline(metric: str) -> bool:
    return metric.endswith("_baseline") or any(metric.endswith(f"_baseline{unit}") for unit in UNITS)


def _baseline_of(metric: str) -> str:
    if metric in BASELINES:
        return BASELINES[metric]
    for unit in UNITS:
        if metric.endswith(unit):
            return f"{metric.removesuffix(unit)}_baseline{unit}"
    return ""


def number(value: float | None) -> str:
    """Four digits that matter; whole numbers as they are."""
    if value is None:
        return "–"
    if float(value).is_integer() and abs(value) < 10**15:
        return f"{int(value):,}".replace(",", "\N{NARROW NO-BREAK SPACE}")
    told = f"{float(f'{value:.4g}'):.15g}" if 1e-4 <= abs(value) < 1e15 else f"{value:.2e}"
    return told.replace("-", "\N{MINUS SIGN}", 1) if value < 0 else told
