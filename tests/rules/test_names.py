"""Every exporter metric in a rule or a runbook is in the catalogue, and noise is used where it exists."""

import re
from pathlib import Path
from typing import Any

import pytest

from fairlead.exposition.catalogue import METRICS
from tests.support.rules import RULE_FILES, RUNBOOKS, rules

NAME = re.compile(r"(?<![\w:])fairlead_[a-z0-9_]+(?![\w:])")
NOT_METRICS = {"fairlead_url"}
SERIES = (
    set(METRICS)
    | {f"{name}_noise" for name, metric in METRICS.items() if metric.noise}
    | {
        f"{name}_{part}"
        for name, metric in METRICS.items()
        if metric.kind == "histogram"
        for part in ("bucket", "sum", "count")
    }
)
SIGNIFICANT = [
    rule
    for rule in rules()
    if rule.get("record") == "fairlead:measurement:significant" and rule["labels"]["metric"] != "drift_score"
]


@pytest.mark.parametrize("path", [*RULE_FILES, *sorted(RUNBOOKS.glob("*.md"))], ids=lambda path: path.name)
def test_names_are_in_the_catalogue(path: Path) -> None:
    assert set(NAME.findall(path.read_text())) - NOT_METRICS <= SERIES


@pytest.mark.parametrize("rule", SIGNIFICANT, ids=lambda rule: rule["labels"]["metric"])
def test_significant_measurement_keeps_its_labels_and_uses_its_noise(rule: dict[str, Any]) -> None:
    metric = METRICS[f"fairlead_{rule['labels']['metric']}"]
    assert set(NAME.findall(rule["expr"])) == {metric.name, *([f"{metric.name}_noise"] if metric.noise else [])}
    assert set(re.findall(r" by \((.*?)\)", rule["expr"])) == {", ".join(metric.labels)}
