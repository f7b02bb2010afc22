"""The snapshot of the configured models."""

from datetime import UTC, datetime, timedelta

from fairlead.core.backlog import Backlog
from fairlead.core.plan import Plan, Window
from fairlead.core.snapshot import ActiveBaseline
from fairlead.monitor.history import History
from fairlead.monitor.snapshot import Entry, families_of, snapshot
from tests.support.monitored import subject
from tests.support.runs import run

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
BASELINE = ActiveBaseline("2026-03-01-v1", "ana", NOW - timedelta(days=9))


def history(*runs: object) -> History:
    found = History()
    for number, one in enumerate(runs, 1):
        found.add(one)  # type: ignore[arg-type]  # runs
        found.last_id = number
    return found


def test_states_follow_the_configuration() -> None:
    entries = [Entry(subject("credit"), "lending", "production"), Entry(subject("ads", risk="low"), "ads", "staging")]
    found = snapshot(entries, history(run(10), run(10, model="gone")), {"credit": BASELINE}, NOW)
    credit, ads = found.models
    assert (credit.name, credit.version, credit.risk, credit.team) == ("credit", "3", "high", "lending")
    assert credit.baseline == BASELINE
    assert list(credit.runs) == ["data"]
    assert credit.last_success == {"data": run(10).finished}
    assert (ads.baseline, ads.runs, ads.last_success) == (None, {}, {})


def test_next_due_time_is_the_first_that_no_analysis_has_served() -> None:
    end = datetime(2026, 3, 8, tzinfo=UTC)
    windows = {"data": Window(end - timedelta(days=7), end), "fairness": Window(end - timedelta(days=1), end)}
    backlogs = {("credit", family): Backlog().with_success(window) for family, window in windows.items()}
    analysed = History(backlogs=backlogs)
    (state,) = snapshot([Entry(subject("credit", risk="medium"), "lending", "production")], analysed, {}, NOW).models
    assert state.next_due == {
        "data": datetime(2026, 3, 15, 3, tzinfo=UTC),  # analysed on Sunday the 8th
        "fairness": datetime(2026, 3, 9, 2, tzinfo=UTC),  # two days overdue
        "model": datetime(2026, 3, 8, 3, tzinfo=UTC),  # never analysed
        "quality": datetime(2026, 3, 8, 3, tzinfo=UTC),
    }
    assert state.cadence_seconds["fairness"] == 86_400
    assert state.cadence_seconds["data"] == 7 * 86_400


def test_family_that_is_no_longer_configured_is_left_out() -> None:
    runs = history(run(10, family="fairness"), run(10))
    with_attribute, without = (
        snapshot([Entry(subject(fair=fair), "t", "e")], runs, {}, NOW).models[0] for fair in (True, False)
    )
    assert list(with_attribute.runs) == ["data", "fairness"]
    assert list(without.runs) == ["data"]
    assert "fairness" not in without.next_due


def test_families_follow_the_plan() -> None:
    assert families_of(subject()) == ("data", "fairness", "model", "quality")
    assert families_of(subject(fair=False)) == ("data", "model", "quality")
    explained = subject()
    plan: Plan = explained.plan
    assert "explanation" not in families_of(explained)
    assert not plan.attributions


def test_equal_inputs_give_an_equal_snapshot() -> None:
    entries = [Entry(subject(), "lending", "production")]
    assert snapshot(entries, history(run(10)), {}, NOW) == snapshot(entries, history(run(10)), {}, NOW)
