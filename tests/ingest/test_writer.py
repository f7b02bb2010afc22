"""What is acknowledged is on disk and in the manifest, once; what is not, is neither."""

import errno
import os
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from fairlead.errors import StoreError
from fairlead.ingest.folder import Folder
from fairlead.ingest.refusal import BusyError, RefusedError
from fairlead.store.manifest import Manifest
from tests.ingest.conftest import NOON, Log, pushed

DAY = timedelta(days=1)


def test_rows_that_wait_are_written_together(log: Log) -> None:
    assert log.write(pushed(1), pushed(2, 3)) == [{"accepted": 1, "repeated": 0}, {"accepted": 2, "repeated": 0}]
    assert (log.rows(), [file.rows for file in log.files()]) == ([1, 2, 3], [3])


def test_each_day_has_files_of_its_own(log: Log) -> None:
    log.write(pushed(1), pushed(2, at=NOON - DAY))
    assert [(file.day, file.rows) for file in log.files()] == [(NOON.date(), 1), ((NOON - DAY).date(), 1)]


def test_equal_batches_are_taken_once_in_one_flush_and_later(log: Log) -> None:
    first = log.write(pushed(1, key="a"), pushed(1, key="a"), pushed(2, key="b"))
    assert first[0] == first[1]
    assert log.write(pushed(1, key="a")) == [first[0]]
    assert log.rows() == [1, 2]


def test_a_key_with_other_rows_is_refused(log: Log) -> None:
    _, refused = log.write(pushed(1, key="a"), pushed(2, key="a", digest="other"))
    assert isinstance(refused, RefusedError)
    assert (refused.status, log.rows()) == (422, [1])


