"""A window is what a cold analysis finds, whatever is remembered; and only what is new is read."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from fairlead.core.edges import NumericalBins
from fairlead.core.partial import Identity
from fairlead.core.plan import Plan, Window
from fairlead.engines import files as engine_files
from fairlead.engines import incremental, reader
from fairlead.engines.batch import Batch
from fairlead.engines.files import identify
from fairlead.engines.kernel import count
from fairlead.engines.rowgroup import RowGroup
from fairlead.engines.summarise import summarise
from fairlead.store.codec import FORMAT, pack_summary, summary_document
from fairlead.store.database import open_database
from fairlead.store.days import Days
from fairlead.store.fingerprint import KERNEL
from fairlead.store.tables import days as kept_days
from fairlead.store.tables import files, partials
from tests.support.remembered import COLUMNS, DAY, START, Remembered, day, days

FORMATS = [".parquet", ".csv", ".jsonl"]


@pytest.fixture(params=[".parquet"])
def space(tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Remembered]:
    """Three daily files; whatever was just written counts as settled."""
    monkeypatch.setattr(incremental, "SETTLED", -(10**9))
    database = open_database(str(tmp_path / "fairlead.db"))
    made = Remembered(tmp_path / "logs", request.param, database)
    for number in range(3):
        made.write(f"day-{number}", day(number))
    made.watch(monkeypatch)
    yield made
    database.close()


every_format = pytest.mark.parametrize("space", FORMATS, indirect=True)


@every_format
def test_second_analysis_reads_nothing(space: Remembered) -> None:
    first, read = space.analyse(days(0, 2))
    assert (first.rows, read) == (450, ["day-0", "day-1", "day-2"])
    assert space.analyse(days(0, 2))[1] == []


@every_format
def test_weekly_window_after_six_daily_ones_reads_one_new_day(space: Remembered) -> None:
    shutil.rmtree(space.folder)
    for number in range(6):
        space.write(f"day-{number}", day(number))
        _, read = space.analyse(days(number, number))
        assert read == [f"day-{number}"]
    space.write("day-6", day(6))
    summary, read = space.analyse(days(0, 6))
    assert (summary.rows, read) == (7 * 150, ["day-6"])
    space.analyse(days(1, 7))
    assert space.dated == ["day-6"]
    assert space.analyse(days(1, 8))[1] == space.dated == []


@every_format
def test_changed_file_is_read_again(space: Remembered) -> None:
    space.analyse(days(0, 2))
    space.write("day-1", day(1, 170, seed=5))
    summary, read = space.analyse(days(0, 2))
    assert (summary.rows, read) == (470, ["day-1"])


@every_format
def test_only_a_late_file_is_read(space: Remembered) -> None:
    space.analyse(days(0, 2))
    space.write("day-1-late", day(1, 20, seed=6))
    summary, read = space.analyse(days(0, 2))
    assert (summary.rows, read) == (470, ["day-1-late"])


def test_rows_of_a_deleted_file_vanish(space: Remembered) -> None:
    space.analyse(days(0, 2))
    space.file("day-1").unlink()
    summary, read = space.analyse(days(0, 2))
    assert (summary.rows, read) == (300, [])


def test_file_with_another_files_name_is_read(space: Remembered) -> None:
    """As when logs are rotated: the names stay, the contents move on."""
    space.analyse(days(0, 2))
    space.file("day-0").rename(space.file("spare"))
    space.file("day-1").rename(space.file("day-0"))
    space.file("spare").rename(space.file("day-1"))
    assert space.analyse(days(0, 2))[1] == ["day-0", "day-1"]


def in_place(path: Path, content: bytes) -> None:
    with path.open("r+b") as stream:
        stream.write(content)


def in_exchange(path: Path, content: bytes) -> None:
    other = path.with_name(".new")
    other.write_bytes(content)
    other.replace(path)


@every_format
@pytest.mark.parametrize("write", [in_place, in_exchange])
def test_same_size_and_time_do_not_hide_a_change(write: Callable[[Path, bytes], None], space: Remembered) -> None:
    """Parquet and CSV with the same number of bytes but other decisions."""
    path = space.file("day-1")
    original, times = path.read_bytes(), (path.stat().st_atime_ns, path.stat().st_mtime_ns)
    space.analyse(days(0, 2))
    before = identify(path)
    changed = original.replace(b"female", b"femall")
    assert changed != original
    while identify(path).changed == before.changed:  # until the clock of the file system has ticked
        write(path, changed)
        os.utime(path, ns=times)
    assert (identify(path).size, identify(path).modified) == (before.size, before.modified)
    summary, read = space.analyse(days(0, 2))
    assert read == ["day-1"]
    assert "femall" in summary.groups["sex"]


def test_appended_rows_are_found(tmp_path: Path, space: Remembered) -> None:
    growing = Remembered(tmp_path / "growing", ".csv", space.database)
    growing.write("log", day(0))
    growing.analyse(days(0, 2))
    for number in (1, 2):
        with growing.file("log").open("a", encoding="utf-8") as stream:
            day(number).to_csv(stream, index=False, header=False)
        summary, _ = growing.analyse(days(0, 2))
        assert summary.rows == 150 * (number + 1)


@every_format
def test_file_of_several_days(space: Remembered) -> None:
    for number in range(3):
        space.file(f"day-{number}").unlink()
    space.write("all", *(day(number) for number in (2, 0, 4, 1)))
    space.write("some", day(1, seed=3), day(2, seed=4))
    assert space.analyse(days(1, 1))[1] == ["all", "some"]
    summary, read = space.analyse(days(0, 2))
    assert (summary.rows, read, space.dated) == (750, ["all", "some"], ["all", "some"])
    assert space.analyse(days(0, 3))[1] == ["all"], "day 3 has no rows, but lies between others"
    assert space.analyse(days(0, 9))[1] == ["all"]
    assert space.analyse(days(0, 9))[1] == []


@pytest.mark.parametrize("hours", [1, 9.5, 23])
def test_windows_that_do_not_start_at_midnight(hours: float, space: Remembered) -> None:
    space.analyse(days(0, 2))
    start = START + timedelta(hours=hours, microseconds=1)
    summary, read = space.analyse(Window(start, start + 2 * DAY))
    assert summary.rows < 300 + 2
    assert read == ["day-0", "day-2"], "the day between is known"
    assert space.analyse(Window(start, start + timedelta(minutes=5)))[1] == ["day-0"]


def test_undated_rows_count_once_and_are_remembered(space: Remembered) -> None:
    lost = day(1, 20, seed=8).assign(at=pd.Series([pd.NaT] * 20, dtype="datetime64[us, UTC]"))
    space.write("day-1", day(1), lost)
    for window in (days(0, 2), days(0, 2), days(0, 5), days(2, 3)):
        assert space.analyse(window)[0].undated == 20


def test_file_that_has_just_changed_is_not_remembered(space: Remembered, monkeypatch: pytest.MonkeyPatch) -> None:
    """Within the resolution of its times, it could change again unnoticed."""
    monkeypatch.setattr(incremental, "SETTLED", 10**18)
    space.analyse(days(0, 2))
    assert space.analyse(days(0, 2))[1] == ["day-0", "day-1", "day-2"]


def test_file_that_changes_while_it_is_read_is_not_remembered(
    space: Remembered, monkeypatch: pytest.MonkeyPatch
) -> None:
    def changing(path: Path, kind: str, plan: Plan, pieces: list[Window] | None) -> Iterator[Batch | RowGroup]:
        yield from engine_files.portions(path, kind, plan, pieces)
        if path == space.file("day-1"):
            space.write("day-1", day(1, 160, seed=9))

    with monkeypatch.context() as patch:
        patch.setattr(reader, "portions", changing)
        summarise(space.source(), space.plan, days(0, 2), cache=space.cache())
    assert space.analyse(days(0, 2))[1] == ["day-1"]


def test_other_plans_do_not_share(space: Remembered) -> None:
    space.analyse(days(0, 2))
    bins = space.plan.numerical["income"].bins
    wider = replace(space.plan.numerical["income"], bins=replace(bins, edges=np.append(bins.edges, 1e300)))
    space.plan = replace(space.plan, numerical={**space.plan.numerical, "income": wider})
    assert len(space.analyse(days(0, 2))[1]) == 3
    assert space.analyse(days(0, 2))[1] == []


DAMAGE = {
    "content": partials.update().values(content=b"x" + b"\0" * 30),
    "no content": partials.update().values(content=b""),
    "day of another": partials.update().values(content=b"swapped"),
    "undated rows": files.update().values(undated=7),
    "times": files.update().values(first=0, last=1),
    "checksum": files.update().values(checksum="0" * 64),
    "lost pieces": partials.delete(),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_damage_is_noticed_and_mended(damage: str, space: Remembered) -> None:
    space.analyse(days(0, 2))
    space.analyse(days(0, 3))
    with space.database.writing() as connection:
        if damage == "day of another":
            content = connection.execute(partials.select().order_by(partials.c.id)).first()
            assert content is not None
            connection.execute(partials.update().values(content=content.content, checksum=content.checksum))
        else:
            connection.execute(DAMAGE[damage])
    assert space.analyse(days(0, 2))[1] != []
    assert space.analyse(days(0, 2))[1] == []


def test_days_are_kept(space: Remembered) -> None:
    space.analyse(days(0, 4))
    kept = Days(space.database, "credit")
    wanted = [days(number, number) for number in range(5)]
    loaded = kept.load(space.plan, wanted)
    assert list(loaded) == wanted[:3]
    for window, summary in loaded.items():
        assert pack_summary(summary) == pack_summary(space.analyse(window)[0])
    for number in range(3):
        space.file(f"day-{number}").unlink()
    space.write("day-1", day(1, 30, seed=2))
    space.analyse(days(0, 4))
    again = kept.load(space.plan, wanted)
    assert [again[window].rows for window in wanted[:3]] == [150, 30, 150], "replaced by other rows, never by none"
    other = replace(space.plan, label=None)
    assert kept.load(other, wanted) == {}
    with space.database.writing() as connection:
        connection.execute(kept_days.update().where(kept_days.c.rows == 30).values(rows=31))
    assert set(kept.load(space.plan, wanted)) == {wanted[0], wanted[2]}


def test_parts_of_a_day_are_not_kept_as_the_day(space: Remembered) -> None:
    noon = START + timedelta(hours=12)
    space.analyse(Window(noon, noon + DAY))
    wanted = [days(number, number) for number in range(3)]
    assert Days(space.database, "credit").load(space.plan, wanted) == {}
    assert space.analyse(days(0, 2))[1] == ["day-0", "day-1", "day-2"]


def test_many_files_are_remembered_in_several_steps(space: Remembered, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(incremental, "WAITING", 5)
    for number in range(3, 9):
        space.write(f"day-{number}", day(number, 20))
    space.analyse(days(0, 8))
    assert space.analyse(days(0, 8))[1] == []


KILLED = """
import sys
from pathlib import Path
from fairlead.engines import incremental
from fairlead.store.database import open_database
from tests.support.remembered import Remembered, days
incremental.SETTLED, incremental.WAITING = -(10**9), 1
space = Remembered(Path(sys.argv[1]), ".parquet", open_database(sys.argv[2]))
print("ready", flush=True)
while True:
    for last in range(3):
        space.analyse(days(0, last))
    for table in ("partials", "files", "days"):
        with space.database.writing() as connection:
            connection.exec_driver_sql(f"DELETE FROM {table}")
