"""The shipped rules as data, and promtool."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from fairlead.demo.processes import find_binary

FOLDER = Path(__file__).parents[2] / "rules"
CONFIG = FOLDER / "prometheus.yml"
RUNBOOKS = FOLDER / "runbooks"
RULE_FILES = sorted(path for path in FOLDER.glob("*.yml") if path != CONFIG)


def load(path: Path) -> Any:
    """A YAML file as plain data."""
    return yaml.safe_load(path.read_text())


def rules() -> Iterator[dict[str, Any]]:
    """Every rule of every file."""
    for path in RULE_FILES:
        for group in load(path)["groups"]:
            yield from group["rules"]


def alerts() -> list[dict[str, Any]]:
    """Every alerting rule; an alert with two severities is there twice."""
    return [rule for rule in rules() if "alert" in rule]


def alert_names() -> list[str]:
    """Names of all alerts, sorted, each once."""
    return sorted({rule["alert"] for rule in alerts()})


def groups() -> list[str]:
    """Names of all groups in the order in which each finds its inputs fresh."""
    first = ["fairlead-thresholds"]
    last = ["fairlead-drift-score", "fairlead-composite", "fairlead-platform"]
    names = [group["name"] for path in RULE_FILES for group in load(path)["groups"]]
    return first + [name for name in names if name not in first + last] + last


def promtool(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run promtool; its output is in `stdout`, its errors too."""
    return subprocess.run(
        [find_binary("promtool"), *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )
