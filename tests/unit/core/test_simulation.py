"""Known runs replayed against known thresholds."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from fairlead.core.measurement import Measurement
from fairlead.core.run import Run
from fairlead.core.simulation import Alerted, compared, replay, route, week_of
from fairlead.core.thresholds import Severity, Thresholds
from tests.support.alertmanager_routes import ROWS
from tests.support.runs import midnight, run

W, C = Severity.WARNING, Severity.CRITICAL
LIMITS = {"feature_psi": (0.1, 0.25), "fairness_demographic_parity_drift": (0.05, 0.1)}


def thresholds(**changes: tuple[float, float]) -> Thresholds:
    limits: Mapping[str, tuple[float, float]] = {**LIMITS, **changes}
    pairs = {name: dict(zip(("warning", "critical"), pair, strict=True)) for name, pair in limits.items()}
    return Thresholds({(name, sev, "", ""): value for name, pair in pairs.items() for sev, value in pair.items()})


def measured(day: int, metric: str = "feature_psi", family: str = "data", noise: float = 0.0, **values: float) -> Run:
    key = "feature" if family == "data" else "attribute"
    found = tuple(Measurement(metric, value, ((key, name),), noise) for name, value in values.items())
    return replace(run(day, family=family), measurements=found)


def told(*runs: Run, **changes: tuple[float, float]) -> list[tuple[int, str, Severity]]:
    found = replay(runs, thresholds(**changes), {})
    return [
        ((one.at - midnight(1)).days + 1, dict(one.labels).get("feature", one.metric), one.severity) for one in found
    ]


def test_an_alert_is_counted_when_it_begins_and_when_its_severity_changes() -> None:
    runs = [measured(day, age=value) for day, value in enumerate((0.05, 0.12, 0.2, 0.3, 0.26, 0.12, 0.09, 0.1), 2)]
    assert told(*runs) == [(3, "age", W), (5, "age", C), (7, "age", W), (9, "age", W)]
    assert told(*runs, feature_psi=(0.2, 0.3)) == [(4, "age", W), (5, "age", C), (6, "age", W)]


def test_noise_and_series_that_vanish() -> None:
    runs = [measured(2, age=0.3), measured(3, income=0.3, noise=0.4), measured(4, age=0.3)]
    assert told(*runs) == [(2, "age", C), (4, "age", C)]


def test_the_score_and_several_families() -> None:
    parity = "fairness_demographic_parity_drift"
    runs = [measured(2, age=0.3), measured(2, parity, "fairness", sex=0.2), measured(3, age=0.3)]
    found = list(replay(runs, thresholds(drift_score=(0.15, 0.3)), {}))
    assert [(one.metric, one.severity, one.route) for one in found] == [
        ("feature_psi", C, "slack-critical, on-call, ml-lead"),
        ("drift_score", W, "slack-warning"),
        (parity, C, "slack-critical, on-call, compliance-officer, cto, ceo"),
        ("several families", C, "cto"),
    ]


def test_sides_are_compared_by_model_severity_and_route() -> None:
    one = Alerted(midnight(2), "b", "m", (), W, "r")
    rows = compared([one, replace(one, severity=C)], [one, one, replace(one, model="a")])
    assert [(row.model, row.severity, row.current, row.proposed) for row in rows] == [
        ("a", W, 0, 1),
        ("b", C, 1, 0),
        ("b", W, 1, 2),
    ]
    assert week_of(midnight(1)) == "2026-W09"


MODELS = [row for row in ROWS if row.labels.get("family") in {"data", "fairness", "model", "explanation", "quality"}]
MODELS = [row for row in MODELS if row.labels.get("severity") in {"warning", "critical"} and "model" in row.labels]
MODELS = [
    row for row in MODELS if not row.labels.get("escalation") and row.labels["alertname"] != "ModelMultipleCritical"
]


@pytest.mark.parametrize("row", MODELS, ids=lambda row: row.event)
def test_routes_are_those_of_alertmanager(row: object) -> None:
    labels, receivers = row.labels, row.receivers  # type: ignore[attr-defined]
    found = route(labels["family"], Severity[labels["severity"].upper()], labels.get("environment", "production"))
    assert found.split(", ") == [name for name in receivers if name != "fairlead"]