"""


def test_killed_while_it_remembers(tmp_path: Path, space: Remembered) -> None:
    """In the middle of the first, the second or the third file; what was remembered is whole or not there."""
    database = str(tmp_path / "fairlead.db")
    for kill in range(4):
        with space.database.writing() as connection:
            for table in (partials, files):
                connection.execute(table.delete())
        command = [sys.executable, "-c", KILLED, str(space.folder), database]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            while remembered(space) <= kill % 3:
                assert process.poll() is None
            process.kill()
        with space.database.reading() as connection:
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
        for window in (days(0, 0), days(0, 1), days(0, 2)):
            space.analyse(window)
        assert space.analyse(days(0, 2))[1] == []


def remembered(space: Remembered) -> int:
    with space.database.reading() as connection:
        return len(connection.execute(files.select()).all())


ANALYSE = """
import sys
from pathlib import Path
from fairlead.engines import incremental
from fairlead.store.database import open_database
from tests.support.remembered import Remembered, days
incremental.SETTLED, incremental.WAITING = -(10**9), 2
space = Remembered(Path(sys.argv[1]), ".parquet", open_database(sys.argv[2]))
for _ in range(5):
    for last in range(3):
        space.analyse(days(0, last))
    with space.database.writing() as connection:
        connection.exec_driver_sql("DELETE FROM partials WHERE id % 2 = 0")
