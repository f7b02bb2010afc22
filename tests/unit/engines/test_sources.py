"""What a source matches, and files that are not there, not readable, or change while they are read."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow.parquet as pq
import pytest

from fairlead.core.plan import NumericalColumn, Plan, Window
from fairlead.engines import duck, files, parquet
from fairlead.engines import summarise as engine
from fairlead.engines import survey as sampling
from fairlead.engines.batch import ROWS
from fairlead.engines.files import Files, column_names, expand
from fairlead.engines.summarise import summarise
from fairlead.engines.survey import SAMPLE_ROWS, survey
from fairlead.errors import SourceError
from tests.support import bins, logs

PLAN = Plan("at", None, "decision", numerical={"income": NumericalColumn("income", bins=bins.at(1e4))})
SUFFIXES = (".parquet", ".csv", ".csv.gz", ".jsonl", ".jsonl.gz")


def rows_of(pattern: Path | str, kind: str) -> int:
    return summarise(Files(str(pattern), kind), PLAN, None).rows


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_file_folder_and_glob(suffix: str, tmp_path: Path) -> None:
    kind = logs.FORMATS[suffix]
    for place in range(3):
        logs.write(logs.rows(10 + place), tmp_path / "deep" / f"{place}{suffix}")
    (tmp_path / "notes.txt").write_text("not a log")
    (tmp_path / "deep" / f".3{suffix}.tmp").write_text("half written")
    (tmp_path / "deep" / f"_4{suffix}").write_text("half written")
    (tmp_path / "deep" / f".5{suffix}").write_text("half written")
    for folder in ("_temporary", ".cache"):
        (tmp_path / folder / "deep").mkdir(parents=True)
        (tmp_path / folder / "deep" / f"6{suffix}").write_text("half written")
    assert rows_of(tmp_path / "deep" / f"1{suffix}", kind) == 11
    assert rows_of(tmp_path, kind) == 33
    assert rows_of(tmp_path / "deep" / f"[02]*{suffix}", kind) == 22
    assert rows_of(f"{tmp_path}/d*/**/*{suffix}", kind) == 33


@pytest.mark.parametrize(
    "name", ["w[1]*?.csv", "it's.csv", 'quo"te.csv', "été 学生.csv", "semi;colon --.csv", "a\\b.csv"]
)
def test_strange_file_names(name: str, tmp_path: Path) -> None:
    logs.write_csv(logs.rows(5), tmp_path / name)
    (tmp_path / "w1xx.csv").write_text("not,to,be,read\n")
    assert rows_of(tmp_path / name, "csv") == 5


def test_a_file_whose_name_says_another_format(tmp_path: Path) -> None:
    logs.write_csv(logs.rows(5), tmp_path / "log.txt")
    assert rows_of(tmp_path / "log.txt", "csv") == 5


def test_a_folder_named_like_a_file(tmp_path: Path) -> None:
    """Spark writes such folders: as a source it is one, as a match of a glob it is no file."""
    logs.write(logs.rows(5), tmp_path / "day.parquet" / "part-0.parquet")
    assert rows_of(tmp_path / "day.parquet", "parquet") == 5
    assert rows_of(tmp_path, "parquet") == 5
    with pytest.raises(SourceError, match=r"\*\.parquet: must match at least one parquet file, got none"):
        expand(Files(f"{tmp_path}/*.parquet", "parquet"))


@pytest.mark.parametrize("pattern", ["gone.csv", "*.csv", "gone", "**/*.csv", ""])
def test_nothing_there(pattern: str, tmp_path: Path) -> None:
    where = str(tmp_path / pattern)
    with pytest.raises(SourceError) as caught:
        rows_of(where, "csv")
    assert str(caught.value) == f"{where}: must match at least one csv file, got none"


def test_links_that_lead_nowhere(tmp_path: Path) -> None:
    (tmp_path / "dangling.csv").symlink_to("gone.csv")
    (tmp_path / "loop.csv").symlink_to("loop.csv")
    with pytest.raises(SourceError, match="must match at least one csv file, got none"):
        rows_of(tmp_path, "csv")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_file_that_vanishes(suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Removed after the folder was listed."""
    path = logs.write(logs.rows(10), tmp_path / f"a{suffix}")
    listed = expand(Files(str(tmp_path), logs.FORMATS[suffix]))
    for module in (engine, sampling):
        monkeypatch.setattr(module, "expand", lambda *_: listed)
    path.unlink()
    source = Files(str(tmp_path), logs.FORMATS[suffix])
    reads: list[Callable[[], object]] = [
        lambda: engine.summarise(source, PLAN, None),
        lambda: engine.summarise(source, PLAN, Window(logs.START, logs.START + logs.DAY)),
        lambda: sampling.survey(source, PLAN),
    ]
    for read in reads:
        with pytest.raises(SourceError, match=f"a{suffix}: must be a readable .*No such file or directory"):
            read()


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_file_replaced_while_it_is_read(suffix: str, tmp_path: Path) -> None:
    """The usual rename over it: what was opened is read to its end."""
    count = 2 * ROWS + 10
    path = logs.write(logs.rows(count)[["at", "decision", "income"]], tmp_path / f"a{suffix}")
    stream = files.batches(path, logs.FORMATS[suffix], PLAN, None)
    first = next(stream)
    logs.write(logs.rows(7), tmp_path / f"b{suffix}").rename(path)
    assert first.rows + sum(batch.rows for batch in stream) == count
    assert rows_of(path, logs.FORMATS[suffix]) == 7


