"""Accepted risks and maintenance on real processes: who is told, who is not, and what survives a kill."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from fairlead.core.access import Role
from fairlead.demo import processes
from fairlead.demo.processes import Server, free_port
from fairlead.demo.sink import Sink
from fairlead.store.database import open_database
from fairlead.store.tokens import Tokens
from tests.e2e.test_incidents import Site, served, wait_for
from tests.support.alertmanager import Alert, post
from tests.support.metrics import series

EXCEPTIONS, MAINTENANCE = "/api/v1/monitoring/exceptions", "/api/v1/monitoring/maintenance"
WITHIN = 120.0
"""Seconds within which fairlead restores and reports."""
PSI = {"metric": "feature_psi", "family": "data"}
GAP = {"metric": "fairness_accuracy_gap_increase", "family": "fairness"}


@dataclass
class Chain:
    """fairlead, an Alertmanager that it looks at, and everything that this one sends."""

    site: Site
    alertmanager: Server
    sink: Sink
    officer: httpx.Client

    def fire(self, about: dict[str, str], severity: str, alertname: str = "ModelFeatureDrift") -> None:
        labels = {"alertname": alertname, "model": "credit", "severity": severity, **about}
        post(self.alertmanager.url, [Alert(labels)])

    def told(self) -> set[tuple[str, str]]:
        """Metrics and severities that anybody heard of as firing."""
        return {
            (alert["labels"]["metric"], alert["labels"]["severity"])
            for request in self.sink.requests_to("/hook")
            for alert in request.json["alerts"]
            if alert["status"] == "firing"
        }

    def silences(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = httpx.get(f"{self.alertmanager.url}/api/v2/silences").json()
        return [one for one in found if one["status"]["state"] == "active"]

    def gauge(self, name: str) -> dict[frozenset[tuple[str, str]], float]:
        return series(httpx.get(f"{self.site.server.url}/metrics").text, name)


@pytest.fixture
def chain(tmp_path: Path) -> Iterator[Chain]:
    port = free_port()
    alerting = {
        "prometheus": {"url": f"http://127.0.0.1:{free_port()}"},
        "alertmanagers": [{"url": f"http://127.0.0.1:{port}"}],
    }
    with Sink() as sink, served(tmp_path / "site", alerting=alerting) as site:
        database = open_database(str(site.folder / "fairlead.db"))
        secret = Tokens(database).create("coco", Role.COMPLIANCE_OFFICER, created_by="tests", now=datetime.now(UTC))
        database.close()
        wait = {"group_wait": "0s", "group_interval": "1s", "repeat_interval": "1h"}
        config = {
            "route": {"receiver": "hook", "group_by": ["alertname", "metric", "severity"], **wait},
            "receivers": [{"name": "hook", "webhook_configs": [{"url": f"{sink.http_url}/hook"}]}],
        }
        (site.folder / "alertmanager.yml").write_text(yaml.safe_dump(config))
        server = processes.alertmanager(site.folder, site.folder / "alertmanager.yml", port)
        headers = {"Authorization": f"Bearer {secret}"}
        with server, httpx.Client(base_url=site.server.url, headers=headers, timeout=30) as officer:
            yield Chain(site, server.wait_ready(), sink, officer)


def seconds(what: Callable[[], bool], timeout: float = WITHIN) -> float:
    """How long it took to come true."""
    begin = time.monotonic()
    wait_for(what, timeout)
    return time.monotonic() - begin


def test_from_approval_to_the_alert_that_is_told_again(chain: Chain) -> None:
    client, until = chain.site.client, (datetime.now(UTC) + timedelta(days=20)).isoformat()
    about = {"model": "credit", "metric": GAP["metric"], "rationale": "season", "until": until}
    assert client.post(EXCEPTIONS, json=about).json()["exception"] == "EXC-1"
    assert client.post(f"{EXCEPTIONS}/EXC-1/approve").status_code == 403, "an administrator is no compliance officer"
    assert chain.officer.post(f"{EXCEPTIONS}/EXC-1/approve").json()["status"] == "approved"
    window = {"models": ["credit"], "ends_at": until, "reason": "upgrade"}
    assert client.post(MAINTENANCE, json=window).is_success
    seconds(lambda: len(chain.silences()) == 2)
    wait_for(lambda: bool(chain.gauge("fairlead_exception_expires_timestamp_seconds")), 10)
    (ends_at,) = chain.gauge("fairlead_exception_expires_timestamp_seconds").values()
    assert abs(ends_at - datetime.fromisoformat(until).timestamp()) < 0.001

    for severity in ("warning", "critical"):
        chain.fire(GAP, severity, "ModelFairnessDrift")
        chain.fire(PSI, severity)
    wait_for(lambda: ("feature_psi", "critical") in chain.told(), 30)
    time.sleep(3)
    assert chain.told() == {("feature_psi", "critical")}, "maintenance silences no CRITICAL, an exception its metric"

    # one that ends by itself is told by itself
    soon = (datetime.now(UTC) + timedelta(seconds=12)).isoformat()
    body = {"model": "credit", "metric": "feature_kl_divergence", "rationale": "for a moment", "until": soon}
    assert chain.officer.post(EXCEPTIONS, json=body).json()["exception"] == "EXC-2"
    assert client.post(f"{EXCEPTIONS}/EXC-2/approve").is_success
    wait_for(lambda: len(chain.silences()) == 3, 10)
    chain.fire({**PSI, "metric": "feature_kl_divergence"}, "critical")
    time.sleep(3)
    assert ("feature_kl_divergence", "critical") not in chain.told()
    wait_for(lambda: ("feature_kl_divergence", "critical") in chain.told(), 30)
    assert client.get(EXCEPTIONS, params={"status": "expired"}).json()["items"][0]["exception"] == "EXC-2"

    # silences that are seconds old are lost, and a stranger's is there instead
    chain.alertmanager.kill()
    chain.alertmanager.start().wait_ready()
    assert chain.silences() == []
    matchers = [{"name": "model", "value": "credit", "isRegex": False, "isEqual": True}]
    stranger = {"startsAt": datetime.now(UTC).isoformat(), "endsAt": until, "createdBy": "bob", "comment": "quiet"}
    httpx.post(f"{chain.alertmanager.url}/api/v2/silences", json={"matchers": matchers, **stranger}).raise_for_status()
    assert seconds(lambda: len(chain.silences()) == 3) < WITHIN
    wait_for(lambda: sum(chain.gauge("fairlead_silences_foreign").values()) == 2, 10)
    assert "silence that no exception asks for" in chain.site.server.log.read_text()
    for one in chain.silences():
        if one["createdBy"] == "bob":
            httpx.delete(f"{chain.alertmanager.url}/api/v2/silence/{one['id']}").raise_for_status()

    for severity in ("warning", "critical"):  # Alertmanager has forgotten them too
        chain.fire(GAP, severity, "ModelFairnessDrift")
    time.sleep(3)
    assert ("fairness_accuracy_gap_increase", "critical") not in chain.told()
    assert client.post(f"{EXCEPTIONS}/EXC-1/revoke", json={"reason": "mended, they say"}).is_success
    assert seconds(lambda: ("fairness_accuracy_gap_increase", "critical") in chain.told()) < WITHIN
    assert client.post(f"{MAINTENANCE}/MNT-1/end").is_success
    wait_for(lambda: ("fairness_accuracy_gap_increase", "warning") in chain.told(), WITHIN)
    wait_for(lambda: not chain.gauge("fairlead_exception_expires_timestamp_seconds"), 10)
    actions = [one["action"] for one in client.get("/api/v1/audit").json()["items"]]
    assert {"exception.request", "exception.approve", "exception.revoke", "maintenance.plan"} <= set(actions)
    assert "Traceback" not in chain.site.server.log.read_text()
