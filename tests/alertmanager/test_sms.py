"""SMS by Amazon SNS: the alternative receivers, valid and sent through a running Alertmanager."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from fairlead.demo.alertmanager_config import load, render, write
from fairlead.demo.processes import alertmanager
from fairlead.demo.sink import Sink
from tests.support.alertmanager import CONFIG, FOLDER, Alert, Running, amtool, failed_notifications

GSM = re.compile(r"[A-Za-z0-9 .,:;()/+*=%<>\"'!?&#@$_-]{1,160}")
LABELS = {"alertname": "ModelDisparateImpact", "severity": "critical", "family": "fairness"}


def with_sns(directory: Path) -> Path:
    """The shipped configuration after the replacement that sms-sns.yml describes."""
    config = load(CONFIG)
    other = {receiver["name"]: receiver for receiver in load(FOLDER / "sms-sns.yml")["receivers"]}
    assert other.keys() < {receiver["name"] for receiver in config["receivers"]}
    config["receivers"] = [other.get(receiver["name"], receiver) for receiver in config["receivers"]]
    config["templates"] = [str(FOLDER / pattern) for pattern in config["templates"]]
    return write(config, directory / "with-sns.yml")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    directory = tmp_path_factory.mktemp("sns")
    with Sink() as sink, pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "throw-away")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "throw-away")
        config = render(with_sns(directory), directory, sink.http_url, sink.smtp_host_port, fast=True)
        with alertmanager(directory, config) as server:
            yield Running(server.wait_ready().url, sink)


def published(running: Running, receiver: str, mark: str) -> dict[str, str]:
    """The form that SNS got."""
    form = parse_qs(running.call(f"/sms/{receiver}", mark).body.decode())
    return {name: value[0] for name, value in form.items()}


def test_configuration_is_valid(tmp_path: Path) -> None:
    result = amtool("check-config", with_sns(tmp_path))
    assert result.returncode == 0, result.stdout + result.stderr


def test_number_comes_from_the_roster_and_text_is_one_line(running: Running) -> None:
    labels = {**LABELS, "model": "sns-credit", "metric": "fairness_disparate_impact_ratio"}
    running.post(Alert(labels, {"oncall_primary": "Ben Example", "oncall_compliance_officer": "Dan Example"}))
    sent = published(running, "compliance-officer", "sns-credit")
    assert sent["Action"] == "Publish"
    assert sent["PhoneNumber"] == "+15550100004"
    assert sent["Message"] == (
        "CRITICAL sns-credit: ModelDisparateImpact (fairness_disparate_impact_ratio), 1 firing. Acknowledge now."
    )
    assert published(running, "on-call", "sns-credit")["PhoneNumber"] == "+15550100002"


def test_secondary_has_a_number_of_its_own(running: Running) -> None:
    running.post(
        Alert({**LABELS, "model": "sns-second", "escalation": "secondary"}, {"oncall_secondary": "Dan Example"})
    )
    assert published(running, "secondary", "sns-second")["PhoneNumber"] == "+15550100004"


def test_bare_alert(running: Running) -> None:
    running.post(Alert({"alertname": "BareSms", "severity": "critical"}))
    sent = published(running, "on-call", "BareSms")
    message = sent["Message"]
    assert sent["PhoneNumber"] == "+15550100001", "nobody knows whose turn it is: the first of the rotation"
    assert message == "CRITICAL BareSms, 1 firing. Acknowledge now."


@pytest.mark.parametrize("tail", ["x" * 500, "é…{}[]~^|\\`\n\u202e" * 30, "\n<!here> <@UBOSS>\nBcc: x@evil.test"])
def test_text_fits_one_sms_whatever_the_labels(running: Running, tail: str) -> None:
    mark = f"sns{len(tail)}"
    labels = {**LABELS, "alertname": f"Name{tail}", "model": f"{mark}{tail}", "metric": f"metric{tail}"}
    running.post(*(Alert({**labels, "attribute": str(number)}) for number in range(60)))
    message = published(running, "on-call", mark)["Message"]
    assert GSM.fullmatch(message), message
    assert message.startswith(f"CRITICAL {mark}")


def test_alertmanager_counts_no_failure(running: Running) -> None:
    assert failed_notifications(running.url) == {}
