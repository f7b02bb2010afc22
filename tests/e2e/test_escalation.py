"""Who is told of what, when, and who is not: every row of the policy, with the shipped rules and routes in seconds."""

import json
import re
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from fairlead.demo import processes, workspace
from fairlead.demo.alertmanager_config import Webhook, render
from fairlead.demo.processes import free_port
from fairlead.demo.sink import Sink
from tests.e2e.test_incidents import PATH, Site, served, wait_for
from tests.support.alertmanager import CONFIG
from tests.support.serving import exposing

RULES = Path(__file__).parents[2] / "rules"
USED = ("thresholds", "recording", "drift", "fairness", "performance", "incidents")
QUARTER, HOUR, FOUR_HOURS = 20, 40, 60
"""Seconds that stand for 15 minutes, an hour and four hours."""
SHORTER = (
    (r"\binterval: \w+", "interval: 1s"),
    (r"\bfor: 1m\b", "for: 1s"),
    (r"\bkeep_firing_for: \w+", "keep_firing_for: 5s"),
    (r"> 15 \* 60\b", f"> {QUARTER}"),
    (r"> 60 \* 60\b", f"> {HOUR}"),
    (r"> 4 \* 60 \* 60\b", f"> {FOUR_HOURS}"),
)
WARNED, DRIFTED, WRONG, UNFAIR = "warned-model", "drifted-model", "wrong-model", "unfair-model"
TAKEN = "credit"
"""A model with a WARNING that somebody opens an incident for."""
MODELS = (WARNED, TAKEN, DRIFTED, WRONG, UNFAIR)
MEASURED = f"""\
fairlead_feature_psi{{model="{WARNED}",feature="income"}} 0.12
fairlead_feature_psi{{model="{TAKEN}",feature="income"}} 0.12
fairlead_feature_psi{{model="{DRIFTED}",feature="income"}} 0.28
fairlead_performance_accuracy_drop{{model="{WRONG}"}} 0.15
fairlead_fairness_demographic_parity_drift{{model="{UNFAIR}",attribute="sex"}} 0.12
"""
ML_LEAD, CTO, CEO = (f"{name}@example.com" for name in ("ml-lead", "cto", "ceo"))


@dataclass
class Rig:
    """All that runs, and the addresses of who is on call."""

    site: Site
    sink: Sink
    oncall: dict[str, dict[str, Any]]

    def told(self, model: str) -> dict[str, float]:
        """Where a message about the model arrived, and when first; Slack's channel for WARNINGs is for all to read."""
        calls = [(request.path, json.dumps(request.json), request.received) for request in self.sink.requests]
        mails = [(to, mail.subject + mail.text, mail.received) for mail in self.sink.mails for to in mail.recipients]
        found: dict[str, float] = {}
        for where, text, at in calls + mails:
            if model in text and where != "/slack/slack-warning":
                found[where] = min(at, found.get(where, at))
        return found

    def mail(self, rotation: str) -> str:
        return str(self.oncall[rotation]["email"])

    @property
    def critical(self) -> set[str]:
        """Who is told of every CRITICAL at once."""
        return {"/slack/slack-critical", "/sms/on-call", self.mail("primary")}

    @property
    def secondary(self) -> set[str]:
        return {"/sms/secondary", self.mail("secondary")}


def prometheus_config(folder: Path, targets: list[str], alertmanager: str) -> Path:
    for name in USED:
        text = (RULES / f"{name}.yml").read_text()
        for old, new in SHORTER:
            text = re.sub(old, new, text)
        (folder / f"{name}.yml").write_text(text)
    config = {
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": [f"{name}.yml" for name in USED],
        "scrape_configs": [{"job_name": "fairlead", "static_configs": [{"targets": targets}]}],
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": [alertmanager]}]}]},
    }
    path = folder / "prometheus.yml"
    path.write_text(yaml.safe_dump(config))
    return path


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    folder = tmp_path_factory.mktemp("escalation")
    ports = [free_port(), free_port()]
    urls = [f"http://127.0.0.1:{port}" for port in ports]
    alerting = {"prometheus": {"url": urls[0]}, "alertmanagers": [{"url": urls[1]}]}
    with (
        Sink() as sink,
        exposing(lambda: MEASURED) as measured,
        served(folder / "site", alerting=alerting, oncall=workspace.oncall()) as site,
    ):
        webhook = Webhook(site.server.url, site.folder / "token")
        routes = render(CONFIG, folder / "am", sink.http_url, sink.smtp_host_port, webhook, fast=True)
        (folder / "rules").mkdir()
        targets = [measured, site.server.url.removeprefix("http://")]
        config = prometheus_config(folder / "rules", targets, urls[1].removeprefix("http://"))
        with processes.alertmanager(folder, routes, ports[1]) as alertmanager:
            alertmanager.wait_ready()
            with processes.prometheus(folder, config, ports[0]) as prometheus:
                prometheus.wait_ready()
                people = site.client.get("/api/v1/oncall").raise_for_status().json()["items"]
                yield play(Rig(site, sink, {one["rotation"]: one for one in people}))
    shutil.rmtree(folder)


