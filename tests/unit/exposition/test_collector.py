"""A snapshot as series: what is there, what vanished, what is refused."""

from dataclasses import replace

import pytest

from fairlead.core.measurement import Measurement, NotComputed
from fairlead.core.run import Run
from fairlead.core.snapshot import Snapshot
from fairlead.exposition import collector
from fairlead.exposition.collector import collect
from tests.support.comparisons import Rows
from tests.support.page import CURRENT, NOON, SNAPSHOT, runs, state

LOOK_ALIKE = "x" * collector.MAX_LABEL


def series(snapshot: Snapshot) -> dict[str, dict[tuple[str, ...], float]]:
    """Series by metric name."""
    return {family.name: family.series for family in collect(snapshot).families}


def only(*measurements: Measurement, missing: tuple[NotComputed, ...] = (), name: str = "credit") -> Snapshot:
    """A model whose only run has these outcomes."""
    run: Run = replace(runs(name)["data"], measurements=measurements, not_computed=missing)
    return Snapshot((state(name, {"data": run}),))


def test_value_and_noise_are_twins() -> None:
    found = series(only(Measurement("feature_psi", 0.3, (("feature", "income"),), 0.1)))
    assert found["fairlead_feature_psi"] == {("credit", "income"): 0.3}
    assert found["fairlead_feature_psi_noise"] == {("credit", "income"): 0.1}


def test_measurement_without_noise_has_no_twin() -> None:
    found = series(only(Measurement("feature_missing_ratio", 0.3, (("feature", "income"),))))
    assert found["fairlead_feature_missing_ratio"] == {("credit", "income"): 0.3}
    assert not [name for name in found if name.endswith("_noise")]


def test_what_vanished_from_the_snapshot_vanishes_from_the_page() -> None:
    before = series(SNAPSHOT)
    without = Rows(**{**{name: getattr(CURRENT, name) for name in Rows.__dataclass_fields__}, "groups": {}})
    after = series(Snapshot((state("credit-default", runs("credit-default", without)),)))
    assert ("credit-default", "sex", "f") in before["fairlead_group_samples"]
    assert "fairlead_group_samples" not in after
    assert ("never analysed", "data") not in after["fairlead_analysis_next_due_timestamp_seconds"]


def test_model_that_was_never_analysed_is_in_the_inventory() -> None:
    found = series(Snapshot((state("new"),)))
    assert found["fairlead_model_info"] == {("new", "3", "high", "lending", "production"): 1.0}
    assert ("new", "data") in found["fairlead_analysis_next_due_timestamp_seconds"]
    assert ("new", "data") in found["fairlead_analysis_cadence_seconds"]
    for absent in ("baseline_info", "window_samples", "analysis_last_success_timestamp_seconds", "feature_psi"):
        assert f"fairlead_{absent}" not in found


def test_timestamps_are_those_of_the_window() -> None:
    found = series(SNAPSHOT)
    where = ("credit-default", "data")
    assert found["fairlead_window_end_timestamp_seconds"][where] == NOON.replace(hour=0).timestamp()
    assert found["fairlead_window_start_timestamp_seconds"][where] == NOON.replace(hour=0).timestamp() - 86_400


def test_reason_names_its_subject() -> None:
    missing = NotComputed("feature_psi", "too few values", (("feature", "income"),))
    found = series(only(missing=(missing, NotComputed("drift", "no labels"))))
    assert list(found["fairlead_not_computed"]) == [
        ("credit", "feature_psi", "too few values: feature=income"),
        ("credit", "drift", "no labels"),
    ]


def test_metric_of_another_release_is_left_out() -> None:
    assert "fairlead_feature_gini" not in series(only(Measurement("feature_gini", 0.3)))


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("a\x1b[31mred", "a\N{REPLACEMENT CHARACTER}[31mred"),
        ("line\nbreak\r\t\0", "line" + "\N{REPLACEMENT CHARACTER}break" + "\N{REPLACEMENT CHARACTER}" * 3),
        ("\u202egnp.exe", "\N{REPLACEMENT CHARACTER}gnp.exe"),
        ("lone \ud800", "lone \N{REPLACEMENT CHARACTER}"),
        ("x" * 500, LOOK_ALIKE),
        ('quo"te \\ 愛', 'quo"te \\ 愛'),
        ("", ""),
    ],
)
def test_hostile_label_values(value: str, shown: str) -> None:
    found = series(only(Measurement("feature_psi", 0.3, (("feature", value),))))
    assert list(found["fairlead_feature_psi"]) == [("credit", shown)]


def test_series_that_became_equal_are_dropped_and_counted() -> None:
    names = [LOOK_ALIKE + "a", LOOK_ALIKE + "b", LOOK_ALIKE + "c"]
    exposition = collect(
        only(*(Measurement("feature_psi", i, (("feature", name),), 0.1) for i, name in enumerate(names)))
    )
    (psi,) = [family for family in exposition.families if family.name == "fairlead_feature_psi"]
    assert psi.series == {("credit", LOOK_ALIKE): 0}
    assert exposition.dropped == {"duplicate": 4, "too_many": 0}


def test_series_are_limited_and_the_rest_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    everything = sum(len(found) for found in series(SNAPSHOT).values())
    monkeypatch.setattr(collector, "MAX_SERIES", 50)
    exposition = collect(SNAPSHOT)
    assert sum(len(family.series) for family in exposition.families) == 50
    assert exposition.dropped == {"duplicate": 0, "too_many": everything - 50}


def test_family_without_series_is_not_there() -> None:
    assert all(family.series for family in collect(SNAPSHOT).families)
    assert collect(Snapshot()).families == []
