"""The shipped Alertmanager files, amtool, and alerts posted to a running Alertmanager."""

import json
import subprocess
import time
import urllib.request
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from fairlead.demo.processes import find_binary
from fairlead.demo.sink import Mail, Request, Sink

FOLDER = Path(__file__).parents[2] / "alertmanager"
CONFIG = FOLDER / "alertmanager.yml"


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert as Prometheus would send it; ``ended`` makes it a resolved one."""

    labels: Mapping[str, str]
    annotations: Mapping[str, str] = field(default_factory=dict)
    ended: bool = False

    def as_json(self, now: datetime) -> dict[str, Any]:
        """The alert in Alertmanager's own format."""
        end = now if self.ended else now + timedelta(hours=1)
        return {
            "labels": dict(self.labels),
            "annotations": dict(self.annotations),
            "startsAt": (now - timedelta(minutes=5) if self.ended else now).isoformat(),
            "endsAt": end.isoformat(),
        }


@dataclass(frozen=True, slots=True)
class Running:
    """An Alertmanager that answers at ``url``, and the sink that takes what it sends."""

    url: str
    sink: Sink

    def post(self, *alerts: Alert) -> None:
        """Hand alerts to it."""
        post(self.url, alerts)

    def call(self, path: str, mark: str) -> Request:
        """The first call on ``path`` whose body holds ``mark``."""
        return self.sink.wait_for(lambda sink: _first(sink.requests_to(path), mark))

    def slack(self, receiver: str, mark: str) -> dict[str, Any]:
        """The attachment of the first Slack message of ``receiver`` that holds ``mark``."""
        (attachment,) = self.call(f"/slack/{receiver}", mark).json["attachments"]
        assert isinstance(attachment, dict)
        return attachment

    def mail(self, to: str, mark: str) -> Mail:
        """The first mail to ``to`` that holds ``mark`` in its text."""
        return self.sink.wait_for(
            lambda sink: next((mail for mail in sink.mails if mail.to == to and mark in mail.text), None)
        )

    def settle(self) -> None:
        """Wait until nothing more can come: the quick group wait and group interval, and a bit."""
        time.sleep(3.5)


def _first(requests: Iterable[Request], mark: str) -> Request | None:
    return next((request for request in requests if mark.encode() in request.body), None)


def post(url: str, alerts: Iterable[Alert]) -> None:
    """Hand alerts to the Alertmanager at ``url``."""
    now = datetime.now(UTC)
    body = json.dumps([alert.as_json(now) for alert in alerts]).encode()
    request = urllib.request.Request(f"{url}/api/v2/alerts", data=body, headers={"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=5) as response:
        response.read()


def failed_notifications(url: str) -> dict[str, float]:
    """Integration → notifications Alertmanager says it failed to send, where that is not 0."""
    with urllib.request.urlopen(f"{url}/metrics", timeout=5) as response:
        lines = response.read().decode().splitlines()
    samples = (line.rsplit(" ", 1) for line in lines if line.startswith("alertmanager_notifications_failed"))
    return {series: float(value) for series, value in samples if float(value) > 0}


def amtool(*arguments: str | Path) -> "subprocess.CompletedProcess[str]":
    """Run amtool; the caller looks at the exit code."""
    command = [find_binary("amtool"), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
