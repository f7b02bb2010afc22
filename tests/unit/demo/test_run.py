"""Verdicts that undisturbed traffic does not deserve."""

from fairlead.demo.commands import Row
from fairlead.demo.run import QUIET_DAY, quiet_days_broken
from fairlead.demo.workspace import CONTROL, DRIFTING


def row(model: str, family: str, severity: str) -> Row:
    return Row(model, family, "feature_psi", "income", 0.3, 0.04, severity)


def test_drift_before_the_first_event_is_reported_and_after_it_is_not() -> None:
    days = [[row(DRIFTING, "data", "critical")] for _ in range(QUIET_DAY + 1)]
    assert quiet_days_broken(days) == [
        f"day {number}: {DRIFTING} feature_psi income is critical" for number in range(1, QUIET_DAY + 1)
    ]


def test_unfairness_of_the_data_itself_is_no_fault_of_a_quiet_day() -> None:
    assert quiet_days_broken([[row(DRIFTING, "fairness", "critical")]]) == []


def test_the_control_may_never_be_past_a_threshold_but_may_be_inconclusive() -> None:
    calm = [row(CONTROL, "fairness", "inconclusive"), row(CONTROL, "data", "info")]
    assert quiet_days_broken([calm]) == []
    last = [*([[]] * QUIET_DAY), [row(CONTROL, "fairness", "warning")]]
    assert quiet_days_broken(last) == [f"day {QUIET_DAY + 1}: {CONTROL} feature_psi income is warning"]
