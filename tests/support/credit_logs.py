"""Prediction logs of a made-up lender, with exact shares so that expected values can be written down."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Day:
    """One day of decisions: how much incomes have moved, and the share of women and of men approved."""

    start: datetime
    rows: int = 4_000
    income_shift: float = 0.0
    approved_women: float = 0.70
    approved_men: float = 0.72
    seed: int = 7


def decisions(day: Day) -> pd.DataFrame:
    """Half the rows are women; labels agree with nine decisions in ten, in both groups and both outcomes."""
    chance = np.random.default_rng(day.seed)
    index = np.arange(day.rows)
    sex = np.where(index % 2 == 0, "female", "male")
    place = index // 2 / (day.rows / 2)
    approved = place < np.where(sex == "female", day.approved_women, day.approved_men)
    agrees = index // 2 % 10 != 0
    return pd.DataFrame(
        {
            "decided_at": [day.start + timedelta(days=1) * share for share in chance.permutation(index) / day.rows],
            "decision": np.where(approved, "approved", "denied"),
            "repaid": np.where(approved == agrees, "approved", "denied"),
            "score": np.where(approved, 0.8, 0.3),
            "income": chance.lognormal(10, 0.5, day.rows) * np.exp(day.income_shift),
            "purpose": chance.choice(["car", "home", "study"], day.rows, p=[0.5, 0.3, 0.2]),
            "sex": sex,
        }
    ).sample(frac=1, random_state=day.seed)


def append(path: Path, *days: Day) -> None:
    """Append days to a CSV log, as a serving process would."""
    path.parent.mkdir(parents=True, exist_ok=True)
    for day in days:
        decisions(day).to_csv(path, mode="a", header=not path.exists(), index=False)


def model_config(name: str, source: str, environment: str = "production") -> dict[str, object]:
    """The configuration of a model with such logs."""
    return {
        "name": name,
        "version": "1",
        "risk": "high",
        "team": "lending",
        "environment": environment,
        "source": {"path": source, "format": "csv"},
        "columns": {
            "timestamp": "decided_at",
            "prediction": "decision",
            "favourable": "approved",
            "score": "score",
            "label": "repaid",
        },
        "features": {"income": {"type": "numerical"}, "purpose": {"type": "categorical"}},
        "protected_attributes": {"sex": {"column": "sex"}},
    }
