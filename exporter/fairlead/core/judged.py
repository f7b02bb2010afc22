"""Measurements with their verdicts, as plain data."""

from typing import Any

from fairlead.core.measurement import Measurement
from fairlead.core.run import Run
from fairlead.core.thresholds import COMPARISONS, SEVERITIES, Severity, Thresholds


def judged(thresholds: Thresholds, model: str, m: Measurement) -> dict[str, Any]:
    """A measurement with the thresholds that apply and the severity they give; thresholds is None where none can."""
    return {
        "metric": m.metric,
        "labels": dict(m.labels),
        "value": m.value,
        "noise": m.noise,
        "thresholds": limits(thresholds, model, m) if m.metric in COMPARISONS else None,
        "severity": thresholds.judge(model, m).name.lower(),
        "samples": m.samples,
        "baseline_samples": m.baseline_samples,
    }


def limits(thresholds: Thresholds, model: str, m: Measurement) -> dict[str, float | None]:
    """Warning and critical threshold of a measurement."""
    feature = dict(m.labels).get("feature", "")
    return {severity: thresholds.find(m.metric, severity, model, feature) for severity in SEVERITIES}


def worst(thresholds: Thresholds, run: Run) -> Severity:
    """Of all measurements of a run; INFO for none."""
    return max((thresholds.judge(run.model, m) for m in run.measurements), default=Severity.INFO)
