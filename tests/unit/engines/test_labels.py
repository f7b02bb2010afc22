"""Labels from elsewhere: what an independent merge finds, in every format, early and late."""
# ruff: noqa: E501 - one line per case

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fairlead.core.plan import AttributeColumn, CategoricalColumn, NumericalColumn, Plan, Window
from fairlead.core.summary import Moments, Summary
from fairlead.engines import files, incremental
from fairlead.engines import labels as engine
from fairlead.engines.batch import Batch, Pieces
from fairlead.engines.files import Files
from fairlead.engines.labels import Labels
from fairlead.engines.summarise import summarise
from fairlead.errors import SourceError
from fairlead.store.database import open_database
from fairlead.store.partials import Partials
from tests.support import bins, logs
from tests.support.summaries import assert_equal, counted

DAYS = 3
PLAN = Plan(
    "at",
    None,
    "decision",
    favourable="approved",
    label="outcome",
    attributes={"sex": AttributeColumn("sex"), "age_band": AttributeColumn("age", (25.0, 40.0))},
    intersections={"both": ("sex", "age_band")},
)
WINDOW = Window(logs.START + timedelta(hours=5), logs.START + timedelta(days=2, hours=3))
SUFFIXES = (".parquet", ".csv", ".csv.gz", ".jsonl")


@cache
def decisions() -> pd.DataFrame:
    """Predictions with holes everywhere; keys that are missing or occur twice."""
    frame = logs.with_gaps(logs.rows(3_000, days=DAYS))[["at", "decision", "sex", "age"]]
    keys = np.random.default_rng(4).integers(0, 2_500, len(frame))
    frame["id"] = pd.array(keys, "Int64")
    frame.loc[frame.index % 50 == 0, "id"] = None
    return frame


@cache
def outcomes() -> pd.DataFrame:
    """What became known of most keys, of some of them more than once, and of keys that nobody asked about."""
    chance = np.random.default_rng(5)
    size = 4_000
    frame = pd.DataFrame(
        {
            "id": pd.array(chance.integers(0, 5_000, size), "Int64"),
            "outcome": chance.choice(["approved", "denied"], size).astype(object),
            "known": [logs.START + timedelta(hours=int(hour)) for hour in chance.integers(0, 20, size)],
        }
    )
    frame.loc[chance.random(size) < 0.02, "id"] = None
    frame.loc[chance.random(size) < 0.05, "outcome"] = None
    return frame


def merged(predictions: pd.DataFrame, labels: pd.DataFrame, timed: bool) -> pd.DataFrame:
    """The predictions with the label that their key has, if it is a clear one."""
    rows = labels.dropna(subset=["id", "outcome"])
    if timed:
        rows = rows[rows["known"] == rows.groupby("id")["known"].transform("max")]
    found = rows.groupby("id")["outcome"].agg(["nunique", "first"])
    settled = found.loc[found["nunique"] == 1, "first"].to_dict()
    values: list[Any] = [None if pd.isna(key) else settled.get(key) for key in predictions["id"]]
    return predictions.assign(outcome=values)


@cache
def expected(timed: bool) -> Summary:
    return counted(merged(decisions(), outcomes(), timed), PLAN, WINDOW)


def source(path: Path, suffix: str, *, timed: bool = True) -> Labels:
    return Labels(Files(str(path), logs.FORMATS[suffix]), "id", "outcome", "known" if timed else None)


@pytest.mark.parametrize("timed", [True, False], ids=["timed", "untimed"])
@pytest.mark.parametrize("there", SUFFIXES)
@pytest.mark.parametrize("here", SUFFIXES)
def test_as_pandas_merges(here: str, there: str, timed: bool, tmp_path: Path) -> None:
    """Every format on both sides, several files each, pieces of days cut off at both ends."""
    for place, part in enumerate(np.array_split(np.arange(len(decisions())), 3)):
        logs.write(decisions().iloc[part], tmp_path / "logs" / f"{place}{here}")
    for place, part in enumerate(np.array_split(np.arange(len(outcomes())), 2)):
        logs.write(outcomes().iloc[part], tmp_path / "labels" / f"{place}{there}")
    labels = source(tmp_path / "labels", there, timed=timed)
    found = summarise(Files(str(tmp_path / "logs"), logs.FORMATS[here]), PLAN, WINDOW, labels=labels)
    assert found.labelled > (900 if timed else 700)
    assert_equal(found, expected(timed))


