"""Prediction logs that are analysed again and again with a cache, and what was read of them each time."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest

from fairlead.core.baseline import Bins, binned, bins_of
from fairlead.core.plan import AttributeColumn, CategoricalColumn, NumericalColumn, Plan, Window
from fairlead.core.summary import Summary
from fairlead.engines import files as engine_files
from fairlead.engines import incremental, reader, summarise
from fairlead.engines.files import Files
from fairlead.store.codec import pack_summary
from fairlead.store.database import Database
from fairlead.store.partials import Partials
from tests.support import logs

START, DAY = logs.START, logs.DAY
NOW = START + 12 * DAY
COLUMNS = Plan(
    "at",
    None,
    "decision",
    favourable="approved",
    label="outcome",
    score="score",
    numerical={"income": NumericalColumn("income", 0, 1e6), "children": NumericalColumn("children")},
    categorical={"purpose": CategoricalColumn("purpose")},
    attributes={"sex": AttributeColumn("sex"), "age": AttributeColumn("age", (25, 40, 60))},
    intersections={"sex and age": ("sex", "age")},
    attributions={"income": NumericalColumn("shap_income"), "children": NumericalColumn("shap_children")},
    hash_inputs=True,
)


def plan() -> Plan:
    """With the bins and categories of a thousand rows."""
    rows = logs.rows(1_000, seed=1)
    features = {name: rows[name].to_numpy(float) for name in COLUMNS.numerical}
    attributions = {name: rows[column.column].to_numpy() for name, column in COLUMNS.attributions.items()}
    bins = Bins(
        bins_of(features, "p1_p99"),
        bins_of({"score": rows["score"].to_numpy()}, "p1_p99")["score"],
        bins_of(attributions, "p1_p99", zero=True),
    )
    known = {"purpose": CategoricalColumn("purpose", frozenset(logs.PURPOSES))}
    return replace(binned(COLUMNS, bins), categorical=known)


def day(number: int, count: int = 150, seed: int = 0) -> pd.DataFrame:
    """Rows of one day, with gaps."""
    return logs.with_gaps(logs.rows(count, START + number * DAY, seed=100 * seed + number))


def days(first: int, last: int) -> Window:
    """Whole days, the last one included."""
    return Window(START + first * DAY, START + (last + 1) * DAY)


@dataclass
class Remembered:
    """A folder of logs of one format, and the cache in its database; ``read`` and ``dated`` name files, in order."""

    folder: Path
    suffix: str
    database: Database
    plan: Plan = field(default_factory=plan)
    read: list[str] = field(default_factory=list)
    dated: list[str] = field(default_factory=list)
    now: datetime = NOW

    def file(self, name: str) -> Path:
        """Where a log lies."""
        return self.folder / f"{name}{self.suffix}"

    def write(self, name: str, *frames: pd.DataFrame) -> None:
        """Write a log; one that was there is another file then."""
        logs.write(pd.concat(frames, ignore_index=True), self.file(name))

    def source(self) -> Files:
        """All logs."""
        return Files(str(self.folder), logs.FORMATS[self.suffix])

    def cache(self) -> Partials:
        """As a new process opens it."""
        return Partials(self.database, "credit", lambda: self.now)

    def analyse(self, window: Window) -> tuple[Summary, list[str]]:
        """The summary, which must be that of a cold analysis, and the names of the files whose rows were read."""
        self.read.clear()
        self.dated.clear()
        summary = summarise.summarise(self.source(), self.plan, window, cache=self.cache())
        read = list(self.read)
        assert pack_summary(summary) == pack_summary(summarise.summarise(self.source(), self.plan, window))
        return summary, read

    def watch(self, patch: pytest.MonkeyPatch) -> None:
        """Note what the real readers are asked for."""
        feeder, dater = engine_files.portions, engine_files.span

        def batches(path: Path, kind: str, plan: Plan, pieces: Sequence[Window] | None):  # type: ignore[no-untyped-def]
            self.read.append(path.name.removesuffix(self.suffix))
            return feeder(path, kind, plan, pieces)

        def span(path: Path, kind: str, plan: Plan) -> tuple[int, int]:
            self.dated.append(path.name.removesuffix(self.suffix))
            return dater(path, kind, plan)

        patch.setattr(reader, "portions", batches)
        patch.setattr(incremental, "span", span)
