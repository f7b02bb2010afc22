"""The whole path on real processes: log lines, analysis, scrape, rules, Alertmanager, and who is told what."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import yaml

from fairlead.demo import workspace
from fairlead.demo.processes import free_port
from fairlead.demo.servers import Servers, get_json, running
from fairlead.demo.sink import Sink
from fairlead.store.alerts import Alerts
from fairlead.store.database import open_database
from tests.support.credit_logs import Day, append, model_config

DRIFTED, UNFAIR, STEADY, STAGED = "drifted-inputs", "unfair-decisions", "steady", "staged-rehearsal"
MODELS = {DRIFTED: "production", UNFAIR: "production", STEADY: "production", STAGED: "staging"}
DAY = timedelta(days=1)
MIDNIGHT = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
YESTERDAY = MIDNIGHT - DAY

FIRING = {
    (DRIFTED, "feature_psi", "critical"),
    (DRIFTED, "feature_kl_divergence", "critical"),
    (DRIFTED, "feature_wasserstein_distance", "critical"),
    (DRIFTED, "drift_score", "critical"),
    (UNFAIR, "fairness_demographic_parity_drift", "critical"),
    (UNFAIR, "fairness_equal_opportunity_drift", "critical"),
    (UNFAIR, "fairness_disparate_impact_ratio", "critical"),
    (UNFAIR, "drift_score", "warning"),
}
"""What Alertmanager notifies; the staging model's alerts are there too, and its WARNINGs are silenced by CRITICAL."""

CRITICAL_TO_ALL = {"/slack/slack-critical", "/sms/on-call", "ml-oncall@example.com"}
TOLD = {
    DRIFTED: CRITICAL_TO_ALL | {"ml-lead@example.com"},
    UNFAIR: CRITICAL_TO_ALL
    | {"compliance-officer@example.com", "cto@example.com", "ceo@example.com"}
    | {"/sms/compliance-officer", "/slack/slack-warning"},
}


@dataclass(frozen=True)
class Rig:
    """Everything that runs, and its directory."""

    directory: Path
    sink: Sink
    servers: Servers

    def log(self, model: str) -> Path:
        """The prediction log of a model."""
        return self.directory / "logs" / f"{model}.csv"

    def disturb(self) -> None:
        """Append rows of yesterday to three logs, so many that its undisturbed ones no longer count."""
        append(self.log(DRIFTED), Day(YESTERDAY, rows=40_000, income_shift=1.0))
        append(self.log(UNFAIR), Day(YESTERDAY, rows=40_000, approved_women=0.31))
        append(self.log(STAGED), Day(YESTERDAY, rows=40_000, approved_women=0.31, income_shift=1.0))

    def repair(self) -> None:
        """Write yesterday's logs anew, as after a backfill."""
        for model in MODELS:
            self.log(model).unlink()
            append(self.log(model), Day(YESTERDAY))

    def alerts(self) -> list[dict[str, Any]]:
        """Alerts about models that Alertmanager holds."""
        held: list[dict[str, Any]] = get_json(f"{self.servers.alertmanager.url}/api/v2/alerts")
        return [alert for alert in held if "model" in alert["labels"]]

    def firing(self) -> set[tuple[str, str, str]]:
        """(model, metric, severity) of those that are neither staged nor silenced by a worse one."""
        labels = [alert["labels"] for alert in self.alerts() if not alert["status"]["inhibitedBy"]]
        return {(one["model"], one["metric"], one["severity"]) for one in labels if one["environment"] == "production"}

    def told(self) -> dict[str, set[str]]:
        """Per model, the paths that were called and the addresses that got a mail about it."""
        calls = [(request.path, json.dumps(request.json)) for request in self.sink.requests]
        mails = [(address, mail.subject + mail.text) for mail in self.sink.mails for address in mail.recipients]
        found: dict[str, set[str]] = {}
        for where, text in calls + mails:
            for model in MODELS:
                if model in text:
                    found.setdefault(model, set()).add(where)
        return found

    def query(self, expression: str) -> list[dict[str, Any]]:
        """An instant query."""
        answer = get_json(f"{self.servers.prometheus.url}/api/v1/query?{urlencode({'query': expression})}")
        result: list[dict[str, Any]] = answer["data"]["result"]
        return result

    def received_by_fairlead(self) -> set[tuple[str, str]]:
        """(model, metric) of the alerts that came back to fairlead's webhook."""
        database = open_database(str(self.directory / "fairlead.db"))
        try:
            labels = [alert["labels"] for alert in Alerts(database).list() if alert["status"] == "firing"]
            return {(one["model"], one["metric"]) for one in labels if "model" in one}
        finally:
            database.close()