def test_all_rows_dated_or_not(tmp_path: Path) -> None:
    frame = decisions().copy()
    frame.loc[frame.index % 7 == 0, "at"] = None
    logs.write(frame, tmp_path / "logs.csv")
    logs.write(outcomes(), tmp_path / "labels.csv")
    labels = source(tmp_path / "labels.csv", ".csv")
    for window in (None, WINDOW):
        found = summarise(Files(str(tmp_path / "logs.csv"), "csv"), PLAN, window, labels=labels)
        expected = counted(merged(frame, outcomes(), timed=True), PLAN, window)
        assert found.undated == (0 if window is None else 429)
        assert_equal(found, expected)


def test_only_what_labels_are_compared_with_is_counted(tmp_path: Path) -> None:
    frame = logs.rows(50).assign(id=range(50))
    logs.write(frame.drop(columns="outcome"), tmp_path / "logs.parquet")
    logs.write(frame[["id", "outcome"]], tmp_path / "labels.parquet")
    plan = replace(
        PLAN,
        score="score",
        numerical={"income": NumericalColumn("income", bins=bins.at(1e4))},
        categorical={"purpose": CategoricalColumn("purpose")},
        attributions={"income": NumericalColumn("shap_income", bins=bins.at(0.0))},
    )
    found = summarise(
        Files(str(tmp_path / "logs.parquet"), "parquet"),
        plan,
        None,
        labels=source(tmp_path / "labels.parquet", ".parquet", timed=False),
    )
    assert (found.labelled, found.numerical, found.categorical, found.attributions) == (50, {}, {}, {})
    assert found == replace(counted(frame, PLAN, None), output=None)


def count(folder: Path, predictions: Mapping[str, Any], *labels: Mapping[str, Any], timed: bool = False) -> Summary:
    """Predictions and label files of these columns, in Parquet."""
    pq.write_table(pa.table(dict(predictions)), folder / "logs.parquet")
    for place, columns in enumerate(labels):
        (folder / "labels").mkdir(exist_ok=True)
        pq.write_table(pa.table(dict(columns)), folder / "labels" / f"{place}.parquet")
    plan = Plan("at", None, "p", favourable="y", label="y")
    source = Labels(Files(str(folder / "labels"), "parquet"), "id", "y", "t" if timed else None)
    return summarise(Files(str(folder / "logs.parquet"), "parquet"), plan, None, labels=source)


KEYS: dict[str, tuple[pa.Array, pa.Array]] = {
    "integers and text": (pa.array([1, 2, 30, None]), pa.array(["1", "2", "30", "None"])),
    "integers and numbers with gaps": (pa.array([1, 2, 30, None]), pa.array([1.0, 2.0, 30.0, None])),
    "text of numbers with gaps": (pa.array(["1.0", "2.0", "30.0", None]), pa.array([1, 2, 30, None])),
    "narrow and wide integers": (pa.array([1, 2, 30, None], pa.int8()), pa.array([1, 2, 30, None], pa.uint64())),
    "huge integers": (pa.array([2**63 + 1, 2**63, 5], pa.uint64()), pa.array([str(2**63 + 1), str(2**63), "5"])),
    "half precision": (pa.array(np.array([1, 2, 30], np.float16)), pa.array([1, 2, 30])),
    "numbers beyond 2^53": (pa.array([1e18, 2e16, 1e22]), pa.array([str(10**18), str(2 * 10**16), str(10**22)])),
    "fractions": (pa.array([0.5, 1e-7, 1.25]), pa.array(["0.5", "1e-07", "1.25"])),
    "decimals": (pa.array([1, 2, 30]).cast(pa.decimal128(30, 2)), pa.array([1, 2, 30])),
    "booleans": (pa.array([True, False, None]), pa.array(["True", "false", "none"])),
    "dictionaries": (pa.array(["a", "b", None]).dictionary_encode(), pa.array(["a", "b", None])),
    "dictionaries of numbers": (pa.array([1, 2, 3]).dictionary_encode(), pa.array([1.0, 2.0, 3.0]).dictionary_encode()),
    "large text": (pa.array(["a b", 'say "x"', "é学🎓"], pa.large_string()), pa.array(["a b", 'say "x"', "é学🎓"])),
    "single precision": (pa.array([1.1, 2.0, 1e10], pa.float32()), pa.array(["1.1", "2", "10000000000"])),
}  # fmt: skip


