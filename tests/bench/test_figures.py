"""Medians, ratios and targets; who failed does not count."""

import pytest

from tests.bench.contender import Result, Trial, ratio
from tests.bench.figures import HEADINGS, contender_cells, is_comparable, targets
from tests.bench.own import FLOOR, INSIDE, PROCESS, WEEK_CACHED, WEEK_CACHED_PROCESS, WEEK_COLD, WEEK_COLD_PROCESS
from tests.bench.report import Row

MILLION = 1_000_000


def result(name: str, analysis: float | None, wall: float = 1.0, peak: float = 100.0, **computed: int) -> Result:
    """Three trials around the given medians."""
    trials = [
        Trial(None if analysis is None else analysis * part, wall * part, wall * part, peak * part)
        for part in (1.5, 1.0, 0.1)
    ]
    return Result(name, peer=bool(computed), version="1.0", trials=trials, computed=computed)


def results() -> list[Result]:
    """A run in which every contender did its work."""
    return [
        result(FLOOR, 0.25),
        result(INSIDE, 0.9),
        result(PROCESS, None, wall=1.8, peak=300),
        result(WEEK_COLD, 1.0),
        result(WEEK_CACHED, 0.2),
        result(WEEK_COLD_PROCESS, None, wall=2.0),
        result(WEEK_CACHED_PROCESS, None, wall=1.2),
        result("evidently", 90, peak=4000, PSI=50, W1=50),
        result("frouros", 18, peak=2000, PSI=50, W1=50),
        result("nannyml", 21, peak=1800, JS=50, W1=50),
        result("whylogs", 5, peak=500, Hellinger=50),
        result("popmon", 6, peak=400, PSI=50),
    ]


def found(rows: list[Row]) -> dict[str, Row]:
    return {row.what: row for row in rows}


def test_medians_are_of_all_trials() -> None:
    odd = Result("odd", trials=[Trial(value, value, value, value) for value in (3.0, 1.0, 2.0)])
    even = Result("even", trials=[Trial(value, value, value, value) for value in (4.0, 1.0)])
    assert (odd.middle("wall"), even.middle("cpu")) == (2.0, 2.5)
    assert Result("none").middle("wall") is None


@pytest.mark.parametrize(
    ("above", "below", "value"), [(6.0, 3.0, 2.0), (None, 3.0, None), (6.0, None, None), (6, 0, None)]
)
def test_ratio_needs_both(above: float | None, below: float | None, value: float | None) -> None:
    assert ratio(above, below) == value


def test_targets_at_a_million_rows() -> None:
    rows = found(targets(results(), MILLION))
    assert rows["full analysis ÷ decode floor"] == Row("full analysis ÷ decode floor", 0.9 / 0.25, "×", 4)
    process = rows["fairlead analyze, whole process"]
    assert (process.value, process.met) == (1.8, True)
    assert rows["week with six days cached ÷ cold, inside the process"].value == pytest.approx(0.2)
    assert rows["week with six days cached ÷ cold, whole process"].value == pytest.approx(0.6)
    fastest = rows["fastest peer with a divergence and W1 ÷ full analysis"]
    assert fastest.value == pytest.approx(20)
    assert (fastest.note, fastest.met) == ("frouros", True)
    smallest = rows["smallest such peer's peak memory ÷ fairlead analyze's"]
    assert smallest.value == pytest.approx(6)
    assert (smallest.note, smallest.met) == ("nannyml", True)
    assert rows["Evidently ÷ full analysis"].met is True


def test_a_failing_peer_does_not_count() -> None:
    run = results()
    for peer in run:
        if peer.name in {"frouros", "evidently"}:
            peer.failure = "MemoryError"
    rows = found(targets(run, MILLION))
    fastest = rows["fastest peer with a divergence and W1 ÷ full analysis"]
    assert fastest.value == pytest.approx(21 / 0.9)
    assert fastest.note == "nannyml"
    evidently = rows["Evidently ÷ full analysis"]
    assert (evidently.value, evidently.note, evidently.met) == (None, "MemoryError", None)
    cells = {line[0]: line for line in contender_cells(run)}
    assert cells["frouros"] == ("frouros", "1.0", "–", "–", "–", "–", "failed: MemoryError")
    assert len(cells["frouros"]) == len(HEADINGS)


def test_a_missed_target_is_told() -> None:
    run = [*results()[1:], result(FLOOR, 0.2)]
    assert found(targets(run, MILLION))["full analysis ÷ decode floor"].met is False


def test_other_sizes_have_ratios_without_targets() -> None:
    assert all(row.limit is None for row in targets(results(), 50_000))
    large = found(targets(results(), 10_000_000))
    assert large["fairlead analyze, peak memory"].limit == 600
    assert large["full analysis ÷ decode floor"].met is False


def test_without_fairlead_there_are_no_ratios() -> None:
    only = [result("frouros", 18, PSI=50, W1=50)]
    assert targets(only, MILLION) == []
    assert contender_cells(only)[0] == ("frouros", "1.0", "18 s", "1 s", "1 s", "100 MiB", "50 PSI, 50 W1")


def test_cells_show_medians_and_how_many_times_fairleads_they_are() -> None:
    cells = {line[0]: line for line in contender_cells(results())}
    assert cells["frouros"][2:6] == ("18 s (20×)", "1 s (0.556×)", "1 s (0.556×)", "2,000 MiB (6.67×)")
    assert cells[INSIDE][2] == "0.9 s"
    assert cells[PROCESS][2:6] == ("–", "1.8 s", "1.8 s", "300 MiB")


@pytest.mark.parametrize(
    ("computed", "comparable"),
    [
        ({"PSI": 50, "W1": 50}, True),
        ({"JS": 50, "W1": 50}, True),
        ({"PSI": 49, "W1": 50}, False),
        ({"W1": 50}, False),
        ({"PSI": 50}, False),
        ({"KS": 50, "Hellinger": 50}, False),
    ],
)
def test_comparable_is_who_computed_a_divergence_and_w1_of_every_column(
    computed: dict[str, int], comparable: bool
) -> None:
    assert is_comparable(result("peer", 1.0, **computed)) is comparable
