"""The replay: the production half as dated traffic, and the drift that the demo adds to it, openly labelled.

Every day is drawn with replacement from the production half, so applications repeat. Until an event begins,
the traffic of a day is exactly that. What an event does afterwards is the demo's doing, not the data's. All
dates are the demo's as well.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from fairlead.demo.credit import PREDICTION, CreditModel, train
from fairlead.demo.data import DENIED, LOW_INCOME_TRACT, MINORITY_TRACT, RACE, applications, halves

DAYS = 8
ROWS_PER_DAY = 2_000
SEED = 1996
TIMESTAMP = "decided_at"
NEW_PROPERTY_TYPE = "4"

Change = Callable[[pd.DataFrame, np.random.Generator], None]


@dataclass(frozen=True, slots=True)
class Event:
    """A change of the traffic that lasts from a day (1 is the first of the replay) to the end."""

    title: str
    first_day: int
    before_scoring: Change | None = None
    after_scoring: Change | None = None


def double_housing_ratio(applicants: pd.DataFrame, chance: np.random.Generator) -> None:
    hit = chance.random(len(applicants)) < 0.35
    applicants.loc[hit, "housing_ratio"] *= 2


def lose_unemployment_rate(applicants: pd.DataFrame, chance: np.random.Generator) -> None:
    applicants.loc[chance.random(len(applicants)) < 0.20, "unemployment_rate"] = np.nan


def add_property_type(applicants: pd.DataFrame, chance: np.random.Generator) -> None:
    applicants.loc[chance.random(len(applicants)) < 0.08, "property_type"] = NEW_PROPERTY_TYPE


def deny_neighbourhoods(decisions: pd.DataFrame, _: np.random.Generator) -> None:
    decisions.loc[decisions[LOW_INCOME_TRACT] | decisions[MINORITY_TRACT], PREDICTION] = DENIED


def overrule_minorities(decisions: pd.DataFrame, chance: np.random.Generator) -> None:
    minority = decisions[RACE].isin(["black", "hispanic"])
    decisions.loc[minority & (chance.random(len(decisions)) < 0.25), PREDICTION] = DENIED


EVENTS = (
    Event("a join upstream counts housing expense twice for 35 % of applications", 7, double_housing_ratio),
    Event("the unemployment rate is missing for 20 % of applications", 7, lose_unemployment_rate),
    Event("8 % of applications carry a property type that training never saw", 7, add_property_type),
    Event(
        "a new rule denies every property in a low-income or minority neighbourhood, whatever the score",
        8,
        after_scoring=deny_neighbourhoods,
    ),
    Event(
        "underwriters overrule a quarter of the approvals of black and Hispanic applicants",
        8,
        after_scoring=overrule_minorities,
    ),
)


@dataclass(frozen=True)
class Replay:
    """Everything that the demo derives from the data: the model, its baseline log, the production half."""

    model: CreditModel
    baseline: pd.DataFrame
    production: pd.DataFrame

    def traffic(self, day: int, start: datetime, events: tuple[Event, ...], seed: int) -> pd.DataFrame:
        """The log of one day (counted from 1) that starts at `start`; equal arguments give equal rows."""
        chance = np.random.default_rng((seed, day))
        drawn = chance.integers(0, len(self.production), ROWS_PER_DAY)
        applicants = self.production.iloc[drawn].reset_index(drop=True)
        active = [event for event in events if event.first_day <= day]
        for event in active:
            if event.before_scoring:
                event.before_scoring(applicants, chance)
        decisions = self.model.log(applicants).join(applicants[[LOW_INCOME_TRACT, MINORITY_TRACT]])
        for event in active:
            if event.after_scoring:
                event.after_scoring(decisions, chance)
        seconds = np.sort(chance.integers(0, 86_400, ROWS_PER_DAY))
        decisions.insert(0, TIMESTAMP, pd.Timestamp(start) + pd.to_timedelta(seconds, unit="s"))
        return decisions.drop(columns=[LOW_INCOME_TRACT, MINORITY_TRACT])


def replay(seed: int = SEED) -> Replay:
    """Load the applications, split them and train on one half."""
    training, production = halves(applications(), seed)
    model, baseline = train(training, seed)
    return Replay(model, baseline, production)


def midnights(last: datetime, days: int = DAYS) -> list[datetime]:
    """The `days` midnights that end the days of the replay; the last is the newest one not after `last`."""
    newest = last.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return [newest - timedelta(days=back) for back in range(days - 1, -1, -1)]


def write_baseline(source: Replay, path: Path, end: datetime) -> None:
    """Write the out-of-sample log of the training half, dated evenly over the week before `end`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    log = source.baseline.copy()
    step = timedelta(days=7) / len(log)
    log.insert(0, TIMESTAMP, [pd.Timestamp(end - back * step) for back in range(len(log), 0, -1)])
    log.to_parquet(path, index=False)


def write_days(
    source: Replay, folder: Path, ends: list[datetime], events: tuple[Event, ...] = (), seed: int = SEED
) -> Iterator[date]:
    """Write one Parquet file per day into `folder`, and yield each day once its file is complete."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, end in enumerate(ends, start=1):
        start = end - timedelta(days=1)
        log = source.traffic(number, start, events, seed)
        log.to_parquet(folder / f"{start:%Y-%m-%d}.parquet", index=False)
        yield start.date()
