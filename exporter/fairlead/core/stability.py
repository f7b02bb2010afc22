"""Whether drift has stabilised: the rule by which a quarterly review may refresh a baseline (policy §6).

It has, when the scheduled analyses of data, fairness and model against the active baseline

1. cover the last 28 days: in each family at most one due window is missing, and the latest one has judged values;
2. show no WARNING and no CRITICAL in these 28 days;
3. show no trend: over the last 91 days, no judged series moves towards its warning threshold so that the 95 %
   confidence interval of its slope (Theil and Sen) excludes 0 and the line reaches the threshold in another 91 days.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from statistics import median

import numpy as np
from scipy.stats import theilslopes

from fairlead.core.measurement import Labels
from fairlead.core.run import Run
from fairlead.core.schedule import DAY, Cadence
from fairlead.core.thresholds import COMPARISONS, LT, MAGNITUDE, Severity, Thresholds

FAMILIES = ("data", "fairness", "model")
QUIET = 28 * DAY
QUARTER = 91 * DAY
FEWEST = 6
"""Values that a trend is told from."""
REFRESH_AGE = 89 * DAY
"""Age from which a baseline is due: the 1st of April comes 90 days after that of January, in leap years 91."""


def unstable(
    runs: Iterable[Run], cadences: Mapping[str, Cadence], thresholds: Thresholds, model: str, now: datetime
) -> str | None:
    """Why drift has not stabilised, or None if it has. runs are of the active baseline, scheduled, without failures."""
    by_family: dict[str, list[Run]] = {family: [] for family in FAMILIES if family in cadences}
    for run in runs:
        if run.family in by_family and now - QUARTER < run.window.end <= now:
            by_family[run.family].append(run)
    for family, found in by_family.items():
        found.sort(key=lambda run: run.window.end)
        recent = [run for run in found if run.window.end > now - QUIET]
        reason = _uncovered(recent, cadences[family]) or _unquiet(recent, thresholds, model)
        if reason:
            return f"{family}: {reason}"
    for family, found in by_family.items():
        if reason := _trend(found, thresholds, model, now):
            return f"{family}: {reason}"
    return None


def _uncovered(recent: Sequence[Run], cadence: Cadence) -> str | None:
    due = max(QUIET // cadence.span - 1, 1)
    windows = len({run.window for run in recent})
    if windows < due:
        return f"must have {due} analyses of the last {QUIET.days} days against this baseline, got {windows}"
    if not any(measurement.metric in COMPARISONS for measurement in recent[-1].measurements):
        return "the latest analysis could compute nothing"
    return None


def _unquiet(recent: Sequence[Run], thresholds: Thresholds, model: str) -> str | None:
    for run in reversed(recent):
        for measurement in run.measurements:
            severity = thresholds.judge(model, measurement)
            if severity >= Severity.WARNING:
                subject = _named(measurement.metric, measurement.labels)
                return f"{severity.name} of {subject} on {run.window.end:%Y-%m-%d}"
    return None


def _trend(runs: Sequence[Run], thresholds: Thresholds, model: str, now: datetime) -> str | None:
    """The first series that will have reached its warning threshold when the next quarter is over."""
    series: dict[tuple[str, Labels], list[tuple[datetime, float]]] = {}
    for run in runs:
        for measurement in run.measurements:
            if measurement.metric in COMPARISONS:
                key = (measurement.metric, measurement.labels)
                series.setdefault(key, []).append((run.window.end, measurement.value))
    for (metric, labels), points in series.items():
        limit = thresholds.find(metric, "warning", model, dict(labels).get("feature", ""))
        if limit is not None and len(points) >= FEWEST and _reaches(metric, points, limit, now):
            return f"{_named(metric, labels)} moves towards its threshold of {limit:g}"
    return None


def _reaches(metric: str, points: Sequence[tuple[datetime, float]], limit: float, now: datetime) -> bool:
    days = np.array([(moment - now) / timedelta(days=1) for moment, _ in points])
    values = np.array([abs(value) if metric in MAGNITUDE else value for _, value in points])
    sign = -1.0 if COMPARISONS[metric][0] is LT else 1.0
    values, limit = sign * values, sign * limit
    if np.ptp(values) == 0 or np.ptp(days) == 0:
        return False
    slope, _, low, _ = theilslopes(values, days)
    level = median(values[days > -QUIET.days].tolist() or values.tolist())
    return bool(low > 0 and level + slope * QUARTER.days >= limit)


def _named(metric: str, labels: Labels) -> str:
    subject = ", ".join(f"{name} {value}" for name, value in labels)
    return f"{metric} ({subject})" if subject else metric
