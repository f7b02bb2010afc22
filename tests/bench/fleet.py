"""Hundreds of models in one fairlead: their logs, their configuration and, without reading a row, their results."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from fairlead.config.schema import Columns, Config, Feature, Model, ProtectedAttribute, Source
from fairlead.core.measurement import Measurement
from fairlead.core.plan import Window
from fairlead.core.run import Run
from tests.bench.workload import DAY, DAYS, NUMERICAL, OUTCOMES, ROW_GROUP, SEED, START, table

THRESHOLDS = Path(__file__).parents[2] / "rules" / "thresholds.yml"
FAMILIES = ("data", "fairness", "model", "quality")
WINDOW = Window(START, START + DAY)
NOW = WINDOW.end + timedelta(hours=12)
"""The window is the latest that is due."""

BASELINE_ROWS = 100_000
WITH_NOISE = ("psi", "kl_divergence", "wasserstein_distance", "missing_increase_ratio")
WITHOUT_NOISE = ("missing_ratio", "missing_baseline_ratio")


def log(folder: Path, rows: int) -> Path:
    """Prediction logs of one day, made where they are not there yet."""
    path = folder / f"fleet-{rows}.parquet"
    if not path.exists():
        unfinished, names = path.with_suffix(".part"), [*NUMERICAL, "day_at", "sex", "score", "prediction", "label"]
        pieces = max(1, round(rows / ROW_GROUP))
        with pq.ParquetWriter(unfinished, table(np.random.default_rng(SEED), 1, 0, 1).select(names).schema) as writer:
            for piece in range(pieces):
                size = rows * (piece + 1) // pieces - rows * piece // pieces
                span = (DAYS * piece / pieces, DAYS * (piece + 1) / pieces)
                writer.write_table(table(np.random.default_rng([SEED, rows, piece]), size, *span).select(names))
        unfinished.rename(path)
    return path


def config(home: Path, models: tuple[Model, ...]) -> Config:
    """A configuration without a file, because reading one is not what is measured."""
    return Config(path=home / "fairlead.yml", store=str(home / "fairlead.db"), thresholds=THRESHOLDS, models=models)


def model(name: str, path: Path) -> Model:
    """Fifty numerical features, a protected attribute, daily analyses."""
    return Model(
        name=name,
        version="1",
        risk="high",
        team="bench",
        source=Source(path=str(path), format="parquet"),
        columns=Columns(
            timestamp="day_at", prediction="prediction", favourable=OUTCOMES[1], score="score", label="label"
        ),
        features=tuple(Feature(name=name, column=name, kind="numerical") for name in NUMERICAL),
        protected_attributes=(ProtectedAttribute(name="sex", column="sex"),),
    )


def runs(model: str, seed: int, finished: datetime = NOW) -> Iterator[Run]:
    """Made-up results of every family of a model: about five hundred series."""
    chance = np.random.default_rng(seed)
    for family in FAMILIES:
        found = tuple(_measurements(chance)) if family == "data" else ()
        yield Run(model, "1", family, WINDOW, "scheduled", finished, finished, "v1", 100_000, found)


def _measurements(chance: np.random.Generator) -> Iterator[Measurement]:
    numbers = iter(chance.random(len(NUMERICAL) * (2 * len(WITH_NOISE) + len(WITHOUT_NOISE))).round(12).tolist())
    for feature in NUMERICAL:
        labels = (("feature", feature),)
        for name in WITH_NOISE:
            yield Measurement(f"feature_{name}", next(numbers), labels, next(numbers), 100_000, 100_000)
        for name in WITHOUT_NOISE:
            yield Measurement(f"feature_{name}", next(numbers), labels, None, 100_000, 100_000)
