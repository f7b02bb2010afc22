"""The demo's tables: what they choose, and that data cannot write into them."""

from io import StringIO

from rich.console import Console

from fairlead.demo.commands import Row
from fairlead.demo.expectations import Alert
from fairlead.demo.scenario import EVENTS
from fairlead.demo.summary import print_alerts, print_introduction, print_measurements
from fairlead.demo.workspace import CONTROL, DRIFTING


def console() -> Console:
    return Console(file=StringIO(), width=160)


def printed(on: Console) -> str:
    assert isinstance(on.file, StringIO)
    return on.file.getvalue()


def test_introduction_names_every_event_of_the_scenario() -> None:
    on = console()
    print_introduction(on)
    text = " ".join(printed(on).replace("│", " ").split())
    for event in EVENTS:
        assert f"from day {event.first_day}: {event.title}" in text


def test_both_days_stand_side_by_side_and_only_the_largest_harmless_value_is_shown() -> None:
    quiet = [
        Row(DRIFTING, "data", "feature_psi", "housing_ratio", 0.011, 0.04, "info"),
        Row(DRIFTING, "fairness", "fairness_disparate_impact_ratio", "race", 0.7, 0.88, "critical"),
    ]
    last = [
        Row(DRIFTING, "data", "feature_psi", "housing_ratio", 0.512, 0.04, "critical"),
        Row(CONTROL, "data", "feature_psi", "monthly_income", 0.021, 0.04, "info"),
        Row(CONTROL, "data", "feature_psi", "loan_amount", 0.012, 0.04, "info"),
    ]
    on = console()
    print_measurements(on, [quiet, last], quiet_day=1)
    lines = [line.split() for line in printed(on).splitlines()]
    assert ["feature_psi", "housing_ratio", "0.011", "INFO", "0.512", "CRITICAL", "0.040"] in lines
    assert ["feature_psi", "monthly_income", "0.021", "INFO", "0.040"] in lines
    assert not any("loan_amount" in line for line in lines)
    assert "already 0.70 to 0.70" in printed(on)


def test_alerts_are_listed_suppressed_ones_counted_and_label_values_printed_literally() -> None:
    labels = {"alertname": "ModelFeatureDrift", "severity": "critical", "model": DRIFTING, "feature": "[bold]x"}
    active = Alert(labels, {}, "active", ("on-call",))
    suppressed = Alert({**labels, "severity": "warning"}, {}, "suppressed", ("slack-warning",))
    on = console()
    print_alerts(on, [active, suppressed])
    text = printed(on)
    assert "[bold]x" in text
    assert "1 WARNING alerts are suppressed" in text
    assert f"{CONTROL}: no alert" in text
