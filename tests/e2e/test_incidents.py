"""Incidents on real processes: fairlead that is killed under webhooks, with a Prometheus and an Alertmanager."""

import os
import random
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from fairlead.core.access import Role
from fairlead.core.alert import fingerprint
from fairlead.demo import processes
from fairlead.demo.processes import Server, free_port
from fairlead.store.database import open_database
from fairlead.store.tokens import Tokens
from tests.support.config_files import write
from tests.support.metrics import series

ROUNDS = int(os.environ.get("FAIRLEAD_KILLS", "6"))
"""Kills of the server; more by the environment."""
THRESHOLDS = Path(__file__).parents[2] / "rules" / "thresholds.yml"
PATH, WEBHOOK = "/api/v1/incidents", "/api/v1/alerts/webhook"


@dataclass
class Site:
    """A served folder, and a client with a token of an administrator."""

    folder: Path
    server: Server
    client: httpx.Client
    secret: str

    def incidents(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.client.get(PATH, params={"limit": 1000}).raise_for_status().json()["items"]
        return found


@contextmanager
def served(folder: Path, **more: Any) -> Iterator[Site]:
    config = write(folder)
    document = yaml.safe_load(config.read_text())
    config.write_text(yaml.safe_dump({**document, "thresholds": str(THRESHOLDS), **more}))
    database = open_database(str(config.parent / "fairlead.db"))
    secret = Tokens(database).create("ana", Role.ADMIN, created_by="tests", now=datetime.now(UTC))
    database.close()
    (folder / "token").write_text(secret)
    address = f"127.0.0.1:{free_port()}"
    command = [sys.executable, "-m", "fairlead", "serve", "--config.file", str(config), "--web.listen-address", address]
    server = Server(command, f"http://{address}", folder / "serve.log")
    headers = {"Authorization": f"Bearer {secret}"}
    with server, httpx.Client(base_url=server.url, headers=headers, timeout=30) as client:
        yield Site(folder, server.wait_ready(60), client, secret)


def wait_for(what: Callable[[], bool], timeout: float = 90) -> None:
    deadline = time.monotonic() + timeout
    while not what():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.5)


def message(number: int) -> dict[str, Any]:
    labels = {"alertname": "A", "severity": "critical", "family": "data", "model": f"m{number % 7}", "n": str(number)}
    starts_at = (datetime.now(UTC) - timedelta(minutes=number % 50)).isoformat()
    alert = {"status": "firing", "labels": labels, "startsAt": starts_at, "fingerprint": fingerprint(labels)}
    return {"version": "4", "receiver": "fairlead", "alerts": [alert]}


def deliver(site: Site, chance: random.Random, kept: set[str], stop: threading.Event) -> None:
    """As Alertmanager: each message until it is answered, and many of them again."""
    with httpx.Client(headers={"Authorization": f"Bearer {site.secret}"}, timeout=5) as client:
        while not stop.is_set():
            content = message(chance.randrange(400))
            try:
                answer = client.post(f"{site.server.url}{WEBHOOK}", json=content)
            except httpx.HTTPError:
                time.sleep(0.05)
                continue
            assert answer.status_code in {200, 503}
            if answer.status_code == 200:
                kept.add(content["alerts"][0]["fingerprint"])


def test_no_acknowledged_webhook_is_lost_and_none_doubled_by_kills(tmp_path: Path) -> None:
    chance = random.Random(4)  # noqa: S311 - only instants
    kept: set[str] = set()
    with served(tmp_path / "site") as site:
        stop = threading.Event()
        threads = [
            threading.Thread(target=deliver, args=(site, random.Random(number), kept, stop))  # noqa: S311
            for number in range(4)
        ]
        for thread in threads:
            thread.start()
        try:
            for number in range(ROUNDS):
                deadline = time.monotonic() + 60
                while len(kept) < 4 * (number + 1) and time.monotonic() < deadline:
                    time.sleep(0.01)
                time.sleep(chance.uniform(0, 0.8))
                site.server.kill()
                site.server.start().wait_ready(60)
        finally:
            stop.set()
            for thread in threads:
                thread.join()
        found = site.incidents()
        attached = {
            alert["fingerprint"]
            for one in found
            for alert in site.client.get(f"{PATH}/{one['incident']}").json()["alerts"]
        }
    assert len(kept) > 20
    assert kept <= attached
    pairs = [(one["model"], one["family"]) for one in found]
    assert len(pairs) == len(set(pairs))
    assert "Traceback" not in site.server.log.read_text()


def test_each_state_survives_a_kill(tmp_path: Path) -> None:
    closing = {"resolution": "x", "root_cause": "other", "category": "data_fixed"}
    moves = [("acknowledge", {}), ("resolve", closing), ("reopen", {"reason": "again"})]
    with served(tmp_path / "site") as site:
        site.client.post(WEBHOOK, json=message(1)).raise_for_status()
        for move, body in [*moves, ("", None)]:
            before = site.client.get(f"{PATH}/INC-1").json()
            site.server.kill()
            site.server.start().wait_ready(60)
            assert site.client.get(f"{PATH}/INC-1").json() == before
            page = httpx.get(f"{site.server.url}/metrics").text
            assert len(series(page, "fairlead_incident_info")) == (before["resolved_at"] is None)
            assert list(series(page, "fairlead_incidents_total", family="data").values()) == [1.0]
            if move:
                site.client.post(f"{PATH}/INC-1/{move}", json=body).raise_for_status()


