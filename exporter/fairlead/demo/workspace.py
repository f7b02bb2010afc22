"""The demo's directory, and what it writes there before anything runs: logs, baseline, `fairlead.yml`, rules."""

import re
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

import fairlead
from fairlead.config.document import read
from fairlead.demo.credit import ATTRIBUTION_PREFIX, PREDICTION, SCORE
from fairlead.demo.data import APPROVED, DENIED, FEATURES, RACE, RECORDED, SEX
from fairlead.demo.scenario import TIMESTAMP
from fairlead.errors import FairleadError

DRIFTING, CONTROL = "mortgage-approval", "mortgage-control"
ATTRIBUTES = {DRIFTING: (RACE, SEX), CONTROL: (SEX,)}
MARKER = ".fairlead-demo"
SHORT_INTERVAL, SHORT_FOR, SCRAPE_INTERVAL = "5s", "10s", "2s"


class DemoError(FairleadError):
    """The demo cannot start, or one of its parts ended."""


@dataclass(frozen=True, slots=True)
class SourceTree:
    """The folders of the project that the demo runs as they are shipped."""

    rules: Path
    alertmanager: Path

    @classmethod
    def find(cls) -> "SourceTree":
        """Beside the imported package; a package installed without the tree has no rules to run."""
        root = Path(fairlead.__file__).resolve().parents[2]
        tree = cls(root / "rules", root / "alertmanager")
        for needed in (tree.rules / "thresholds.yml", tree.alertmanager / "alertmanager.yml"):
            if not needed.is_file():
                raise DemoError(f"{needed}: not found; run the demo from a checkout of the project (make demo)")
        return tree


def prepare(directory: Path) -> None:
    """Make the directory and its marker; what an earlier demo left is removed, anything else is not touched."""
    marker = directory / MARKER
    if directory.exists():
        if not marker.is_file() and (not directory.is_dir() or any(directory.iterdir())):
            raise DemoError(f"{directory}: must be a new or empty directory, or one that the demo made")
        shutil.rmtree(directory)
    directory.mkdir(parents=True)
    marker.write_text("made by python -m fairlead.demo, which removes this directory when it starts again\n")


def logs(directory: Path, model: str) -> Path:
    """The folder with one Parquet file of predictions per day."""
    return directory / "logs" / model


def webhook_token(directory: Path) -> Path:
    """The file with the secret that Alertmanager shows and fairlead asks for; made at random when it is missing."""
    path = directory / "secrets" / "fairlead_webhook_token"
    if not path.exists():
        path.parent.mkdir(mode=0o700, exist_ok=True)
        path.write_text(secrets.token_urlsafe(32))
    return path


def access(directory: Path) -> dict[str, Any]:
    """The section `access`: Alertmanager may deliver."""
    return {"tokens": [{"name": "alertmanager", "role": "alertmanager", "file": str(webhook_token(directory))}]}


def oncall() -> Any:
    """The section `oncall`: the people of the example, of whom the shipped address book is made."""
    return read(Path(fairlead.__file__).resolve().parents[1] / "fairlead.example.yml").data["oncall"]


def write_alerting(directory: Path, prometheus: str, alertmanager: str) -> None:
    """Add the section `alerting`: where Prometheus and Alertmanager answer, so that a missed webhook loses nothing."""
    path = directory / "fairlead.yml"
    yaml = YAML()
    config = yaml.load(path.read_text())
    config["alerting"] = {"prometheus": {"url": prometheus}, "alertmanagers": [{"url": alertmanager}]}
    with path.open("w") as file:
        yaml.dump(config, file)


def write_config(directory: Path) -> Path:
    """Write `fairlead.yml`: two deployments of the same credit model."""
    path = directory / "fairlead.yml"
    models = [_model(name) for name in ATTRIBUTES]
    with path.open("w") as file:
        keys = {"store": "fairlead.db", "thresholds": "rules/thresholds.yml", "models": models}
        YAML().dump(keys | {"access": access(directory), "oncall": oncall()}, file)
    return path


def _model(name: str) -> dict[str, Any]:
    columns = {
        "timestamp": TIMESTAMP,
        "prediction": PREDICTION,
        "favourable": APPROVED,
        "positive": DENIED,
        "score": SCORE,
        "label": RECORDED,
        "attributions_prefix": ATTRIBUTION_PREFIX,
    }
    features: dict[str, Any] = {}
    for feature in FEATURES:
        features[feature.name] = {"type": feature.kind}
        if feature.low is not None:
            features[feature.name]["range"] = [feature.low, feature.high]
        if feature.required:
            features[feature.name]["required"] = True
    return {
        "name": name,
        "version": "1",
        "risk": "high",
        "team": "lending",
        "environment": "production",
        "source": {"path": f"logs/{name}/*.parquet", "format": "parquet"},
        "columns": columns,
        "features": features,
        "protected_attributes": {attribute: {"column": attribute} for attribute in ATTRIBUTES[name]},
    }


def copy_rules(shipped: Path, directory: Path) -> Path:
    """Copy the shipped rules, evaluated more often and with a shorter `for`; thresholds stay as they are.

    Only intervals of one and five minutes and waits of one minute change; longer waits keep their length.
    """
    folder = directory / "rules"
    shutil.copytree(shipped, folder)
    for rule_file in folder.glob("*.yml"):
        text = re.sub(r"\binterval: [15]m\b", f"interval: {SHORT_INTERVAL}", rule_file.read_text())
        rule_file.write_text(re.sub(r"\bfor: 1m\b", f"for: {SHORT_FOR}", text))
    return folder