def play(rig: Rig) -> Rig:
    """Somebody takes one WARNING and answers one CRITICAL; nobody does anything about the others."""
    client = rig.site.client
    taken = {"model": TAKEN, "family": "data", "severity": "warning", "title": "incomes look odd"}
    made = client.post(PATH, json=taken).raise_for_status().json()["incident"]
    client.post(f"{PATH}/{made}/acknowledge").raise_for_status()
    wait_for(lambda: any(one["model"] == WRONG for one in rig.site.incidents()))
    (wrong,) = (one["incident"] for one in rig.site.incidents() if one["model"] == WRONG)
    wait_for(lambda: rig.critical <= set(rig.told(WRONG)))
    client.post(f"{PATH}/{wrong}/acknowledge").raise_for_status()
    closing = {"resolution": "rolled back", "root_cause": "model_issue", "category": "rolled_back"}
    client.post(f"{PATH}/{wrong}/resolve", json=closing).raise_for_status()
    wait_for(lambda: CEO in rig.told(DRIFTED) and ML_LEAD in rig.told(WARNED), timeout=FOUR_HOURS + 60)
    wait_for(lambda: rig.secondary <= set(rig.told(UNFAIR)))
    time.sleep(6)  # and whoever must not be told has had the time
    return rig


def test_warning_names_the_engineer_on_call_and_goes_to_the_ml_lead_after_an_hour(rig: Rig) -> None:
    first = next(one for one in rig.sink.requests_to("/slack/slack-warning") if WARNED in json.dumps(one.json))
    text = first.json["attachments"][0]["text"]
    assert f"ML engineer on call: {rig.oncall['primary']['name']}." in text
    told = rig.told(WARNED)
    assert set(told) == {ML_LEAD}
    assert told[ML_LEAD] - first.received > HOUR - 5


def test_warning_that_somebody_took_goes_no_further(rig: Rig) -> None:
    assert any(TAKEN in json.dumps(one.json) for one in rig.sink.requests_to("/slack/slack-warning"))
    assert rig.told(TAKEN) == {}


def test_critical_that_nobody_answers_goes_from_rung_to_rung(rig: Rig) -> None:
    told = rig.told(DRIFTED)
    assert set(told) == rig.critical | rig.secondary | {ML_LEAD, CTO, CEO}
    start = min(told.values())
    assert all(told[where] - start < QUARTER - 5 for where in {*rig.critical, ML_LEAD})
    for wanted, seconds in ((rig.secondary, QUARTER), ({CTO}, HOUR), ({CEO}, FOUR_HOURS)):
        for where in wanted:
            assert seconds - 5 < told[where] - start < seconds + 15, where


def test_critical_that_is_answered_goes_no_further(rig: Rig) -> None:
    assert set(rig.told(WRONG)) == rig.critical | {ML_LEAD}
    (found,) = (one for one in rig.site.incidents() if one["model"] == WRONG)
    assert (found["status"], found["acknowledged_by"]) == ("resolved", "ana")


def test_critical_fairness_goes_to_compliance_cto_and_ceo_at_once(rig: Rig) -> None:
    told = rig.told(UNFAIR)
    at_once = rig.critical | {"/sms/compliance-officer", rig.mail("compliance_officer"), CTO, CEO}
    assert set(told) == at_once | rig.secondary, "not the ML lead"
    start = min(told.values())
    assert all(told[where] - start < QUARTER - 5 for where in at_once)
    assert all(told[where] - start > QUARTER - 5 for where in rig.secondary)


def test_messages_name_people_and_never_their_addresses(rig: Rig) -> None:
    name = rig.oncall["primary"]["name"]
    delivered = [json.dumps(one.json) for one in rig.sink.requests_to("/sms/on-call")]
    assert delivered
    assert all(f'"oncall_primary": "{name}"' in text and "@example.com" not in text for text in delivered)
    labels = httpx.get(f"{rig.site.server.url}/metrics").text
    assert labels.count("fairlead_oncall_info{") == 3


def test_each_is_told_once_by_each_rung(rig: Rig) -> None:
    for address in (CTO, CEO, rig.mail("secondary")):
        mails = [mail for mail in rig.sink.mails if address in mail.recipients and DRIFTED in mail.text]
        assert len(mails) == 1, address
