"""The demonstration that the README names, as a stranger runs it, and the dashboards on it."""

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest

from fairlead.demo.workspace import DRIFTING
from tests.support.dashboards import PanelQuery, panel_queries, variable_queries

QUERIES = [*panel_queries({"model": DRIFTING}), *variable_queries({"model": DRIFTING})]


class Demo:
    """The running demonstration and what it printed until it began to wait for Ctrl-C."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.printed = ""
        assert process.stdout is not None
        for line in process.stdout:
            self.printed += line
            if "running until" in line:
                break

    def prometheus(self) -> str:
        found = re.search(r"Prometheus\W+(http://[\w.:]+)", self.printed)
        assert found, self.printed
        return found[1]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    directory = tmp_path_factory.mktemp("demo") / "data"
    command = [sys.executable, "-m", "fairlead.demo", "--directory", str(directory)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            yield Demo(process)
        finally:
            process.kill()


def test_everything_announced_was_seen(demo: Demo) -> None:
    assert "all expected alerts and notifications were seen; the control stayed silent" in demo.printed
    for told in ("ModelDisparateImpact", "compliance-officer@example.com", "slack-critical"):
        assert told in demo.printed


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: f"{query.dashboard} {query.panel}")
def test_dashboard_query_has_data(demo: Demo, query: PanelQuery) -> None:
    with urlopen(f"{demo.prometheus()}/api/v1/query?{urlencode({'query': query.expr})}", timeout=10) as answer:
        assert json.load(answer)["data"]["result"], query.expr


def test_demo_ends_when_told(demo: Demo) -> None:
    demo.process.send_signal(signal.SIGTERM)
    assert demo.process.wait(30) == 0
