"""`fairlead simulate` on a store with known runs."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from fairlead.core.measurement import Measurement
from fairlead.store.database import open_database
from fairlead.store.runs import Runs
from tests.support.cli import Outcome, call
from tests.support.config_files import write
from tests.support.runs import run

SHIPPED = Path(__file__).parents[2] / "rules" / "thresholds.yml"
VALUES = (0.3, 0.05, 0.12, 0.05, 0.3, 0.3, 0.05, 0.2)
"""PSI on the 1st … 8th of March: CRITICAL before the period, then WARNING, CRITICAL for two days, WARNING."""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = write(tmp_path / "site")
    document = yaml.safe_load(path.read_text())
    path.write_text(yaml.safe_dump({**document, "thresholds": str(SHIPPED)}))
    database = open_database(str(path.parent / "fairlead.db"))
    runs = [
        replace(run(day), measurements=(Measurement("feature_psi", value, (("feature", "income"),), 0.02),))
        for day, value in enumerate(VALUES, 1)
    ]
    Runs(database).record([*runs, run(7, failure="broken", model="other")])
    database.close()
    return path


def proposed(path: Path, psi: float) -> Path:
    file = path.parent / "proposed.yml"
    rules = [
        {
            "record": "fairlead:threshold",
            "expr": f"vector({value})",
            "labels": {"metric": "feature_psi", "severity": of},
        }
        for of, value in (("warning", psi), ("critical", 2 * psi))
    ]
    file.write_text(yaml.safe_dump({"groups": [{"name": "thresholds", "rules": rules}]}))
    return file


def simulate(config: Path, file: Path, *arguments: str) -> Outcome:
    period = ("--since", "2026-03-01T12:00", "--until", "2026-03-15T12:00:00Z")
    return call("simulate", "--config.file", config, "--thresholds", file, *period, *arguments)


def test_alerts_per_week_under_both(config: Path) -> None:
    done = simulate(config, proposed(config, 0.15), "--format", "json")
    document = json.loads(done.out)
    assert (done.code, document["weeks"]) == (0, 2.0)
    counts = {(one["severity"], one["route"]): (one["current"], one["proposed"]) for one in document["alerts"]}
    critical, warning = ("critical", "slack-critical, on-call, ml-lead"), ("warning", "slack-warning")
    assert counts[critical][1] == 1
    assert counts[warning][1] == 1
    assert sum(week["proposed"] for week in document["by_week"]) == 2
    same = json.loads(simulate(config, SHIPPED, "--format", "json").out)
    assert all(one["current"] == one["proposed"] for one in same["alerts"])
    assert sum(one["current"] for one in same["alerts"] if one["severity"] == "critical") == 1
    (warnings,) = (one for one in same["alerts"] if one["severity"] == "warning")
    assert warnings["current_per_week"] == warnings["current"] / 2
    assert warnings["current"] == 4  # PSI on the 3rd and 8th, the score on the 5th and 8th


def test_the_table(config: Path) -> None:
    done = simulate(config, proposed(config, 0.15))
    assert done.code == 0
    for text in ("2.0 weeks", "credit", "CRITICAL", "slack-critical, on-call, ml-lead", "0.50", "all"):
        assert text in done.out


def test_mistakes(config: Path, tmp_path: Path) -> None:
    file = proposed(config, 0.15)
    assert simulate(config, tmp_path / "missing.yml").code == 4
    assert simulate(config, config).code == 4
    assert call("simulate", "--config.file", config, "--thresholds", file, "--since", "soon").code == 4
    assert call("simulate", "--config.file", config, "--thresholds", file, "--since", "0001-01-01").code == 4
    late = call("simulate", "--config.file", config, "--thresholds", file, "--until", "2020-01-01")
    assert (late.code, "must hold an analysis" in late.err) == (1, True)
    turned = call(
        "simulate", "--config.file", config, "--thresholds", file, "--since", "2026-03-02", "--until", "2026-03-01"
    )
    assert turned.code == 4
