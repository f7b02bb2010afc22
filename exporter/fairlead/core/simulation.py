"""What would have been alerted on: recorded measurements, replayed against thresholds.

An alert begins when a series reaches WARNING or CRITICAL, or moves from one to the other, past its noise; it lasts
until an analysis says otherwise, or has the series no more. So it is counted once, however many analyses confirm it.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from fairlead.core.alert import REHEARSALS
from fairlead.core.measurement import Labels, Measurement
from fairlead.core.run import Run
from fairlead.core.score import drift_score
from fairlead.core.thresholds import Severity, Thresholds

WEEK = timedelta(days=7)
WARM_UP = timedelta(days=62)
"""Replayed before the period, so that what already fired does not begin in it: two runs of the longest cadence."""
SEVERAL = "several families"
"""In place of a metric: several families of one model are CRITICAL."""

ROUTES: dict[tuple[str, Severity], str] = {
    ("", Severity.WARNING): "slack-warning",
    ("", Severity.CRITICAL): "slack-critical, on-call, ml-lead",
    ("fairness", Severity.CRITICAL): "slack-critical, on-call, compliance-officer, cto, ceo",
    (SEVERAL, Severity.CRITICAL): "cto",
}
"""Receivers by family ("" is any other) and severity, as alertmanager.yml has them; a test holds both equal."""
NOBODY = "null"


@dataclass(frozen=True, slots=True)
class Alerted:
    """An alert that began; at is the end of the window that was analysed."""

    at: datetime
    model: str
    metric: str
    labels: Labels
    severity: Severity
    route: str


@dataclass(frozen=True, slots=True)
class Row:
    """How many alerts began in a period under two sets of thresholds."""

    model: str
    severity: Severity
    route: str
    current: int
    proposed: int


def route(family: str, severity: Severity, environment: str) -> str:
    """Who is told."""
    if environment in REHEARSALS:
        return NOBODY
    return ROUTES.get((family, severity)) or ROUTES["", severity]


def replay(runs: Iterable[Run], thresholds: Thresholds, environments: Mapping[str, str]) -> Iterator[Alerted]:
    """Alerts in the order in which they began; runs are successful ones in the order of their windows."""
    levels: dict[tuple[str, str], dict[tuple[str, Labels], Severity]] = {}
    latest: dict[tuple[str, str], tuple[Measurement, ...]] = {}
    several: dict[str, bool] = {}
    for run in runs:
        environment = environments.get(run.model, "")
        latest[run.model, run.family] = run.measurements
        score = drift_score(one for (model, _), found in latest.items() if model == run.model for one in found)
        scored = () if score is None else (Measurement("drift_score", score.value),)
        for family, measurements in ((run.family, run.measurements), ("score", scored)):
            before = levels.get((run.model, family), {})
            now = levels[run.model, family] = _levels(run.model, measurements, thresholds)
            for (metric, labels), severity in now.items():
                if before.get((metric, labels)) is not severity:
                    told = route(family, severity, environment)
                    yield Alerted(run.window.end, run.model, metric, labels, severity, told)
        critical = sum(
            Severity.CRITICAL in found.values()
            for (model, family), found in levels.items()
            if model == run.model and family != "score"
        )
        if critical > 1 and not several.get(run.model):
            told = route(SEVERAL, Severity.CRITICAL, environment)
            yield Alerted(run.window.end, run.model, SEVERAL, (), Severity.CRITICAL, told)
        several[run.model] = critical > 1


def _levels(
    model: str, measurements: Iterable[Measurement], thresholds: Thresholds
) -> dict[tuple[str, Labels], Severity]:
    found = {(one.metric, one.labels): thresholds.judge(model, one) for one in measurements}
    return {key: severity for key, severity in found.items() if severity >= Severity.WARNING}


def compared(current: Iterable[Alerted], proposed: Iterable[Alerted]) -> list[Row]:
    """By model, the worst severity first, and route."""
    counts = [Counter((one.model, one.severity, one.route) for one in side) for side in (current, proposed)]
    keys = sorted({*counts[0], *counts[1]}, key=lambda key: (key[0], -key[1], key[2]))
    return [Row(*key, counts[0][key], counts[1][key]) for key in keys]


def week_of(moment: datetime) -> str:
    """2026-W10."""
    year, week, _ = moment.isocalendar()
    return f"{year}-W{week:02}"