@pytest.mark.parametrize("suffix", [".parquet", ".csv", ".jsonl"])
def test_a_file_cut_while_it_is_read(suffix: str, tmp_path: Path) -> None:
    """Truncated in place: an error or the rows that were read, never a crash."""
    path = logs.write(logs.rows(2 * ROWS + 10)[["at", "decision", "income"]], tmp_path / f"a{suffix}")
    stream = files.batches(path, logs.FORMATS[suffix], PLAN, None)
    seen = next(stream).rows
    os.truncate(path, path.stat().st_size // 3)
    try:
        seen += sum(batch.rows for batch in stream)
    except SourceError as error:
        assert str(path) in str(error)  # noqa: PT017 - either outcome is right
    assert seen <= 2 * ROWS + 10


@contextmanager
def without_rights() -> Iterator[None]:
    """As somebody who may not read everything; root may."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_file_without_permission(suffix: str) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        path = logs.write(logs.rows(10), folder / f"a{suffix}")
        folder.chmod(0o755)
        path.chmod(0)
        with without_rights(), pytest.raises(SourceError, match=f"a{suffix}: must be .*readable .*ermission denied"):
            rows_of(path, logs.FORMATS[suffix])


def test_the_other_files_do_not_hide_a_broken_one(tmp_path: Path) -> None:
    """Half a window would look like a drop in traffic."""
    logs.write(logs.rows(10), tmp_path / "a.parquet")
    (tmp_path / "b.parquet").write_bytes(b"PAR1")
    with pytest.raises(SourceError, match=r"b\.parquet: must be a readable Parquet file, got "):
        rows_of(tmp_path, "parquet")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_progress_counts_files(suffix: str, tmp_path: Path) -> None:
    for place in range(3):
        logs.write(logs.rows(4), tmp_path / f"{place}{suffix}")
    seen: list[tuple[int, int]] = []
    source = Files(str(tmp_path), logs.FORMATS[suffix])
    summarise(source, PLAN, None, lambda done, total: seen.append((done, total)))
    assert seen == [(0, 3), (1, 3), (2, 3), (3, 3)]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_column_names(suffix: str, tmp_path: Path) -> None:
    logs.write(logs.rows(4)[["at", "income"]], tmp_path / f"0{suffix}")
    logs.write(logs.rows(4)[["at", "sex"]], tmp_path / f"1{suffix}")
    assert column_names(Files(str(tmp_path), logs.FORMATS[suffix])) == {"at", "income", "sex"}


@pytest.mark.parametrize("suffix", [".csv", ".jsonl"])
def test_an_empty_file_has_no_rows_and_no_columns(suffix: str, tmp_path: Path) -> None:
    (tmp_path / f"a{suffix}").touch()
    assert rows_of(tmp_path, suffix[1:]) == 0
    assert column_names(Files(str(tmp_path), suffix[1:])) == set()


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_sample_of_few_rows_holds_them_all(suffix: str, tmp_path: Path) -> None:
    frame = logs.with_gaps(logs.rows(500))
    logs.write(frame, tmp_path / f"a{suffix}")
    taken = survey(Files(str(tmp_path), logs.FORMATS[suffix]), PLAN).numerical["income"]
    wanted = frame["income"].replace([np.inf, -np.inf], np.nan).dropna()
    assert np.sort(taken) == pytest.approx(np.sort(wanted), rel=1e-12)


def test_a_sample_of_many_rows_is_bounded_and_fair(tmp_path: Path) -> None:
    """Values rise through the file: a sample that preferred a part of it would show."""
    count = 3 * SAMPLE_ROWS
    frame = logs.rows(10)[["at", "decision"]].iloc[np.zeros(count, int)].assign(income=np.arange(count) / count)
    logs.write_parquet(frame, tmp_path / "a.parquet", row_group=100_000)
    taken = survey(Files(str(tmp_path), "parquet"), PLAN).numerical["income"]
    assert len(taken) == len(np.unique(taken)) == SAMPLE_ROWS
    deciles = np.histogram(taken, bins=10, range=(0, 1))[0] / len(taken)
    assert deciles == pytest.approx(np.full(10, 0.1), abs=0.005)


def test_batches_are_small_whatever_the_row_groups(tmp_path: Path) -> None:
    frame = logs.rows(ROWS + 5)[["at", "decision", "income"]]
    logs.write_parquet(frame, tmp_path / "one.parquet", row_group=10**9)
    file = parquet.open_file(tmp_path / "one.parquet")
    assert pq.ParquetFile(tmp_path / "one.parquet").num_row_groups == 1
    assert max(batch.rows for batch in parquet.batches(file, PLAN, None)) <= ROWS
    logs.write_csv(frame, tmp_path / "one.csv")
    assert max(batch.rows for batch in duck.batches(tmp_path / "one.csv", "csv", PLAN, None)) <= ROWS
