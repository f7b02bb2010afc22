"""The replay: dates, volume, and what each labelled event changes, and when."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pandas as pd
import pytest

from fairlead.demo.credit import PREDICTION
from fairlead.demo.data import APPROVED, DENIED, INPUTS, RACE
from fairlead.demo.scenario import (
    EVENTS,
    NEW_PROPERTY_TYPE,
    ROWS_PER_DAY,
    TIMESTAMP,
    Change,
    Replay,
    deny_neighbourhoods,
    midnights,
    overrule_minorities,
    replay,
    write_baseline,
    write_days,
)

START = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def source() -> Replay:
    return replay()


def test_midnights_end_at_the_last_utc_midnight() -> None:
    east = timezone(timedelta(hours=3))
    ends = midnights(datetime(2026, 3, 10, 1, 30, tzinfo=east), days=3)
    assert ends == [datetime(2026, 3, day, tzinfo=UTC) for day in (7, 8, 9)]
    assert midnights(START, days=1) == [START]


def test_a_day_is_the_same_for_equal_arguments_and_another_for_another_seed_or_day(source: Replay) -> None:
    first = source.traffic(7, START, EVENTS, seed=1)
    assert first.equals(source.traffic(7, START, EVENTS, seed=1))
    columns = list(INPUTS)
    assert not first[columns].equals(source.traffic(7, START, EVENTS, seed=2)[columns])
    assert not first[columns].equals(source.traffic(8, START, EVENTS, seed=1)[columns])


def test_rows_of_a_day_are_ordered_in_time_and_inside_the_day(source: Replay) -> None:
    log = source.traffic(1, START, EVENTS, seed=1)
    assert len(log) == ROWS_PER_DAY
    assert log[TIMESTAMP].is_monotonic_increasing
    assert log[TIMESTAMP].min() >= pd.Timestamp(START)
    assert log[TIMESTAMP].max() < pd.Timestamp(START) + pd.Timedelta(days=1)


def test_before_the_first_event_the_scenario_changes_nothing(source: Replay) -> None:
    quiet_days = min(event.first_day for event in EVENTS) - 1
    assert quiet_days >= 5
    for day in range(1, quiet_days + 1):
        assert source.traffic(day, START, EVENTS, seed=1).equals(source.traffic(day, START, (), seed=1))


def test_input_events_have_the_sizes_their_titles_state(source: Replay) -> None:
    quiet, changed = source.traffic(7, START, (), seed=1), source.traffic(7, START, EVENTS, seed=1)
    assert (quiet["housing_ratio"] * 2 == changed["housing_ratio"]).mean() == pytest.approx(0.35, abs=0.04)
    assert changed["unemployment_rate"].isna().mean() == pytest.approx(0.20, abs=0.04)
    assert (changed["property_type"] == NEW_PROPERTY_TYPE).mean() == pytest.approx(0.08, abs=0.03)
    assert not (quiet["property_type"] == NEW_PROPERTY_TYPE).any()
    untouched = set(INPUTS) - {"housing_ratio", "unemployment_rate", "property_type"}
    assert quiet[sorted(untouched)].equals(changed[sorted(untouched)])


def newly_denied(source: Replay, change: Change) -> "pd.Series[bool]":
    """Share of the approvals of each race that one event after scoring turns into denials."""
    event = next(event for event in EVENTS if event.after_scoring is change)
    without = source.traffic(event.first_day, START, (), seed=1)
    with_event = source.traffic(event.first_day, START, (event,), seed=1)
    assert not ((with_event[PREDICTION] == APPROVED) & (without[PREDICTION] == DENIED)).any()
    approved = without[PREDICTION] == APPROVED
    return (with_event[PREDICTION] == DENIED)[approved].groupby(without[RACE]).mean()


def test_neighbourhood_rule_denies_minority_applicants_more_often(source: Replay) -> None:
    """The rule reads neither race nor sex; the neighbourhood stands in for race."""
    share = newly_denied(source, deny_neighbourhoods)
    assert 0 < share["white"] < 0.12
    assert share["black"] > share["white"] + 0.10


def test_overruling_hits_a_quarter_of_the_approvals_of_minorities_and_nobody_else(source: Replay) -> None:
    share = newly_denied(source, overrule_minorities)
    assert share["white"] == 0
    assert share["black"] == pytest.approx(0.25, abs=0.12)
    assert share["hispanic"] == pytest.approx(0.25, abs=0.16)


def test_log_holds_no_fact_about_the_tract(source: Replay) -> None:
    assert not [name for name in source.traffic(8, START, EVENTS, seed=1).columns if "tract" in name]


def test_one_parquet_file_a_day_and_the_baseline_before_them(source: Replay, tmp_path: Path) -> None:
    ends = midnights(START, days=2)
    days = list(write_days(source, tmp_path / "logs", ends))
    assert [day.isoformat() for day in days] == ["2026-02-27", "2026-02-28"]
    files = sorted((tmp_path / "logs").iterdir())
    assert [file.name for file in files] == ["2026-02-27.parquet", "2026-02-28.parquet"]
    read = pd.read_parquet(files[1])
    assert read[TIMESTAMP].dt.date.unique().tolist() == [days[1]]

    write_baseline(source, tmp_path / "baseline" / "validation.parquet", ends[0] - timedelta(days=1))
    baseline = pd.read_parquet(tmp_path / "baseline" / "validation.parquet")
    assert baseline[TIMESTAMP].max() < pd.read_parquet(files[0])[TIMESTAMP].min()
    assert list(baseline.columns) == list(read.columns)
