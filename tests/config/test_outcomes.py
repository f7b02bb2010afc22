"""What the file says about predictions and labels: the task, the measured class, delayed and separate labels."""

from datetime import timedelta
from math import inf
from pathlib import Path

import pytest

from fairlead.config.duration import duration
from fairlead.config.schema import LabelSource
from fairlead.errors import ConfigError
from tests.support.config_files import model


@pytest.mark.parametrize(
    ("columns", "positive"),
    [
        ("", None),
        (", favourable: approved", "approved"),
        (", positive: 1.0", "1"),
        (", favourable: approved, positive: denied", "denied"),
        (", favourable: true", "true"),
    ],
)
def test_the_measured_class_is_the_favourable_one_unless_another_is_named(
    tmp_path: Path, columns: str, positive: str | None
) -> None:
    assert model(tmp_path, columns).columns.positive == positive


def test_a_regression_has_no_class(tmp_path: Path) -> None:
    columns = model(tmp_path, ", favourable_range: [3, .inf], tolerance: 2", "task: regression").columns
    assert columns.favourable_range == (3.0, inf)
    assert columns.tolerance == 2.0
    assert (columns.favourable, columns.positive) == (None, None)


def test_a_regression_needs_nothing_more(tmp_path: Path) -> None:
    assert model(tmp_path, keys="task: regression").task == "regression"


@pytest.mark.parametrize(
    ("written", "span"),
    [
        ("0d", timedelta(0)),
        ("45m", timedelta(minutes=45)),
        ("36h", timedelta(hours=36)),
        ("030d", timedelta(days=30)),
        ("2w", timedelta(days=14)),
        ("400d", timedelta(days=400)),
        ("9600h", timedelta(days=400)),
        ("576000m", timedelta(days=400)),
    ],
)
def test_the_delay_of_labels(tmp_path: Path, written: str, span: timedelta) -> None:
    assert model(tmp_path, ", label: truth", f"label_delay: {written}").label_delay == span


def test_labels_come_at_once_by_default(tmp_path: Path) -> None:
    assert model(tmp_path, ", label: truth").label_delay == timedelta(0)


@pytest.mark.parametrize(
    "text", ["", "d", "30", "30 d", "30D", "30s", "30y", "+1d", "-1d", "1e2d", "1.5d", "1_0d", "\u0663d", "1d ", "1d\n"]
)
def test_other_text_is_no_duration(text: str) -> None:
    assert duration(text) is None


@pytest.mark.parametrize("text", ["401d", "58w", "9601h", "576001m", "9999999m", "9" * 1000 + "d"])
def test_longer_durations_are_refused(text: str) -> None:
    assert duration(text) is None


def test_labels_apart_from_the_logs(tmp_path: Path) -> None:
    found = model(tmp_path, keys="labels: {path: truth/*.csv.gz, key: id, label: truth}\nlabel_delay: 3w")
    assert found.labels == LabelSource(path=str(tmp_path / "truth" / "*.csv.gz"), format="csv", key="id", label="truth")
    assert found.label_delay == timedelta(weeks=3)
    assert found.columns.label is None


def test_the_latest_label_counts_where_there_is_a_timestamp(tmp_path: Path) -> None:
    keys = "labels: {path: /truth, format: jsonl, key: id, label: truth, timestamp: ts, timestamp_unit: us}"
    expected = LabelSource(path="/truth", format="jsonl", key="id", label="truth", timestamp="ts", timestamp_unit="us")
    assert model(tmp_path, keys=keys).labels == expected


def test_one_column_may_name_a_prediction_for_its_label_and_mark_its_repetition(tmp_path: Path) -> None:
    found = model(tmp_path, ", input_key: id", "labels: {path: truth.csv, key: id, label: truth}")
    assert found.labels is not None
    assert found.labels.key == found.columns.input_key == "id"


def test_an_input_key_goes_with_inputs_that_are_not_hashed(tmp_path: Path) -> None:
    found = model(tmp_path, ", input_key: id", "hash_inputs: false")
    assert (found.columns.input_key, found.hash_inputs) == ("id", False)


def test_one_mistake_of_a_regression_with_two_kinds_of_score_is_said_once(tmp_path: Path) -> None:
    columns = ", score: p, probabilities: {a: p_a, b: p_b}"
    with pytest.raises(ConfigError) as caught:
        model(tmp_path, columns, "task: regression")
    assert [(problem.where, problem.message) for problem in caught.value.problems] == [
        ("models[0].columns.score", "must be left out of a regression, got 'p'"),
        ("models[0].columns.probabilities", "must be left out of a regression, got a mapping"),
    ]
