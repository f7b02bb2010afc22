"""A snapshot as series: what is there, what vanished, what is refused."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from fairlead.core.measurement import Measurement, NotComputed
from fairlead.core.plan import Window
from fairlead.core.run import Run
from fairlead.core.snapshot import ModelState, Snapshot
from fairlead.exposition import collector
from fairlead.exposition.collector import Collector, Exposition
from fairlead.exposition.fragment import MAX_LABEL
from fairlead.exposition.render import render
from tests.support.comparisons import Rows
from tests.support.page import CURRENT, NOON, SNAPSHOT, runs, state

LOOK_ALIKE = "x" * MAX_LABEL


def collect(snapshot: Snapshot) -> Exposition:
    """By a collector that has seen nothing before."""
    return Collector().collect(snapshot)


def text(exposition: Exposition) -> bytes:
    """What the page says."""
    return b"".join(render(exposition.fragments))


def series(snapshot: Snapshot) -> dict[str, dict[tuple[str, ...], float]]:
    """Series by metric name."""
    return {
        family.name: {tuple(sample.labels.values()): sample.value for sample in family.samples}
        for family in text_string_to_metric_families(text(collect(snapshot)).decode())
    }


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
    assert text(exposition).count(b"\nfairlead_feature_psi{") == 1
    assert f'fairlead_feature_psi{{model="credit",feature="{LOOK_ALIKE}"}} 0\n'.encode() in text(exposition)
    assert exposition.dropped == {"duplicate": 4, "too_many": 0}


def test_models_that_look_alike_share_the_page() -> None:
    names = ("nurse \u200d", "nurse \u200c", "other")
    states = [only(Measurement("feature_psi", 0.3, (("feature", name),)), name=name).models[0] for name in names]
    exposition = collect(Snapshot(tuple(states)))
    lines = text(exposition).decode().splitlines()
    assert len({line.rpartition(" ")[0] for line in lines if not line.startswith("#")}) == len(
        [line for line in lines if not line.startswith("#")]
    )
    assert [line for line in lines if line.startswith("fairlead_model_info")] == [
        f'fairlead_model_info{{model="{name}",version="3",risk="high",team="lending",environment="production"}} 1.0'
        for name in ("nurse \N{REPLACEMENT CHARACTER}", "other")
    ]
    assert exposition.dropped["duplicate"] > 10


@pytest.mark.parametrize("share", [0, 0.01, 0.5, 0.97])
def test_series_are_limited_and_the_rest_counted(share: float, monkeypatch: pytest.MonkeyPatch) -> None:
    everything = collect(SNAPSHOT)
    count = sum(fragment.series for fragment in everything.fragments)
    assert count == sum(not line.startswith(b"#") for line in text(everything).splitlines())
    most = int(share * count)
    monkeypatch.setattr(collector, "MAX_SERIES", most)
    limited = collect(SNAPSHOT)
    assert sum(fragment.series for fragment in limited.fragments) == most
    assert limited.dropped == {"duplicate": 0, "too_many": count - most}
    assert set(text(limited).splitlines()) <= set(text(everything).splitlines())


def test_limit_gives_room_to_the_next_when_a_model_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = (replace(SNAPSHOT.models[0], name=name) for name in ("first", "second"))
    size = collect(Snapshot((first,))).fragments[0].series
    monkeypatch.setattr(collector, "MAX_SERIES", size)
    seen = Collector()
    both = seen.collect(Snapshot((first, second)))
    assert both.dropped["too_many"] == size
    assert text(seen.collect(Snapshot((second,)))) == text(collect(Snapshot((second,))))


def test_family_without_series_is_not_there() -> None:
    assert list(render(collect(Snapshot()).fragments)) == []
    lines = text(collect(SNAPSHOT)).splitlines()
    for line, following in zip(lines, [*lines[1:], b"# HELP"], strict=True):
        assert not (line.startswith(b"# TYPE") and following.startswith(b"#"))


def test_model_that_stays_the_same_is_not_rendered_again() -> None:
    seen = Collector()
    states = [state("first", runs("first")), state("second", runs("second")), state("third")]
    before = seen.collect(Snapshot(tuple(states))).fragments
    again = [replace(one, runs=dict(one.runs)) for one in states]
    assert all(one is other for one, other in zip(seen.collect(Snapshot(tuple(again))).fragments, before, strict=True))
    changed = replace(states[1], next_due={"data": NOON + timedelta(days=2)})
    after = seen.collect(Snapshot((states[2], changed, states[0]))).fragments
    assert [after[0] is before[2], after[1] is before[1], after[2] is before[0]] == [True, False, True]


CHANGES = st.tuples(st.sampled_from("abcd"), st.sampled_from(["run", "due", "reset", "gone", "move"]), st.floats(0, 1))


@given(st.lists(CHANGES))
def test_page_after_any_changes_is_the_page_made_from_scratch(changes: list[tuple[str, str, float]]) -> None:
    """By a collector that has seen every state in between; most changes leave most models alone."""
    seen = Collector()
    states: dict[str, ModelState] = {}
    for name, change, number in changes:
        before = states.pop(name, state(name)) if change == "move" else states.get(name, state(name))
        states[name] = _changed(before, change, number)
        if change == "gone":
            del states[name]
        snapshot = Snapshot(tuple(states.values()))
        assert text(seen.collect(snapshot)) == text(collect(snapshot))


def _changed(before: ModelState, change: str, number: float) -> ModelState:
    if change == "due":
        return replace(before, next_due={"data": NOON + timedelta(seconds=number)})
    if change == "reset":
        return replace(before, baseline=None if before.baseline else SNAPSHOT.models[0].baseline)
    if change != "run":
        return before
    features = ("income", LOOK_ALIKE + "a", LOOK_ALIKE + "b", str(number))
    outcomes = tuple(Measurement("feature_psi", number, (("feature", name),), 0.1) for name in features)
    run = Run(before.name, "3", "data", Window(NOON, NOON), "scheduled", NOON, NOON, measurements=outcomes)
    return replace(before, runs={**before.runs, "data": run})
