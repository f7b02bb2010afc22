"""The generated logs are what the benchmark says they are."""

from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from tests.bench import floor, workload
from tests.bench.workload import ATTRIBUTES, CARDINALITIES, CATEGORICAL, DAY, DAYS, NUMERICAL, START, Workload, prepared

ROWS = 7_003


def silent(done: int, total: int) -> None:
    """No progress."""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Workload:
    return prepared(tmp_path_factory.mktemp("bench"), ROWS, silent)


@pytest.fixture(scope="module")
def window(data: Workload) -> pd.DataFrame:
    return pd.read_parquet(data.logs)


def test_columns_and_rows(data: Workload, window: pd.DataFrame) -> None:
    assert (len(NUMERICAL), len(CATEGORICAL), len(ATTRIBUTES)) == (50, 10, 2)
    others = ["week_at", "day_at", "prediction", "score", "label"]
    assert sorted(window.columns) == sorted([*NUMERICAL, *CATEGORICAL, *ATTRIBUTES, *others])
    assert len(window) == ROWS
    assert pq.read_schema(data.baseline) == pq.read_schema(data.files[0])
    assert pq.read_metadata(data.baseline).num_rows == ROWS // 2


def test_rows_are_ordered_by_time_and_each_file_is_a_day(data: Workload) -> None:
    for day, path in enumerate(data.files):
        frame = pd.read_parquet(path, columns=["week_at", "day_at"])
        assert abs(len(frame) - ROWS / DAYS) <= 1
        assert frame["week_at"].between(START + day * DAY, START + (day + 1) * DAY, inclusive="left").all()
        assert frame["week_at"].is_monotonic_increasing
        compressed = START + (frame["week_at"] - START) / DAYS
        assert (compressed - frame["day_at"]).abs().max() <= timedelta(microseconds=1)


def test_values_are_a_realistic_mixture(window: pd.DataFrame) -> None:
    distinct = window[list(NUMERICAL)].nunique()
    assert distinct["flag_1"] == 2
    assert distinct["grade_1"] == 5
    assert distinct["normal_1"] == window["normal_1"].count()
    assert window["student_1"].abs().max() > 10 * window["student_1"].std() / 2
    assert window["normal_1"].corr(window["normal_2"]) == pytest.approx(0, abs=0.05)
    missing = window[list(NUMERICAL)].isna().mean()
    assert (missing > 0).sum() == 7
    assert missing[missing > 0].between(0.02, 0.04).all()
    for name, cardinality in zip(CATEGORICAL, CARDINALITIES, strict=True):
        assert cardinality / 2 < window[name].nunique() <= cardinality
        assert window[name].value_counts().idxmax() == f"{name}_0"


def test_decisions_follow_scores_and_some_labels_are_missing(window: pd.DataFrame) -> None:
    assert ((window["score"] > 0.5) == (window["prediction"] == "approved")).all()
    assert window["label"].isna().mean() == pytest.approx(0.1, abs=0.02)
    labelled = window.dropna(subset=["label"])
    assert 0.6 < (labelled["label"] == labelled["prediction"]).mean() < 0.95
    rates = (labelled["prediction"] == "approved").groupby(labelled["sex"]).mean()
    assert rates.between(0.2, 0.8).all()


def test_baseline_has_the_same_distribution_but_other_rows(data: Workload, window: pd.DataFrame) -> None:
    baseline = pd.read_parquet(data.baseline)
    assert baseline["normal_1"].mean() == pytest.approx(window["normal_1"].mean(), abs=1)
    assert not set(baseline["normal_1"]) & set(window["normal_1"])
    assert window["normal_1"].is_unique


def test_the_same_seed_makes_the_same_data_and_it_is_made_once(tmp_path: Path, window: pd.DataFrame) -> None:
    (tmp_path / f"workload-{ROWS}-older").mkdir()
    (tmp_path / f"workload-{ROWS}-unfinished" / "logs").mkdir(parents=True)
    steps: list[tuple[int, int]] = []
    again = prepared(tmp_path, ROWS, lambda done, total: steps.append((done, total)))
    assert steps[-1] == (ROWS + ROWS // 2, ROWS + ROWS // 2)
    assert len(steps) == DAYS + 1
    pd.testing.assert_frame_equal(pd.read_parquet(again.logs), window)
    assert [path.name for path in tmp_path.iterdir()] == [again.folder.name]
    assert prepared(tmp_path, ROWS, lambda done, total: pytest.fail("made again")) == again


def test_large_files_are_written_in_equal_row_groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workload, "ROW_GROUP", 250)
    metadata = pq.read_metadata(prepared(tmp_path, ROWS, silent).files[0])
    sizes = [metadata.row_group(group).num_rows for group in range(metadata.num_row_groups)]
    assert len(sizes) == 4
    assert max(sizes) - min(sizes) <= 1


def test_the_floor_reads_every_value_an_analysis_reads(data: Workload, window: pd.DataFrame) -> None:
    found = floor.totals(data.files)
    assert set(found) == set(window.columns) - {"week_at"}
    for name, (counted, total) in found.items():
        assert counted == window[name].notna().sum(), name
        if name in NUMERICAL or name == "score":
            assert total is not None
            assert total == pytest.approx(float(np.nansum(window[name].to_numpy(np.float64))))