@pytest.mark.parametrize("swapped", [False, True], ids=["as is", "swapped"])
@pytest.mark.parametrize("case", KEYS)
def test_keys_are_names(case: str, swapped: bool, tmp_path: Path) -> None:
    """1, 1.0 and the text of either are one key; a missing key is none."""
    here, there = KEYS[case][::-1] if swapped else KEYS[case]
    known = min(len(here) - here.null_count, len(there) - there.null_count)
    predictions = ["y", "n", "y", "n"][: len(here)]
    summary = count(tmp_path, {"p": predictions, "id": here}, {"id": there, "y": predictions})
    shared = known if here.null_count == there.null_count else sum(value is not None for value in here.to_pylist()[:-1])
    assert (summary.labelled, summary.correct) == (shared, shared)


def test_text_keys_keep_their_zeros_and_blanks(tmp_path: Path) -> None:
    here = pa.array(["007", " 1", "a.0", "1.50", ""])
    there = pa.array(["7", "1", "a", "1.5", None])
    assert count(tmp_path, {"p": ["y"] * 5, "id": here}, {"id": there, "y": ["y"] * 5}).labelled == 0
    assert count(tmp_path, {"p": ["y"] * 5, "id": here}, {"id": here, "y": ["y"] * 5}).labelled == 5


def hours(*places: int | None) -> pa.Array:
    stamps = [None if place is None else logs.START + timedelta(hours=place) for place in places]
    return pa.array(stamps, pa.timestamp("us", "UTC"))


CONTESTED: dict[str, tuple[Sequence[str | None], Sequence[int | None], str | None]] = {
    "one": (["y"], [1], "y"),
    "the later one": (["y", "n"], [1, 2], "n"),
    "the later one, whatever the order": (["n", "y"], [2, 1], "n"),
    "a correction that says the same": (["y", "y"], [1, 2], "y"),
    "two at once that agree": (["n", "y", "y"], [1, 2, 2], "y"),
    "two at once that do not": (["y", "n"], [2, 2], None),
    "two at once that do not, after one": (["y", "y", "n"], [1, 2, 2], None),
    "two at once that do not, then one": (["y", "n", "n"], [2, 2, 3], "n"),
    "no label takes nothing back": (["y", None], [1, 2], "y"),
    "nobody knows when": (["y", "n"], [None, 1], "n"),
    "nobody knows when at all": (["y", "n"], [None, None], None),
    "nobody knows when, but they agree": (["y", "y"], [None, None], "y"),
}


@pytest.mark.parametrize("files", [1, 2])
@pytest.mark.parametrize("case", CONTESTED)
def test_the_label_that_became_known_last(case: str, files: int, tmp_path: Path) -> None:
    values, stamps, expected = CONTESTED[case]
    rows = {"id": pa.array([7] * len(values)), "y": pa.array(values, pa.string()), "t": hours(*stamps)}
    table = pa.table(rows)
    parts = [table] if files == 1 else [table.slice(0, 1), table.slice(1)]
    labels = [dict(zip(part.schema.names, part.columns, strict=True)) for part in parts]
    summary = count(tmp_path, {"p": ["y"], "id": [7]}, *labels, timed=True)
    assert (summary.labelled, summary.correct) == (int(expected is not None), int(expected == "y"))


def test_labels_that_contradict_each_other_at_no_time(tmp_path: Path) -> None:
    labels = {"id": [1, 1, 2, 2, 3], "y": ["y", "n", "y", "y", None]}
    summary = count(tmp_path, {"p": ["y"] * 3, "id": [1, 2, 3]}, labels)
    assert (summary.rows, summary.labelled) == (3, 1)


