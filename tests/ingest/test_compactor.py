"""Merging changes how many files there are, and nothing else."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from fairlead.errors import LogError, StoreError
from fairlead.ingest.compactor import READING, TOGETHER
from fairlead.ingest.folder import Folder
from fairlead.store.manifest import Manifest
from tests.ingest.conftest import NOON, Log, pushed
from tests.support import logs
from tests.support import pushed as served
from tests.support.cli import create_baseline
from tests.support.workspace import NOW

DAY = timedelta(days=1)


def filled(log: Log, number: int = 40) -> list[int]:
    for value in range(number):
        log.write(pushed(value, value + 1000))
    return log.rows()


def test_many_small_files_of_a_day_become_one(log: Log) -> None:
    rows = filled(log)
    assert log.compactor.merge() == 39
    assert (log.rows(), [(f.rows, f.day) for f in log.files()]) == (rows, [(80, NOON.date())])
    assert (log.files()[0].first, log.files()[0].arrived_at) == (log.files()[0].last, NOON)


def test_few_files_of_today_wait_and_those_of_yesterday_do_not(log: Log) -> None:
    for value in range(TOGETHER - 1):
        log.write(pushed(value), pushed(value, at=NOON - DAY))
    log.compactor.merge()
    assert len(log.files()) == 2 * (TOGETHER - 1)
    log.now += timedelta(minutes=11)
    log.compactor.merge()
    assert sorted(file.rows for file in log.files() if file.day < NOON.date()) == [TOGETHER - 1]
    log.now += DAY
    log.compactor.merge()
    assert len(log.files()) == 2


def test_a_row_is_written_a_few_times_only(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    written, write = [0], Folder.write

    def counted(self: Folder, *arguments: Any, **options: Any) -> Any:
        made = write(self, *arguments, **options)
        written[0] += made.rows
        return made

    monkeypatch.setattr(Folder, "write", counted)
    for value in range(600):
        log.write(pushed(value))
        if value % 8 == 0:
            log.compactor.merge()
    assert written[0] <= 600 * 4
    assert len(log.files()) < 60
    assert log.rows() == list(range(600))


def test_parts_stay_readable_for_a_while_and_are_then_gone(log: Log) -> None:
    filled(log)
    parts = [file.name for file in log.files()]
    log.compactor.merge()
    log.compactor.sweep()
    assert all((log.path / name).exists() for name in parts)
    log.now += READING + timedelta(seconds=1)
    log.compactor.sweep()
    assert not any((log.path / name).exists() for name in parts)
    assert log.manifest.known(parts) == set()
    assert len(log.rows()) == 80


def test_files_with_other_types_stay_apart(log: Log) -> None:
    for value in range(20):
        log.write(pushed(value), pushed(value, ids=True))
    log.compactor.merge()
    assert sorted(file.rows for file in log.files()) == [20, 20]


def test_when_the_manifest_has_changed_meanwhile_nothing_is_replaced(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    rows, replace = filled(log), Manifest.replace

    def late(self: Manifest, *arguments: Any) -> bool:
        log.manifest.prune((NOON + DAY).date(), NOON - DAY, NOON)
        return replace(self, *arguments)

    monkeypatch.setattr(Manifest, "replace", late)
    assert log.compactor.merge() == 0
    assert log.files() == []
    assert rows
    assert not [p for p in log.path.glob("*.parquet") if p.name not in log.manifest.known([p.name])]


@pytest.mark.parametrize("kept", [False, True], ids=["not kept", "kept but not said"])
def test_a_store_that_fails_while_merging_loses_nothing(log: Log, monkeypatch: pytest.MonkeyPatch, kept: bool) -> None:
    rows, replace = filled(log), Manifest.replace

    def failing(self: Manifest, *arguments: Any) -> bool:
        if kept:
            replace(self, *arguments)
        raise StoreError("store: gone")

    with monkeypatch.context() as patched:
        patched.setattr(Manifest, "replace", failing)
        log.compactor.merge()
    log.compactor.tidy()
    assert log.rows() == rows
    log.now += READING * 2
    log.compactor.tidy()
    assert log.rows() == rows
    assert {p.name for p in log.path.glob("*.parquet")} == {file.name for file in log.files()}


def test_a_damaged_file_stops_only_its_own_day(log: Log, caplog: pytest.LogCaptureFixture) -> None:
    filled(log)
    for value in range(40):
        log.write(pushed(value, at=NOON - DAY))
    bad = next(file for file in log.files() if file.day == NOON.date())
    (log.path / bad.name).write_bytes(b"PAR1")
    log.compactor.merge()
    assert [file.rows for file in log.files() if file.day < NOON.date()] == [40]
    assert len([file for file in log.files() if file.day == NOON.date()]) == 40
    assert "log files not merged" in caplog.text


def test_a_folder_that_cannot_be_used_is_one_error(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("a file")
    with pytest.raises(LogError, match=r"prediction log .*log: File exists"):
        Folder(tmp_path / "log")


def test_analyses_find_the_same_after_merging_and_count_nothing_twice(tmp_path: Path) -> None:
    config = served.configured(tmp_path)
    rows = served.frame(1_200, NOW - 2 * logs.DAY, 2)
    create_baseline(config, "credit", logs.write(logs.rows(4_000), tmp_path / "validation.parquet"))
    with served.pushing(config) as rig:
        for part in range(40):
            body = {"model": "credit", "rows": served.rows_of(rows.iloc[part::40])}
            assert rig.client.post("/api/v1/predictions", json=body).status_code == 201
        before = rig.space.analyse()
        opened = rig.exporter.predictions._open
        assert opened is not None
        assert opened.compactor.merge() > 30
        after = rig.space.analyse()
    assert before.document["models"] == after.document["models"]
    assert after.family("credit", "data")["samples"] == 600
    assert rig.space.analyse().family("credit", "explanation")["samples"] == 1_200
