"""Prediction logs of a made-up lender in every format, and the configuration that reads them."""

import gzip
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import yaml

THRESHOLDS = Path(__file__).parents[2] / "rules" / "thresholds.yml"
START = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
PURPOSES = ("car", "home", "study", 'a "quoted", one', "two\nlines", "été — 学生 🎓", "1.50", " spaced ")
SHARES = (0.4, 0.25, 0.2, 0.05, 0.04, 0.03, 0.02, 0.01)


def rows(count: int, start: datetime = START, days: float = 1, seed: int = 7, approved: float = 0.7) -> pd.DataFrame:
    """Decisions spread evenly over the days, in no order; nine of ten agree with their label; nothing is missing."""
    chance = np.random.default_rng(seed)
    decision = np.where(chance.random(count) < approved, "approved", "denied")
    other = np.where(decision == "approved", "denied", "approved")
    step = timedelta(days=days) / count
    frame = pd.DataFrame(
        {
            "at": [start + place * step for place in range(count)],
            "decision": decision,
            "outcome": np.where(chance.random(count) < 0.9, decision, other),
            "score": np.where(decision == "approved", 0.8, 0.3) + chance.uniform(-0.15, 0.15, count),
            "income": chance.lognormal(10, 0.5, count),
            "children": chance.integers(0, 5, count),
            "purpose": chance.choice(PURPOSES, count, p=SHARES),
            "sex": chance.choice(["female", "male"], count),
            "age": chance.integers(18, 90, count),
        }
    )
    for feature in ("income", "children", "purpose"):
        frame[f"shap_{feature}"] = chance.normal(0, {"income": 3, "children": 2, "purpose": 1}[feature], count)
    return frame.sample(frac=1, random_state=seed).reset_index(drop=True)


def with_gaps(frame: pd.DataFrame, seed: int = 3) -> pd.DataFrame:
    """The same rows with missing values in every column but the timestamp, infinite incomes, impossible scores."""
    chance = np.random.default_rng(seed)
    holed = frame.astype({"children": "Int64", "age": "Int64"})
    for column in holed.columns.drop("at"):
        holed.loc[chance.random(len(holed)) < 0.05, column] = None
    for value in (np.inf, -np.inf):
        holed.loc[chance.random(len(holed)) < 0.01, "income"] = value
    holed.loc[chance.random(len(holed)) < 0.01, "score"] = 1.5
    return holed


def write_parquet(frame: pd.DataFrame, path: Path, row_group: int = 500) -> None:
    """Typed columns, timestamps as UTC microseconds."""
    pq.write_table(_table(frame), path, row_group_size=row_group)


def write_text_parquet(frame: pd.DataFrame, path: Path) -> None:
    """Every column as text, as a careless writer leaves it."""
    columns = {name: pa.array(_texts(frame[name]), pa.string()) for name in frame.columns}
    pq.write_table(pa.table(columns), path)


def write_csv(frame: pd.DataFrame, path: Path) -> None:
    """Plain or, by suffix, compressed."""
    frame.to_csv(path, index=False)


def write_jsonl(frame: pd.DataFrame, path: Path) -> None:
    """Plain or, by suffix, compressed; infinite numbers as Python writes them."""
    opener: Callable[..., Any] = gzip.open if path.suffix == ".gz" else open
    names = [str(name) for name in frame.columns]
    with opener(path, "wt", encoding="utf-8") as stream:
        for row in frame.itertuples(index=False, name=None):
            document = dict(zip(names, map(plain, row), strict=True))
            stream.write(json.dumps(document, ensure_ascii=False) + "\n")


WRITERS: dict[str, Callable[[pd.DataFrame, Path], None]] = {
    ".parquet": write_parquet,
    ".csv": write_csv,
    ".csv.gz": write_csv,
    ".jsonl": write_jsonl,
    ".jsonl.gz": write_jsonl,
}
FORMATS = {".parquet": "parquet", ".csv": "csv", ".csv.gz": "csv", ".jsonl": "jsonl", ".jsonl.gz": "jsonl"}


def write(frame: pd.DataFrame, path: Path) -> Path:
    """Write in the format that the suffix names; the path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    WRITERS["".join(path.suffixes)](frame, path)
    return path


def _table(frame: pd.DataFrame) -> pa.Table:
    table = pa.Table.from_pandas(frame, preserve_index=False)
    if "at" not in frame or not isinstance(frame["at"].dtype, pd.DatetimeTZDtype):
        return table
    stamps = table["at"].cast(pa.timestamp("us", "UTC"))
    return table.set_column(table.schema.get_field_index("at"), "at", stamps)


def _texts(column: "pd.Series[Any]") -> list[str | None]:
    return [None if pd.isna(value) else str(value) for value in column.astype(object)]


def plain(value: Any) -> Any:
    """A value as JSON holds it."""
    if pd.isna(value):
        return None
    if isinstance(value, pd.Timestamp):
        return value.isoformat()
    return value.item() if isinstance(value, np.generic) else value


def model(name: str, source: str | Path, kind: str | None = None, **changes: Any) -> dict[str, Any]:
    """The configuration of a model with these logs; ``changes`` replace whole keys, None removes one."""
    document: dict[str, Any] = {
        "name": name,
        "version": "1",
        "risk": "high",
        "team": "lending",
        "source": {"path": str(source), **({"format": kind} if kind else {})},
        "columns": columns(),
        "features": {
            "income": {"type": "numerical", "range": [0, 1e6]},
            "children": {"type": "numerical"},
            "purpose": {"type": "categorical"},
        },
        "protected_attributes": {"sex": {}, "age_band": {"column": "age", "bins": [25, 40, 60]}},
        **changes,
    }
    return {key: value for key, value in document.items() if value is not None}


def columns(**changes: Any) -> dict[str, Any]:
    """The columns section; ``changes`` replace keys, None removes one."""
    document = {
        "timestamp": "at",
        "prediction": "decision",
        "favourable": "approved",
        "score": "score",
        "label": "outcome",
        "attributions_prefix": "shap_",
        **changes,
    }
    return {key: value for key, value in document.items() if value is not None}


def write_config(folder: Path, models: Sequence[Mapping[str, Any]], store: str = "fairlead.db") -> Path:
    """A fairlead.yml with the project's thresholds; its path."""
    path = folder / "fairlead.yml"
    document = {"store": store, "thresholds": str(THRESHOLDS), "models": list(models)}
    path.write_text(yaml.safe_dump(document, allow_unicode=True), encoding="utf-8")
    return path