def test_every_prediction_of_a_key_gets_the_label_and_counts_once(tmp_path: Path) -> None:
    labels = {"id": [1, 1, 1, 9], "y": ["y", "y", "y", "n"]}
    summary = count(tmp_path, {"p": ["y", "n", "y", "n"], "id": [1, 1, 2, None]}, labels, {"id": [1], "y": ["y"]})
    assert (summary.rows, summary.labelled, summary.correct) == (4, 2, 1)


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_epochs_that_need_a_unit(unit: str, tmp_path: Path) -> None:
    pq.write_table(pa.table({"p": ["y"], "id": [1]}), tmp_path / "logs.parquet")
    pq.write_table(pa.table({"id": [1, 1], "y": ["y", "n"], "t": [2_000, 1_000]}), tmp_path / "labels.parquet")
    logs_of, labels = (
        Files(str(tmp_path / "logs.parquet"), "parquet"),
        Files(str(tmp_path / "labels.parquet"), "parquet"),
    )
    plan = Plan("at", None, "p", favourable="y", label="y")
    assert summarise(logs_of, plan, None, labels=Labels(labels, "id", "y", "t", unit)).correct == 1
    with pytest.raises(
        SourceError, match=r"labels\.parquet: column 't': must be timestamps, got integers; set timestamp_unit"
    ):
        summarise(logs_of, plan, None, labels=Labels(labels, "id", "y", "t"))


@pytest.mark.parametrize("suffix", [".parquet", ".csv", ".jsonl"])
def test_labels_of_a_regression_are_numbers(suffix: str, tmp_path: Path) -> None:
    """Words and infinities are no labels, and contradict none."""
    labels = pd.DataFrame({"id": [1, 2, 3, 4, 5, 5], "paid": ["10.5", "many", None, "inf", "7", "word"]})
    logs.write(labels if suffix != ".parquet" else labels.astype({"paid": "string"}), tmp_path / f"labels{suffix}")
    pq.write_table(pa.table({"p": [10.0, 1.0, 1.0, 1.0, 7.0], "id": [1, 2, 3, 4, 5]}), tmp_path / "logs.parquet")
    plan = Plan("at", None, "p", regression=True, tolerance=0.25, label="paid", output=bins.at(5.0))
    found = summarise(
        Files(str(tmp_path / "logs.parquet"), "parquet"),
        plan,
        None,
        labels=Labels(Files(str(tmp_path / f"labels{suffix}"), logs.FORMATS[suffix]), "id", "paid"),
    )
    assert (found.predicted, found.labelled, found.correct) == (5, 2, 1)
    assert found.errors == Moments(2, 2**31, 2**30)


@pytest.mark.parametrize("where", ["labels", "*.csv", "none.csv", "gone/**/*.csv"])
def test_no_label_file_yet_means_no_labels(where: str, tmp_path: Path) -> None:
    (tmp_path / "labels").mkdir()
    logs.write(decisions(), tmp_path / "logs.parquet")
    found = summarise(
        Files(str(tmp_path / "logs.parquet"), "parquet"), PLAN, WINDOW, labels=source(tmp_path / where, ".csv")
    )
    expected = counted(decisions().assign(outcome=None), PLAN, WINDOW)
    assert_equal(found, expected)
    assert (found.rows > 1_500, found.labelled) == (True, 0)


@pytest.mark.parametrize("suffix", [".csv", ".jsonl"])
def test_an_empty_label_file_holds_no_labels(suffix: str, tmp_path: Path) -> None:
    logs.write(decisions(), tmp_path / "logs.parquet")
    logs.write(outcomes(), tmp_path / "labels" / f"1{suffix}")
    labels = source(tmp_path / "labels", suffix)
    alone = summarise(Files(str(tmp_path / "logs.parquet"), "parquet"), PLAN, WINDOW, labels=labels)
    (tmp_path / "labels" / f"2{suffix}").touch()
    assert summarise(Files(str(tmp_path / "logs.parquet"), "parquet"), PLAN, WINDOW, labels=labels) == alone