RULES = """
groups:
- name: canary
  interval: 1s
  rules:
  - alert: Canary
    expr: min(fairlead_incidents_total{family="quality"}) + SWITCH > 0
    labels: {severity: critical, family: quality, metric: canary, model: credit}
    annotations: {summary: the canary sings}
"""


@dataclass
class Chain:
    """fairlead with a Prometheus and an Alertmanager of its own."""

    site: Site
    prometheus: Server
    alertmanager: Server

    def sing(self, on: bool) -> None:
        """Whether the canary alert fires."""
        (self.site.folder / "canary.yml").write_text(RULES.replace("SWITCH", "1" if on else "0 * 0 - 1"))
        if self.prometheus.running:
            httpx.post(f"{self.prometheus.url}/-/reload").raise_for_status()

    def fires(self) -> bool:
        alerts = httpx.get(f"{self.prometheus.url}/api/v1/alerts").json()["data"]["alerts"]
        return any(one["state"] == "firing" for one in alerts)


@pytest.fixture
def chain(tmp_path: Path) -> Iterator[Chain]:
    ports = [free_port(), free_port()]
    addresses = [f"127.0.0.1:{port}" for port in ports]
    alerting = {
        "prometheus": {"url": f"http://{addresses[0]}"},
        "alertmanagers": [{"url": f"http://{addresses[1]}"}],
    }
    with served(tmp_path / "site", alerting=alerting) as site:
        folder = site.folder
        prometheus = {
            "global": {"scrape_interval": "1s", "evaluation_interval": "1s", "external_labels": {"cluster": "eu"}},
            "rule_files": ["canary.yml"],
            "scrape_configs": [
                {"job_name": "fairlead", "static_configs": [{"targets": [site.server.url.removeprefix("http://")]}]}
            ],
            "alerting": {"alertmanagers": [{"static_configs": [{"targets": [addresses[1]]}]}]},
        }
        (folder / "prometheus.yml").write_text(yaml.safe_dump(prometheus))
        webhook = {
            "url": f"{site.server.url}{WEBHOOK}",
            "send_resolved": True,
            "http_config": {"authorization": {"credentials_file": str(folder / "token")}},
        }
        wait = {"group_wait": "0s", "group_interval": "1s", "repeat_interval": "1h"}
        alertmanager = {
            "route": {"receiver": "fairlead", "group_by": ["alertname"], **wait},
            "receivers": [{"name": "fairlead", "webhook_configs": [webhook]}],
        }
        (folder / "alertmanager.yml").write_text(yaml.safe_dump(alertmanager))
        made = Chain(
            site,
            processes.prometheus(folder, folder / "prometheus.yml", ports[0]),
            processes.alertmanager(folder, folder / "alertmanager.yml", ports[1]),
        )
        made.sing(False)
        with made.prometheus, made.alertmanager:
            made.prometheus.wait_ready()
            made.alertmanager.wait_ready()
            yield made


def test_from_critical_to_acknowledged_and_a_resolve_that_closes_nothing(chain: Chain) -> None:
    chain.sing(True)
    wait_for(lambda: len(chain.site.incidents()) == 1)
    (opened,) = chain.site.incidents()
    assert (opened["model"], opened["family"], opened["title"]) == ("credit", "quality", "the canary sings")
    whole = chain.site.client.get(f"{PATH}/INC-1").json()
    (held,) = httpx.get(f"{chain.alertmanager.url}/api/v2/alerts").json()
    (attached,) = whole["alerts"]
    assert attached["fingerprint"] == held["fingerprint"] == fingerprint(held["labels"])
    chain.site.client.post(f"{PATH}/INC-1/acknowledge").raise_for_status()
    name = "fairlead_incident_acknowledged_timestamp_seconds"
    query = {"query": f'{name}{{incident="INC-1"}}'}
    wait_for(lambda: bool(httpx.get(f"{chain.prometheus.url}/api/v1/query", params=query).json()["data"]["result"]))
    chain.sing(False)
    wait_for(lambda: chain.site.incidents()[0]["recovered_at"] is not None)
    assert chain.site.incidents()[0]["status"] == "acknowledged"


def test_what_fires_while_alertmanager_is_down_is_found(chain: Chain) -> None:
    chain.alertmanager.kill()
    chain.sing(True)
    wait_for(chain.fires)
    wait_for(lambda: len(chain.site.incidents()) == 1, timeout=150)
    whole = chain.site.client.get(f"{PATH}/INC-1").json()
    assert [event["actor"] for event in whole["timeline"]] == ["reconciliation"]
    chain.alertmanager.start().wait_ready()
    wait_for(lambda: "cluster" in str(chain.site.client.get(f"{PATH}/INC-1").json()["alerts"]))
    assert len(chain.site.incidents()) == 1, "the webhook that comes later joins it"
    page = httpx.get(f"{chain.site.server.url}/metrics").text
    assert list(series(page, "fairlead_reconciliation_incidents_total").values()) == [1.0]
