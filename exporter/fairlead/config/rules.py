"""All rule files that a Prometheus configuration names, as one file or as one Kubernetes resource."""

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.scalarstring import LiteralScalarString

from fairlead.errors import FairleadError

CONFIG = "prometheus.yml"
HEADER = "# Made by `fairlead rules render`; change the files of the folder rules instead.\n"


def read_groups(folder: Path) -> list[Any]:
    """The groups of every rule file, in the order in which the configuration of Prometheus names the files."""
    names = _read(folder / CONFIG).get("rule_files")
    if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
        raise FairleadError(f"{folder / CONFIG}: rule_files: must be a list of files, got {names!r}")
    found: list[Any] = []
    for name in names:
        groups = _read(folder / name).get("groups")
        if not isinstance(groups, list) or not all(isinstance(group, dict) for group in groups):
            raise FairleadError(f"{folder / name}: groups: must be a list of groups, got {type(groups).__name__}")
        found += groups
    return found


def rule_file(groups: list[Any]) -> str:
    """One rule file of Prometheus."""
    return _written({"groups": groups})


def prometheus_rule(groups: list[Any], name: str, namespace: str | None, labels: Mapping[str, str]) -> str:
    """A PrometheusRule of the Prometheus operator."""
    metadata: dict[str, Any] = {"name": name}
    if namespace is not None:
        metadata["namespace"] = namespace
    if labels:
        metadata["labels"] = dict(labels)
    head = {"apiVersion": "monitoring.coreos.com/v1", "kind": "PrometheusRule", "metadata": metadata}
    return _written({**head, "spec": {"groups": groups}})


def _read(path: Path) -> dict[str, Any]:
    try:
        document = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, YAMLError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error).splitlines()[0]
        raise FairleadError(f"{path}: must be a readable YAML file, got {reason}") from error
    if not isinstance(document, dict):
        raise FairleadError(f"{path}: must be a mapping, got {type(document).__name__}")
    return document


def _written(document: dict[str, Any]) -> str:
    """The same data gives the same text, which readers of YAML 1.1 and 1.2 take for the same data."""
    yaml = YAML()
    yaml.width = 1_000_000
    out = io.StringIO()
    yaml.dump(_blocks(document), out)
    return HEADER + out.getvalue()


def _blocks(value: Any) -> Any:
    """Texts of several lines as blocks, so that expressions stay readable."""
    if isinstance(value, dict):
        return {key: _blocks(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_blocks(one) for one in value]
    return LiteralScalarString(value) if isinstance(value, str) and "\n" in value else value
