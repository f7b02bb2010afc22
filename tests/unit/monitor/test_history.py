"""What the runs so far amount to."""

from datetime import datetime
from itertools import permutations

from fairlead.monitor.history import History
from tests.support.runs import DAY, midnight, run

KEY = ("credit", "data")


def ends(history: History) -> frozenset[datetime]:
    """Ends of the daily windows that are analysed."""
    return history.backlogs[KEY].analysed.get(DAY, frozenset())


def test_older_window_recorded_later_does_not_replace_a_newer_one() -> None:
    history = History()
    history.add(run(10, value=0.1, id=1))
    history.add(run(9, value=0.9, id=2))
    assert history.latest[KEY].window.end == midnight(10)
    assert history.last_id == 2


def test_same_window_analysed_again_replaces_the_first_result() -> None:
    history = History()
    history.add(run(10, value=0.1, id=1))
    history.add(run(10, value=0.2, id=2))
    assert history.latest[KEY].id == 2


def test_failed_run_keeps_the_last_good_values() -> None:
    history = History()
    history.add(run(10, id=1))
    history.add(run(11, failure="broken", id=2))
    assert history.latest[KEY].id == 1
    assert history.succeeded[KEY] == run(10).finished
    assert ends(history) == {midnight(10)}
    assert list(history.backlogs[KEY].failed) == [run(11).window]
    assert history.last_id == 2


def test_on_demand_run_is_shown_but_leaves_the_schedule_alone() -> None:
    history = History()
    history.add(run(10, id=1))
    history.add(run(11, trigger="on-demand", id=2))
    assert history.latest[KEY].id == 2
    assert ends(history) == {midnight(10)}


def test_order_of_arrival_does_not_matter() -> None:
    runs = [run(9, id=1), run(10, id=2), run(10, id=3), run(12, failure="broken", id=4)]
    results = []
    for order in permutations(runs):
        history = History()
        for one in order:
            history.add(one)
        results.append(history)
    assert all(history == results[0] for history in results)
    assert results[0].latest[KEY].id == 3


def test_only_failures_leave_nothing_to_show() -> None:
    history = History()
    history.add(run(10, failure="broken", id=1))
    assert (history.latest, history.succeeded, ends(history)) == ({}, {}, frozenset())