def test_late_labels_change_past_windows(tmp_path: Path) -> None:
    """The same window before a label file arrives, after it, and after a correction."""
    logs.write(decisions(), tmp_path / "logs.parquet")
    here, labels = Files(str(tmp_path / "logs.parquet"), "parquet"), source(tmp_path / "labels", ".csv")
    seen = []
    for place, part in enumerate((outcomes()[:1_500], outcomes()[1_500:])):
        seen.append(summarise(here, PLAN, WINDOW, labels=labels).labelled)
        logs.write(part, tmp_path / "labels" / f"{place}.csv")
    found = summarise(here, PLAN, WINDOW, labels=labels)
    assert seen[0] == 0 < seen[1] < found.labelled
    assert_equal(found, expected(timed=True))
    flipped = outcomes().assign(known=logs.START + timedelta(days=9))
    flipped["outcome"] = flipped["outcome"].map({"approved": "denied", "denied": "approved"})
    flipped = flipped.drop_duplicates("id", keep="last").dropna()
    logs.write(flipped, tmp_path / "labels" / "corrections.csv")
    again = merged(decisions(), pd.concat([outcomes(), flipped]), timed=True)
    corrected = summarise(here, PLAN, WINDOW, labels=labels)
    assert abs(corrected.correct - found.correct) > 5
    assert_equal(corrected, counted(again, PLAN, WINDOW))


@pytest.fixture
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if all files were old."""
    for module in (incremental, engine):
        monkeypatch.setattr(module, "SETTLED", -(10**18))


WHOLE_DAYS = Window(logs.START, logs.START + timedelta(days=DAYS))
Counted = tuple[Summary, int]
"""A summary, and how many files were read for it."""


@pytest.fixture
def cached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], Counted]]:
    """Counts the window through one store, each time next to the same file without labels."""
    logs.write(decisions(), tmp_path / "logs.parquet")
    logs.write(outcomes(), tmp_path / "labels" / "0.csv")
    database, here = open_database(str(tmp_path / "fairlead.db")), Files(str(tmp_path / "logs.parquet"), "parquet")
    read = list[Path]()

    def batches(path: Path, kind: str, plan: Plan, pieces: Pieces) -> Iterator[Batch]:
        read.append(path)
        return files.batches(path, kind, plan, pieces)

    def count() -> Counted:
        store = Partials(database, "credit", lambda: logs.START + timedelta(days=DAYS))
        summarise(here, replace(PLAN, label=None), WHOLE_DAYS, cache=store)
        read.clear()
        found = summarise(here, PLAN, WHOLE_DAYS, cache=store, labels=source(tmp_path / "labels", ".csv"))
        return found, len(read)

    monkeypatch.setattr(engine, "batches", batches)
    yield count
    database.close()


@pytest.mark.usefixtures("settled")
def test_pieces_are_remembered_while_nothing_changes(cached: Callable[[], Counted]) -> None:
    (first, read), (second, again) = cached(), cached()
    assert (read, again) == (1, 0)
    assert second == first
    assert first.labelled == counted(merged(decisions(), outcomes(), timed=True), PLAN, WHOLE_DAYS).labelled


CHANGES: dict[str, Callable[[Path], object]] = {
    "a file more": lambda folder: logs.write(outcomes().assign(outcome="approved"), folder / "1.csv"),
    "another content": lambda folder: logs.write(outcomes()[:100], folder / "0.csv"),
    "another file in its place": lambda folder: logs.write(outcomes()[:100], folder / "x.csv").rename(folder / "0.csv"),
    "a file less": lambda folder: (folder / "0.csv").unlink(),
    "the same size and time": lambda folder: rewritten(folder / "0.csv"),
}


def rewritten(path: Path) -> None:
    facts, content = path.stat(), path.read_text()
    path.write_text(content.replace("approved", "declined"))
    os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    assert path.stat().st_size == facts.st_size


@pytest.mark.usefixtures("settled")
@pytest.mark.parametrize("case", CHANGES)
def test_no_piece_is_reused_after_a_label_file_changed(
    case: str, cached: Callable[[], Counted], tmp_path: Path
) -> None:
    first, _ = cached()
    CHANGES[case](tmp_path / "labels")
    (second, read), (third, again) = cached(), cached()
    assert (read, again) == (1, 0)
    assert second.correct != first.correct
    assert third == second


def test_labels_that_just_changed_are_not_trusted_to_tell_their_next_change(cached: Callable[[], Counted]) -> None:
    assert [cached()[1] for _ in range(3)] == [1, 1, 1]


@pytest.mark.usefixtures("settled")
def test_labels_that_change_while_they_are_read_are_not_remembered(
    cached: Callable[[], Counted], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file more arrives after the others were listed."""
    listed = files.matching(Files(str(tmp_path / "labels"), "csv"))
    late: list[Callable[[], object]] = [lambda: None, lambda: CHANGES["a file more"](tmp_path / "labels")]

    def matching(wanted: Files) -> list[Path]:
        if not late:
            return files.matching(wanted)
        late.pop(0)()
        return listed

    monkeypatch.setattr(engine, "matching", matching)
    (first, read), (second, again), (_, finally_) = cached(), cached(), cached()
    assert (read, again, finally_) == (1, 1, 0)
    assert second.correct != first.correct


