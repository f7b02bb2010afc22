"""A made-up exposition with one series for every public metric, of a model that breaches every threshold."""

import time
from itertools import product

from fairlead.exposition.catalogue import METRICS, Metric

MODEL = "credit-default"
FAMILIES = ("data", "fairness", "model", "explanation", "quality")
LABELS = {
    "model": (MODEL,),
    "family": FAMILIES,
    "feature": ("income",),
    "other": ("age",),
    "class": ("approved",),
    "quantile": ("0.05", "0.25", "0.5", "0.75", "0.95"),
    "attribute": ("sex",),
    "group": ("female",),
    "metric": ("fairness_equal_opportunity_drift", "performance_accuracy_drop"),
    "severity": ("critical",),
    "status": ("acknowledged",),
    "reason": ("too few labelled rows",),
}
VALUES = {
    "fairlead_feature_required_missing": 1,
    "fairlead_feature_rare_category_surges": 3,
    "fairlead_new_high_correlations": 3,
    "fairlead_prediction_class_spike": 4,
    "fairlead_attribution_top3_changes": 3,
}
"""What is no share and breaches its threshold only with another value than the shares."""
SHARE = 0.55
ALWAYS = """\
process_resident_memory_bytes 1e8
process_cpu_seconds_total 12
process_start_time_seconds 1.7e9
"""
"""What every Prometheus client says of its process."""
SMALL_IS_BAD = {"fairlead_fairness_disparate_impact_ratio", "fairlead_group_disparate_impact_ratio"}


def text() -> str:
    """The exposition in text format 0.0.4; histograms grow as time goes by."""
    lines = ALWAYS.splitlines()
    for metric in METRICS.values():
        if metric.kind == "histogram":
            lines += _histogram(metric)
            continue
        lines += _series(metric, metric.name, _value(metric.name))
        if metric.noise:
            lines += _series(metric, f"{metric.name}_noise", 0.95 if metric.name in SMALL_IS_BAD else 0.01)
    return "\n".join([*lines, ""])


def _histogram(metric: Metric) -> list[str]:
    count = float(int(time.time()))
    lines = []
    for part in ("_sum", "_count"):
        lines += _series(metric, f"{metric.name}{part}", count)
    for edge in ("60.0", "+Inf"):
        labelled = Metric(metric.name, metric.help, (*metric.labels, "le"))
        lines += [
            line.replace('le="some le"', f'le="{edge}"') for line in _series(labelled, f"{metric.name}_bucket", count)
        ]
    return lines


def _value(name: str) -> float:
    if name.endswith("_timestamp_seconds"):
        return time.time()
    return VALUES.get(name, SHARE)


def _series(metric: Metric, name: str, value: float) -> list[str]:
    choices = [LABELS.get(label, (f"some {label}",)) for label in metric.labels]
    lines = []
    for chosen in product(*choices):
        labels = ",".join(f'{label}="{text}"' for label, text in zip(metric.labels, chosen, strict=True))
        lines.append(f"{name}{{{labels}}} {value}")
    return lines
