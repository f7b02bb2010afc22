"""Reads the thresholds from the rule file that Prometheus evaluates."""

import re
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from fairlead.core.thresholds import COMPARISONS, SEVERITIES, Thresholds
from fairlead.errors import ThresholdError

RECORD = "fairlead:threshold"
EXPRESSION = re.compile(r"\s*vector\(\s*([-+]?[0-9.]+(?:[eE][-+]?[0-9]+)?)\s*\)\s*")


def load_thresholds(path: Path) -> Thresholds:
    """Thresholds of a Prometheus rule file; every mistake in it at once."""
    try:
        document = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, YAMLError) as error:
        reason = str(error).splitlines()[0]
        raise ThresholdError(f"{path}: must be a readable Prometheus rule file, got {reason}") from error
    values: dict[tuple[str, str, str, str], float] = {}
    problems: list[str] = []
    for where, rule in _rules(document):
        found_labels = rule.get("labels")
        labels: dict[str, Any] = found_labels if isinstance(found_labels, dict) else {}
        key = tuple(str(labels.get(name, "")) for name in ("metric", "severity", "model", "feature"))
        found = EXPRESSION.fullmatch(str(rule.get("expr", "")))
        problem = _problem(key, found is not None, rule, key in values)
        if problem or found is None:
            problems.append(f"{path}: {where}: {problem}")
        else:
            values[key[0], key[1], key[2], key[3]] = float(found.group(1))
    if not values and not problems:
        problems.append(f"{path}: must record {RECORD}, got no such rule")
    if problems:
        raise ThresholdError("\n".join(problems))
    return Thresholds(values)


def _rules(document: Any) -> list[tuple[str, dict[str, Any]]]:
    """Rules that record a threshold, with their place in the file."""
    groups = document.get("groups") if isinstance(document, dict) else None
    found = []
    for g, group in enumerate(groups if isinstance(groups, list) else []):
        rules = group.get("rules") if isinstance(group, dict) else None
        for r, rule in enumerate(rules if isinstance(rules, list) else []):
            if isinstance(rule, dict) and rule.get("record") == RECORD:
                found.append((f"groups[{g}].rules[{r}]", rule))
    return found


def _problem(key: tuple[str, ...], numeric: bool, rule: dict[str, Any], repeated: bool) -> str | None:
    metric, severity, model, feature = key
    if metric not in COMPARISONS:
        return f"labels.metric: must be a metric with thresholds, got {metric!r}"
    if severity not in SEVERITIES:
        return f"labels.severity: must be warning or critical, got {severity!r}"
    if feature and not model:
        return f"labels: must name the model of feature {feature!r}, got none"
    if not numeric:
        return f"expr: must be vector(<number>), got {rule.get('expr')!r}"
    if repeated:
        return f"labels: must occur once, got {metric} {severity} {model} {feature}".rstrip() + " twice"
    return None