WRONG: dict[str, tuple[str, str, str]] = {
    "no key in the logs": ("logs", "row,at,decision\n1,,\n", "must have the key column 'id', got row, at, decision"),
    "no key": ("labels", "key,outcome,known\n1,a,\n", "must have the key column 'id', got key, outcome, known"),
    "no label": ("labels", "id,Outcome,known\n1,a,\n", "must have the label column 'outcome', got id, Outcome, known"),
    "no timestamp": ("labels", "id,outcome\n1,a\n", "must have the timestamp column 'known', got id, outcome"),
    "a row too short": ("labels", "id,outcome,known\n1\n", "must be readable CSV, got Invalid Input Error: CSV Error on Line: 2; Expected Number of Columns: 3 Found: 1"),
    "an open quote": ("labels", 'id,outcome,known\n1,"a,\n', "must be readable CSV, got Invalid Input Error: CSV Error on Line: 2; Value with unterminated quote found."),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_one_error_that_names_the_file(case: str, tmp_path: Path) -> None:
    """Also among others, which are read together."""
    side, content, expected = WRONG[case]
    logs.write(decisions(), tmp_path / "logs" / "0.csv")
    for place in (0, 2):
        logs.write(outcomes(), tmp_path / "labels" / f"{place}.csv")
    (tmp_path / side / "1.csv").write_text(content)
    with pytest.raises(SourceError) as caught:
        summarise(Files(str(tmp_path / "logs"), "csv"), PLAN, None, labels=source(tmp_path / "labels", ".csv"))
    assert str(caught.value) == f"{tmp_path / side / '1.csv'}: {expected}"


@pytest.mark.parametrize("side", ["logs", "labels"])
@pytest.mark.parametrize(("suffix", "content"), [(".parquet", None), (".jsonl", '{"row": 1, "at": 2}\n')])
def test_a_missing_key_in_other_formats(suffix: str, content: str | None, side: str, tmp_path: Path) -> None:
    logs.write(decisions(), tmp_path / "logs" / f"0{suffix}")
    logs.write(outcomes(), tmp_path / "labels" / f"0{suffix}")
    path = tmp_path / side / f"1{suffix}"
    if content is None:
        pq.write_table(pa.table({"at": pa.array([logs.START], pa.timestamp("us")), "row": [1]}), path)
    else:
        path.write_text(content)
    here = Files(str(tmp_path / "logs"), logs.FORMATS[suffix])
    with pytest.raises(SourceError) as caught:
        summarise(here, PLAN, None, labels=source(tmp_path / "labels", suffix))
    assert str(caught.value) == f"{path}: must have the key column 'id', got at, row"


def test_a_label_file_that_is_no_parquet(tmp_path: Path) -> None:
    logs.write(decisions(), tmp_path / "logs.parquet")
    logs.write(outcomes(), tmp_path / "labels" / "0.parquet")
    (tmp_path / "labels" / "1.parquet").write_bytes(b"PAR1")
    here, labels = Files(str(tmp_path / "logs.parquet"), "parquet"), source(tmp_path / "labels", ".parquet")
    with pytest.raises(SourceError, match=r"1\.parquet: must be a readable Parquet file, got "):
        summarise(here, PLAN, None, labels=labels)


def test_a_damaged_label_file_among_many(tmp_path: Path) -> None:
    """Its pages are zeros; the files before and after it are sound."""
    logs.write(decisions(), tmp_path / "logs.parquet")
    for place in range(3):
        logs.write(outcomes(), tmp_path / "labels" / f"{place}.parquet")
    path = tmp_path / "labels" / "1.parquet"
    chunk = pq.ParquetFile(path).metadata.row_group(0).column(1)
    content = bytearray(path.read_bytes())
    begin = chunk.dictionary_page_offset or chunk.data_page_offset
    content[begin : begin + chunk.total_compressed_size] = bytes(chunk.total_compressed_size)
    path.write_bytes(content)
    here, labels = Files(str(tmp_path / "logs.parquet"), "parquet"), source(tmp_path / "labels", ".parquet")
    with pytest.raises(SourceError, match=rf"^{path}: must be readable Parquet, got [^\n]+$"):
        summarise(here, PLAN, None, labels=labels)


def test_more_label_files_than_are_read_at_once(tmp_path: Path) -> None:
    logs.write(decisions(), tmp_path / "logs.parquet")
    for place, part in enumerate(np.array_split(np.arange(len(outcomes())), 2 * engine.AT_ONCE + 1)):
        logs.write(outcomes().iloc[part], tmp_path / "labels" / f"{place}.csv")
    here, labels = Files(str(tmp_path / "logs.parquet"), "parquet"), source(tmp_path / "labels", ".csv")
    assert_equal(summarise(here, PLAN, WINDOW, labels=labels), expected(timed=True))


def test_nothing_is_left_on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether it ends well or not."""
    (tmp_path / "private").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "private"))
    logs.write(decisions(), tmp_path / "logs.parquet")
    logs.write(outcomes(), tmp_path / "labels" / "0.csv")
    here, labels = Files(str(tmp_path / "logs.parquet"), "parquet"), source(tmp_path / "labels", ".csv")
    summarise(here, PLAN, WINDOW, labels=labels)
    (tmp_path / "labels" / "1.csv").write_text("id,outcome,known\n1\n")
    with pytest.raises(SourceError):
        summarise(here, PLAN, WINDOW, labels=labels)
    assert list((tmp_path / "private").iterdir()) == []


def test_no_folder_to_spill_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    logs.write(decisions(), tmp_path / "logs.parquet")
    labels = source(tmp_path / "labels", ".csv")
    with pytest.raises(SourceError, match=r"labels: must be joined with the logs, got .*No such file or directory"):
        summarise(Files(str(tmp_path / "logs.parquet"), "parquet"), PLAN, WINDOW, labels=labels)


MEASURED = """
import sys
from datetime import datetime
from fairlead.core.plan import Plan, Window
from fairlead.engines.files import Files
from fairlead.engines.labels import Labels
from fairlead.engines.summarise import summarise
def peak():
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM"))
folder, start, end = sys.argv[1:]
before = peak()
window = Window(datetime.fromisoformat(start), datetime.fromisoformat(end))
labels = Labels(Files(folder + "/labels", "parquet"), "id", "y", "t")
found = summarise(Files(folder + "/logs.parquet", "parquet"), Plan("at", None, "p", label="y"), window, labels=labels)
print(found.rows, found.labelled, peak() - before)
"""


def test_memory_does_not_grow_with_the_labels(tmp_path: Path) -> None:
    """Two million labels of 200,000 predictions: half are of others, each key has its label five times."""
    keys, start = np.random.default_rng(1).permutation(400_000), np.datetime64(logs.START.replace(tzinfo=None), "us")
    names = pa.array([f"request-{key:012d}" for key in range(400_000)])
    answers = pa.array(["y", "n"]).take(pa.array(keys[:200_000] % 2))
    stamps = pa.array(start + np.arange(200_000) * 1_000_000)
    predictions = {"at": stamps, "id": names.take(pa.array(keys[:200_000])), "p": answers}
    pq.write_table(pa.table(predictions), tmp_path / "logs.parquet")
    (tmp_path / "labels").mkdir()
    for place in range(5):
        late = pa.array(start + np.arange(400_000) + place)
        label = pa.array(["y", "n"]).take(pa.array(keys % 2))
        table = pa.table({"id": names.take(pa.array(keys)), "y": label, "t": late})
        pq.write_table(table, tmp_path / "labels" / f"{place}.parquet")
    end = logs.START + timedelta(days=2)
    command = [sys.executable, "-c", MEASURED, str(tmp_path), logs.START.isoformat(), end.isoformat()]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    rows, labelled, grown = map(int, done.stdout.split())
    assert (rows, labelled) == (172_800, 172_800)
    assert grown < 600_000  # KiB
