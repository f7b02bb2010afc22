"""Files of the log that are gone or cut are named; what the manifest does not list is nobody's business."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from fairlead.ingest.verification import verify
from tests.ingest.conftest import Log, pushed


def test_a_sound_log(log: Log) -> None:
    log.write(pushed(1, 2), pushed(3))
    (log.path / "predictions-2026-01-09-0123456789abcdef-1.parquet").write_text("left by somebody")
    assert list(verify(log.path, log.files())) == []


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size - 1)


def overwrite(path: Path) -> None:
    path.write_bytes(b"\0" * path.stat().st_size)


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (Path.unlink, "cannot be read: No such file or directory"),
        (cut, "must have "),
        (overwrite, "must be a whole Parquet file, got another end"),
    ],
)
def test_damage_is_named(harm: Callable[[Path], None], message: str, log: Log) -> None:
    log.write(pushed(1, 2))
    (file,) = log.files()
    harm(log.path / file.name)
    (problem,) = verify(log.path, log.files())
    assert problem.startswith(f"prediction log {log.path}: {file.name}: {message}")