"""


def test_processes_that_share_a_store(tmp_path: Path, space: Remembered) -> None:
    command = [sys.executable, "-c", ANALYSE, str(space.folder), str(tmp_path / "fairlead.db")]
    others = [subprocess.Popen(command) for _ in range(2)]
    assert [other.wait() for other in others] == [0, 0]
    space.analyse(days(0, 2))
    assert space.analyse(days(0, 2))[1] == []


def test_identity_of_a_file(space: Remembered) -> None:
    path = space.file("day-0")
    facts = path.stat()
    expected = Identity(str(path), facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns, facts.st_ino)
    assert identify(path) == expected


COUNTED = {(1, 2): "59d700b79490d900109343e97cc9934eda95877d76c6ee923d428c3da185fe18"}
"""By KERNEL (`fairlead.store.fingerprint`) and FORMAT (`fairlead.store.codec`): a digest of what the kernel counts."""


def test_change_of_counting_raises_a_number() -> None:
    """Else summaries that were remembered would be added to others. Raise KERNEL and replace the entry."""
    places = range(300)
    numbers = {
        "income": [place * 37 % 101 / 8 + 3e4 for place in places],
        "children": [None if place % 11 == 0 else float(place % 7 % 4) for place in places],
        "score": [place % 16 / 16 for place in places],
        "age": [float(18 + place * 13 % 70) for place in places],
        "shap_income": [(place % 9 - 4) / 4 for place in places],
        "shap_children": [(place % 5 - 1) / 2 for place in places],
    }
    names = {
        "decision": ["approved" if place % 3 else "denied" for place in places],
        "outcome": [None if place % 8 == 0 else "approved" if place % 4 else "denied" for place in places],
        "purpose": ["car" if place % 2 else "house" for place in places],
        "sex": ["female" if place % 5 < 3 else "male" for place in places],
    }
    bins = NumericalBins(np.arange(-64.0, 64.0, 4.0), np.arange(33) // 4, 8.0, 0.25, 16.0)
    columns = {name: replace(column, bins=bins) for name, column in COLUMNS.numerical.items()}
    attributions = {name: replace(column, bins=bins) for name, column in COLUMNS.attributions.items()}
    plan = replace(COLUMNS, output=bins, numerical=columns, attributions=attributions)
    batch = Batch(
        len(places),
        {name: pa.array(values, pa.float64()) for name, values in numbers.items()},
        {name: pa.array(values, pa.string()) for name, values in names.items()},
    )
    document = json.dumps(summary_document(count(batch, plan)), sort_keys=True)
    assert {(KERNEL, FORMAT): sha256(document.encode()).hexdigest()} == COUNTED


@pytest.mark.parametrize("seed", range(4))
def test_whatever_happens_to_the_files(seed: int, space: Remembered) -> None:
    """Files come, change, grow and go in any order, between windows of any kind; `analyse` compares with a cold run."""
    chance = np.random.default_rng(seed)
    names = [f"day-{number}" for number in range(3)]
    for step in range(14):
        action = chance.choice(["new", "change", "delete", "nothing"], p=[0.4, 0.2, 0.1, 0.3])
        if action == "new":
            first = int(chance.integers(0, 8))
            frames = [day(number, 20, seed=step) for number in range(first, first + int(chance.integers(1, 4)))]
            space.write(f"new-{step}", *frames)
            names.append(f"new-{step}")
        elif action == "change":
            space.write(str(chance.choice(names)), day(int(chance.integers(0, 9)), 20, seed=50 + step))
        elif action == "delete" and len(names) > 1:
            space.file(names.pop(int(chance.integers(0, len(names))))).unlink()
        start = START + timedelta(hours=int(chance.choice([0, 0, 24, 48, 72, 7, 31])))
        space.analyse(Window(start, start + int(chance.integers(1, 9)) * DAY))
