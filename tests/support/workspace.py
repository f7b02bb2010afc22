"""A folder with prediction logs, a configuration and baselines, ready for analyses."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from fairlead.config.load import load
from tests.support import logs
from tests.support.cli import Outcome, analyse, create_baseline

NOW = logs.START + 8 * logs.DAY
"""Windows end here: the last day, and for explanations the last seven."""


@dataclass(frozen=True)
class Workspace:
    """Its folder and its fairlead.yml."""

    folder: Path
    config: Path

    def log(self, name: str, suffix: str = ".parquet") -> Path:
        """Where a model's log lies."""
        return self.folder / "logs" / f"{name}{suffix}"

    @property
    def store(self) -> str:
        """The path or URL of its store."""
        return load(self.config).store

    def analyse(self, *arguments: str, until: datetime = NOW) -> Outcome:
        """`fairlead analyze --format json`."""
        return analyse(self.config, until, *arguments)


@cache
def current(approved: float = 0.7) -> pd.DataFrame:
    """The seven days before NOW, a thousand decisions each."""
    return logs.rows(7_000, NOW - 7 * logs.DAY, days=7, seed=11, approved=approved)


def prepare(
    folder: Path,
    frames: Mapping[str, pd.DataFrame],
    suffix: str = ".parquet",
    changes: Mapping[str, Mapping[str, Any]] | None = None,
    baselines: Mapping[str, pd.DataFrame] | None = None,
) -> Workspace:
    """Write a log per model, configure the models (with ``changes``) and make a baseline of each."""
    (folder / "logs").mkdir()
    changes, baselines = changes or {}, baselines or {}
    models = [
        logs.model(name, f"logs/{file_name(name)}{suffix}", logs.FORMATS[suffix], **changes.get(name, {}))
        for name in frames
    ]
    space = Workspace(folder, logs.write_config(folder, models))
    for name, frame in frames.items():
        logs.write(frame, space.log(file_name(name), suffix))
        base = logs.write(baselines.get(name, logs.rows(4_000)), folder / "validation" / f"{file_name(name)}.parquet")
        create_baseline(space.config, name, base)
    return space


def file_name(model: str) -> str:
    """Letters and digits of a model's name."""
    return "".join(letter for letter in model if letter.isascii() and letter.isalnum()) or "model"