def test_a_batch_that_another_process_takes_meanwhile_is_taken_once(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    other, look = Log(log.path, log.database), Manifest.answered

    def looked(self: Manifest, batches: Any) -> Any:
        found = look(self, batches)
        monkeypatch.setattr(Manifest, "answered", look)
        other.write(pushed(1, key="a"))
        return found

    monkeypatch.setattr(Manifest, "answered", looked)
    assert log.write(pushed(1, key="a"), pushed(2)) == [{"accepted": 1, "repeated": 0}] * 2
    assert log.rows() == [1, 2]
    assert len(list(log.path.glob("*.parquet"))) == len(log.files())
    other.folder.close()


def test_rows_with_ids_are_taken_once_a_day_whoever_wrote_them(log: Log) -> None:
    other = Log(log.path, log.database)
    other.write(pushed(1, 2, ids=True))
    assert log.write(pushed(2, 3, 3, ids=True), pushed(3, 4, ids=True)) == [
        {"accepted": 1, "repeated": 2},
        {"accepted": 1, "repeated": 1},
    ]
    assert other.write(pushed(1, 3, 5, ids=True), pushed(1, at=NOON - DAY, ids=True)) == [
        {"accepted": 1, "repeated": 2},
        {"accepted": 1, "repeated": 0},
    ]
    assert log.rows() == [1, 1, 2, 3, 4, 5]
    other.folder.close()


def test_an_id_that_another_process_writes_meanwhile_is_taken_once(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    other, write = Log(log.path, log.database), Folder.write

    def written(self: Folder, *arguments: Any, **options: Any) -> Any:
        monkeypatch.setattr(Folder, "write", write)
        other.write(pushed(1, ids=True))
        return write(self, *arguments, **options)

    monkeypatch.setattr(Folder, "write", written)
    assert log.write(pushed(1, 2, ids=True)) == [{"accepted": 1, "repeated": 1}]
    assert log.rows() == [1, 2]
    other.folder.close()


def test_ids_are_known_after_a_restart_and_after_merging(log: Log) -> None:
    for number in range(20):
        log.write(pushed(number, ids=True))
    log.compactor.merge()
    again = Log(log.path, log.database)
    assert again.write(pushed(*range(25), ids=True)) == [{"accepted": 5, "repeated": 20}]
    again.folder.close()


def no_space(*_: object, **__: object) -> Any:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def no_store(*_: object, **__: object) -> Any:
    raise StoreError("store: database or disk is full")


FAILURES: dict[str, tuple[Any, str, Callable[..., Any]]] = {
    "no space": (Folder, "write", no_space),
    "no space for the name": (Folder, "sync", no_space),
    "no store": (Manifest, "add", no_store),
    "no answer": (Manifest, "answered", no_store),
}


@pytest.mark.parametrize(("owner", "name", "fail"), FAILURES.values(), ids=FAILURES)
def test_a_failure_is_told_nothing_is_kept_and_the_next_one_works(
    log: Log, monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, fail: Callable[..., Any]
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(owner, name, fail)
        (told,) = log.write(pushed(1, key="a", ids=True))
        assert isinstance(told, BusyError)
        assert "prediction log: " in str(told)
    assert log.rows() == []
    assert log.write(pushed(1, key="a", ids=True)) == [{"accepted": 1, "repeated": 0}]
    log.compactor.sweep()
    assert len(list(log.path.glob("*.parquet*"))) == 1
    assert log.rows() == [1]


def test_a_store_that_keeps_it_but_does_not_say_so_loses_nothing(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    add = Manifest.add

    def silent(self: Manifest, *arguments: Any) -> None:
        add(self, *arguments)
        raise StoreError("store: the connection was lost")

    with monkeypatch.context() as patched:
        patched.setattr(Manifest, "add", silent)
        (told,) = log.write(pushed(1, key="a", ids=True))
    assert isinstance(told, BusyError)
    log.compactor.sweep()
    assert log.write(pushed(1, key="a", ids=True)) == [{"accepted": 1, "repeated": 0}]
    assert log.rows() == [1]


def test_too_much_that_waits_is_refused_for_now(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    going, go = threading.Event(), threading.Event()
    write = Folder.write

    def slow(self: Folder, *arguments: Any, **options: Any) -> Any:
        going.set()
        go.wait(10)
        return write(self, *arguments, **options)

    monkeypatch.setattr(Folder, "write", slow)
    writer = log.another(most_waiting=1_000)
    writer.start()
    first = writer.submit(pushed(1))
    going.wait(10)
    second = writer.submit(pushed(*range(100)))
    with pytest.raises(BusyError, match="too much waits"):
        writer.submit(pushed(2))
    go.set()
    assert (first.result(10)[0]["accepted"], second.result(10)[0]["accepted"]) == (1, 100)
    third = writer.submit(pushed(3))
    writer.stop()
    assert third.result(0)[0]["accepted"] == 1
    with pytest.raises(BusyError, match="stopping"):
        writer.submit(pushed(4))


def test_files_of_processes_that_are_gone_are_removed_unless_they_are_in_the_manifest(tmp_path: Path, log: Log) -> None:
    log.write(pushed(1))
    dead = Folder(log.path)
    table = pushed(2).parts[0][1]
    left = [dead.write("m", "predictions", NOON.date(), [table], NOON).name for _ in range(2)]
    (log.path / ".predictions-2026-01-09-0123456789abcdef-1.parquet.part").write_text("half")
    (log.path / "notes.txt").write_text("not ours")
    log.compactor.sweep()
    assert all((log.path / name).exists() for name in left), "its owner lives"
    os.close(dead._lock)  # as when it is killed
    log.compactor.sweep()
    assert all((log.path / name).exists() for name in left), "its commit may still be under way"
    for path in (*log.path.glob("*.parquet"), *log.path.glob(".*.part")):
        os.utime(path, (1, 1))
    log.compactor.sweep()
    assert {path.name for path in log.path.iterdir() if path.suffix != ".lock"} == {log.files()[0].name, "notes.txt"}
    assert log.rows() == [1]
