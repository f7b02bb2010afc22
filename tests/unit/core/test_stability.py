"""The rule for a quarterly refresh: quiet, covered, without a trend."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fairlead.config.thresholds import load_thresholds
from fairlead.core.distance import Distance
from fairlead.core.measurement import Measurement
from fairlead.core.plan import Window
from fairlead.core.review import Outcome, month_of, too_far, without_refresh
from fairlead.core.run import Run
from fairlead.core.schedule import CADENCES, DAY
from fairlead.core.stability import unstable

NOW = datetime(2026, 4, 1, 4, tzinfo=UTC)
MIDNIGHT = datetime(2026, 4, 1, tzinfo=UTC)
THRESHOLDS = load_thresholds(Path(__file__).parents[3] / "rules" / "thresholds.yml")
OF = {
    "data": Measurement("feature_psi", 0.02, (("feature", "income"),), 0.01),
    "fairness": Measurement("fairness_disparate_impact_ratio", 0.97, (("attribute", "sex"),), 0.99),
    "model": Measurement("prediction_entropy_change_ratio", -0.05, (), 0.01),
}


def run(family: str, ago: int, value: float | None = None) -> Run:
    """A daily run that ended so many days ago."""
    end = MIDNIGHT - ago * DAY
    measured = OF[family] if value is None else replace(OF[family], value=value)
    window = Window(end - DAY, end)
    return Run("credit", "3", family, window, "scheduled", end, end, "2026-01-01-v1", 100, (measured,))


def calm(days: int = 90) -> list[Run]:
    """Alternating a little, day by day."""
    return [run(family, ago, OF[family].value + 0.001 * (ago % 2)) for family in OF for ago in range(days)]


def why(runs: list[Run], risk: str = "high", *families: str) -> str | None:
    wanted = families or tuple(OF)
    cadences = {family: cadence for family, cadence in CADENCES[risk].items() if family in wanted}
    return unstable(runs, cadences, THRESHOLDS, "credit", NOW)


def test_a_calm_quarter_is_stable() -> None:
    assert why(calm()) is None
    assert why(calm(28)) is None


def test_what_is_not_configured_is_not_asked_for() -> None:
    assert why([one for one in calm() if one.family != "fairness"], "high", "data", "model") is None
    assert why([one for one in calm() if one.family != "fairness"]) == (
        "fairness: must have 27 analyses of the last 28 days against this baseline, got 0"
    )


def test_one_window_may_be_missing() -> None:
    without = [one for one in calm() if one.window.end != MIDNIGHT - 3 * DAY]
    assert why(without) is None
    assert "got 26" in str(why([one for one in without if one.window.end != MIDNIGHT - 9 * DAY]))


@pytest.mark.parametrize(("ago", "stable"), [(0, False), (27, False), (28, True)])
def test_a_warning_counts_for_four_weeks(ago: int, stable: bool) -> None:
    runs = [one for one in calm() if (one.family, one.window.end) != ("data", MIDNIGHT - ago * DAY)]
    found = why([*runs, run("data", ago, 0.11)])
    assert (found is None) == stable
    day = MIDNIGHT - ago * DAY
    assert stable or found == f"data: WARNING of feature_psi (feature income) on {day:%Y-%m-%d}"


def test_what_is_inside_the_noise_is_no_warning() -> None:
    runs = [replace(one, measurements=(replace(one.measurements[0], value=0.11, noise=0.2),)) for one in calm()]
    assert why([one for one in runs if one.family == "data"], "high", "data") is None


@pytest.mark.parametrize(
    ("family", "start", "step", "stable"),
    [
        ("data", 0.01, 0.0007, False),  # 0.07 after a quarter, 0.13 after two
        ("data", 0.01, 0.0003, True),  # 0.06 after two
        ("data", 0.09, -0.0005, True),  # away from the threshold
        ("fairness", 0.99, -0.0006, False),  # 0.88 after two; lower is worse
        ("fairness", 0.95, 0.0003, True),
        ("model", -0.02, -0.0015, False),  # signed, judged by size: 0.29 after two
        ("model", 0.2, -0.0015, True),
    ],
)
def test_trends(family: str, start: float, step: float, stable: bool) -> None:
    others = [one for one in calm() if one.family != family]
    moving = [run(family, ago, start + step * (90 - ago) + 0.002 * (ago % 2)) for ago in range(90)]
    found = why(others + moving)
    assert (found is None) == stable, found
    assert stable or str(found).startswith(f"{family}: {OF[family].metric}")


def test_a_run_that_could_compute_nothing_proves_nothing() -> None:
    runs = [replace(one, measurements=()) if one.family == "model" else one for one in calm()]
    assert why(runs) == "model: the latest analysis could compute nothing"


def test_windows_of_a_low_risk() -> None:
    """Two-weekly: one of two windows may be missing."""
    ends = [MIDNIGHT - days * DAY for days in (3, 17, 31, 45)]
    runs = [replace(run("data", 0), window=Window(end - 14 * DAY, end)) for end in ends]
    assert why(runs, "low", "data") is None
    assert why(runs[2:], "low", "data") is not None


@pytest.mark.parametrize(
    ("age", "left", "unstable", "outcome"),
    [
        (88, 90, None, Outcome.KEPT),
        (89, 90, None, None),
        (89, 90, "data: a warning", Outcome.KEPT),
        (20, 31, None, None),
        (160, 20, "data: a warning", Outcome.NEEDS_PERSON),
        (190, -10, "data: a warning", Outcome.NEEDS_PERSON),
        (190, -10, None, None),
    ],
)
def test_what_a_review_comes_to(age: int, left: int, unstable: str | None, outcome: Outcome | None) -> None:
    found = without_refresh(NOW - age * DAY, NOW + left * DAY, unstable, NOW)
    assert (found[0] if found else None) == outcome


def test_a_new_year_to_april_is_a_quarter() -> None:
    made = datetime(2026, 1, 1, 4, 2, tzinfo=UTC)
    assert without_refresh(made, NOW + 99 * DAY, None, NOW) is None
    assert month_of(NOW) == "2026-04"


def test_too_far_for_nobody_to_look() -> None:
    limits = {"psi_max": 0.1, "wasserstein_max": 0.15, "shift": 0.2}
    near = Distance("v1", 0.09, 0.01, 0.14, 0.1, 0.19, {"sex": 0.04})
    assert too_far(near, limits, 0.05) is None
    assert too_far(Distance("v1"), limits, 0.05) is None
    for far in ({"psi_max": 0.1}, {"wasserstein_max": 0.15}, {"shift": 0.2}, {"parity": {"sex": 0.05}}):
        assert too_far(replace(near, **far), limits, 0.05) is not None
