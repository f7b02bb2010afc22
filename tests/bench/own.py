"""Fairlead itself and the decode floor as contenders."""

import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import yaml

from fairlead import __version__
from tests.bench.contender import Contender
from tests.bench.rounds import BenchError, reason, run_alone
from tests.bench.workload import ATTRIBUTES, CATEGORICAL, DAY, DAYS, NUMERICAL, OUTCOMES, START, Workload

THRESHOLDS = Path(__file__).parents[2] / "rules" / "thresholds.yml"
TIMEOUT = 3600.0
JUDGED = frozenset({0, 1, 2})
"""Exit codes of an analysis that could be computed."""

FLOOR = "decode floor"
INSIDE = "fairlead"
PROCESS = "fairlead analyze"
WEEK_COLD, WEEK_CACHED = "fairlead, week, cold", "fairlead, week, 6 days cached"
WEEK_COLD_PROCESS, WEEK_CACHED_PROCESS = "fairlead analyze, week, cold", "fairlead analyze, week, 6 days cached"

MODELS = {"day": ("high", "day_at"), "week": ("medium", "week_at")}
"""Risk, which sets how long windows are, and the timestamp column: one day or one week holds all rows."""


@dataclass(frozen=True, slots=True)
class Place:
    """A folder with fairlead.yml, its store, and copies of the store to begin a trial from."""

    folder: Path
    workload: Workload

    @property
    def config(self) -> Path:
        """The configuration of both models."""
        return self.folder / "fairlead.yml"

    @property
    def store(self) -> Path:
        """The folder of the store that trials use."""
        return self.folder / "store"

    def keep(self, name: str) -> None:
        """Keep the store as it is under a name."""
        shutil.copytree(self.store, self.folder / name)

    def restore(self, name: str) -> None:
        """Begin again with the store kept under a name."""
        shutil.rmtree(self.store)
        shutil.copytree(self.folder / name, self.store)


def prepared(folder: Path, workload: Workload, tell: Callable[[str], None]) -> Place:
    """Make the configuration and baselines, and the store after six days of the week."""
    place = Place(folder, workload)
    place.store.mkdir(parents=True)
    place.config.write_text(yaml.safe_dump(_config(workload)), encoding="utf-8")
    for model in MODELS:
        tell(f"making the baseline of {model}")
        _fairlead(place, "baseline", "create", "--model", model, "--from", str(workload.baseline))
    place.keep("only-baselines")
    tell("analysing the first six days")
    _fairlead(place, *_analyze("week", DAYS - 1), accepted=JUDGED)
    place.keep("six-days")
    return place


def contenders(place: Place) -> list[Contender]:
    """The floor, the analysis alone and as a process, cold and incremental."""
    cold, cached = partial(place.restore, "only-baselines"), partial(place.restore, "six-days")
    report = place.folder / "report.json"
    module = [sys.executable, "-m", "tests.bench.floor"]
    floor = Contender(FLOOR, [*module, str(place.workload.logs), str(report)], report)
    return [
        floor,
        _inside(place, INSIDE, "day", cold, "baseline-loaded"),
        _process(place, PROCESS, "day", cold),
        _inside(place, WEEK_COLD, "week", cold, "stored"),
        _inside(place, WEEK_CACHED, "week", cached, "stored"),
        _process(place, WEEK_COLD_PROCESS, "week", cold),
        _process(place, WEEK_CACHED_PROCESS, "week", cached),
    ]


def _inside(place: Place, name: str, model: str, prepare: Callable[[], None], how: str) -> Contender:
    """An analysis that is timed inside its process, without the start of Python."""
    report = place.folder / "report.json"
    module = [sys.executable, "-m", "tests.bench.inside"]
    command = [*module, how, str(place.config), model, _end_of(model), str(report)]
    return Contender(name, command, report, version=__version__, prepare=prepare)


def _process(place: Place, name: str, model: str, prepare: Callable[[], None]) -> Contender:
    """The command as its users type it."""
    command = _command(place, *_analyze(model, DAYS if model == "week" else 1))
    return Contender(name, command, version=__version__, accepted=JUDGED, prepare=prepare)


def _analyze(model: str, days: int) -> list[str]:
    return ["analyze", "--model", model, "--as-of", (START + days * DAY).isoformat()]


def _end_of(model: str) -> str:
    return (START + (DAYS if model == "week" else 1) * DAY).isoformat()


def _command(place: Place, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "fairlead", *arguments, "--config.file", str(place.config)]


def _fairlead(place: Place, *arguments: str, accepted: frozenset[int] = frozenset({0})) -> None:
    log = place.folder / "preparation.log"
    code = run_alone(_command(place, *arguments), TIMEOUT, log)
    if code is None or code not in accepted:
        why = "no end" if code is None else reason(log, code)
        raise BenchError(f"fairlead {arguments[0]}: must succeed, got {why}")


def _config(workload: Workload) -> dict[str, Any]:
    models = [_model(name, workload) for name in MODELS]
    return {"store": "store/fairlead.db", "thresholds": str(THRESHOLDS), "models": models}


def _model(name: str, workload: Workload) -> dict[str, Any]:
    risk, timestamp = MODELS[name]
    ranges = {"uniform": [-1, 1], "grade": [1, 5], "flag": [0, 1]}
    features: dict[str, Any] = {}
    for feature in NUMERICAL:
        shape = feature.split("_")[0]
        features[feature] = {"type": "numerical", **({"range": ranges[shape]} if shape in ranges else {})}
    features |= {feature: {"type": "categorical", "required": True} for feature in CATEGORICAL}
    columns = {
        "timestamp": timestamp,
        "prediction": "prediction",
        "favourable": OUTCOMES[1],
        "score": "score",
        "label": "label",
    }
    return {
        "name": name,
        "version": "1",
        "risk": risk,
        "team": "bench",
        "source": {"path": str(workload.logs), "format": "parquet"},
        "columns": columns,
        "features": features,
        "protected_attributes": {attribute: {} for attribute in ATTRIBUTES},
    }
