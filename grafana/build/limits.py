"""Thresholds that a panel must hold as numbers, taken from rules/thresholds.yml, which stays their only home."""

from pathlib import Path
from typing import Any

import yaml

FILE = Path(__file__).parents[2] / "rules" / "thresholds.yml"


def limit(metric: str, severity: str) -> float:
    """The default threshold of a metric."""
    found = [rule["expr"] for rule in _rules() if rule["labels"] == {"metric": metric, "severity": severity}]
    (expression,) = found
    return float(str(expression).removeprefix("vector(").removesuffix(")"))


def _rules() -> list[dict[str, Any]]:
    return [rule for group in yaml.safe_load(FILE.read_text(encoding="utf-8"))["groups"] for rule in group["rules"]]