def fairlead(directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "fairlead", *arguments]
    return subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False)


def analyze_yesterday(rig: Rig) -> int:
    done = fairlead(rig.directory, "analyze", "--as-of", MIDNIGHT.isoformat())
    assert done.stdout, done.stderr
    return done.returncode


def eventually(expected: Any, seen: Callable[[], Any], timeout: float = 60) -> None:
    """Wait for a value; on failure show the last one."""
    deadline = time.monotonic() + timeout
    while seen() != expected and time.monotonic() < deadline:
        time.sleep(0.5)
    assert seen() == expected


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    directory = tmp_path_factory.mktemp("e2e")
    tree = workspace.SourceTree.find()
    workspace.copy_rules(tree.rules, directory)
    models = [model_config(name, f"logs/{name}.csv", environment) for name, environment in MODELS.items()]
    config: dict[str, Any] = {"store": "fairlead.db", "thresholds": "rules/thresholds.yml", "models": models}
    config["access"] = workspace.access(directory)
    (directory / "fairlead.yml").write_text(yaml.safe_dump(config))
    append(directory / "validation.csv", Day(MIDNIGHT - 30 * DAY, rows=8_000, seed=1))
    for name in MODELS:
        made = fairlead(directory, "baseline", "create", "--model", name, "--from", "validation.csv")
        assert made.returncode == 0, made.stderr
    ports = {name: free_port() for name in ("fairlead", "prometheus", "alertmanager")}
    with Sink() as sink:
        quiet = Rig(directory, sink, None)  # type: ignore[arg-type]  # the servers start after the first rows
        for model in MODELS:
            append(quiet.log(model), Day(YESTERDAY - DAY), Day(YESTERDAY, rows=200))
        with running(directory, tree, sink, ports) as servers:
            yield Rig(directory, sink, servers)


def test_undisturbed_days_tell_nobody(rig: Rig) -> None:
    assert analyze_yesterday(rig) == 0
    eventually(len(MODELS), lambda: len(rig.query('fairlead_window_samples{family="data"}')))
    time.sleep(20)  # several evaluations, and more than the demo's `for`
    assert rig.alerts() == []
    assert rig.told() == {}


def test_disturbed_rows_reach_exactly_who_must_know(rig: Rig) -> None:
    rig.disturb()
    assert analyze_yesterday(rig) == 2
    eventually(FIRING, rig.firing, timeout=90)
    eventually(TOLD, rig.told)
    time.sleep(5)
    assert rig.told() == TOLD
    assert rig.received_by_fairlead() >= {(model, metric) for model, metric, _ in FIRING}
    assert {alert["labels"]["model"] for alert in rig.alerts()} == {DRIFTED, UNFAIR, STAGED}


def test_fairness_message_says_what_it_is_about(rig: Rig) -> None:
    mail = next(mail for mail in rig.sink.mails if mail.recipients == ("compliance-officer@example.com",))
    assert UNFAIR in mail.subject
    assert "CRITICAL" in mail.subject
    assert "0.43" in mail.text  # the disparate impact ratio 0.31 / 0.72
    assert "80" in mail.text
    assert "sex" in mail.text


def test_breach_ends_when_the_data_is_repaired(rig: Rig) -> None:
    assert rig.query(f'fairlead:measurement:breach{{model="{DRIFTED}"}}')
    rig.repair()
    assert analyze_yesterday(rig) == 0
    eventually([], lambda: rig.query("fairlead:measurement:breach"))


def test_prometheus_sees_no_rule_fail(rig: Rig) -> None:
    groups = get_json(f"{rig.servers.prometheus.url}/api/v1/rules")["data"]["groups"]
    errors = {rule["name"]: rule["lastError"] for group in groups for rule in group["rules"] if rule.get("lastError")}
    assert errors == {}
