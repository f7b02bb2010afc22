"""The real command line, run as a stranger would run it."""

import json
import subprocess
import sys
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from fairlead.demo.workspace import DemoError


@dataclass(frozen=True, slots=True)
class Row:
    """One measurement of an analysis; subject is the feature, attribute, group or class it is about."""

    model: str
    family: str
    metric: str
    subject: str
    value: float
    noise: float | None
    severity: str

    @property
    def key(self) -> tuple[str, str, str]:
        """What stays the same from day to day."""
        return self.model, self.metric, self.subject


COULD_BE_JUDGED = (0, 1, 2)
"""Exit codes of `analyze` for INFO, WARNING and CRITICAL."""


def fairlead_command(config: Path, *arguments: str) -> list[str]:
    """`python -m fairlead` with the demo's configuration."""
    return [sys.executable, "-m", "fairlead", *arguments, "--config.file", str(config)]


def create_baseline(config: Path, model: str, log: Path) -> str:
    """Create and activate the baseline of a model from a prediction log."""
    return _run(fairlead_command(config, "baseline", "create", "--model", model, "--from", str(log)), (0,))


def analyze(config: Path, as_of: datetime) -> list[Row]:
    """Analyse both models as of a midnight; the run is recorded in the store, its judged measurements returned."""
    arguments = ("analyze", "--as-of", as_of.isoformat(), "--format", "json")
    return rows(json.loads(_run(fairlead_command(config, *arguments), COULD_BE_JUDGED)))


def rows(document: dict[str, Any]) -> list[Row]:
    """The measurements of `analyze --format json` that have thresholds, and each model's composite score."""
    found = []
    for model in document["models"]:
        name, score = model["model"], model["drift_score"]
        for family in model["families"]:
            for measured in family["measurements"]:
                if measured["thresholds"] is not None:
                    subject = ", ".join(measured["labels"].values())
                    values = (measured["value"], measured["noise"], measured["severity"])
                    found.append(Row(name, family["family"], measured["metric"], subject, *values))
        if score is not None:
            found.append(Row(name, "all", "drift_score", "", score["value"], None, score["severity"]))
    return found


def _run(command: list[str], good: tuple[int, ...]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own words
    if done.returncode not in good:
        shown = " ".join(command[1:])
        raise DemoError(f"{shown}: ended with exit code {done.returncode}\n{done.stderr.strip()[-2_000:]}")
    return done.stdout
