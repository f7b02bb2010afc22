"""The demonstration that the README names, as a stranger runs it, and the dashboards on it."""

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest

from fairlead.demo.workspace import DRIFTING
from fairlead.exposition.catalogue import METRICS
from tests.support.dashboards import PanelQuery, names_in, panel_queries, variable_queries

QUERIES = [*panel_queries({"model": DRIFTING}), *variable_queries({"model": DRIFTING})]
ABSENT = {
    "fairlead_performance_mean_absolute_error": "the model answers with classes, it is no regression",
    "fairlead_performance_mean_absolute_error_baseline": "the model answers with classes, it is no regression",
    "fairlead_prediction_volatility_increase_ratio": "nothing says which inputs are the same, every application is one",
    "fairlead_audit_head_info": "it is younger than a day",
    "fairlead_attribution_consistency": "nothing says which inputs are the same, every application is one",
}
"""Metrics that the demonstration has no data for, and why."""


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

    def ask(self, expr: str) -> list[Any]:
        """What its Prometheus answers to an instant query."""
        found = re.search(r"Prometheus\W+(http://[\w.:]+)", self.printed)
        assert found, self.printed
        with urlopen(f"{found[1]}/api/v1/query?{urlencode({'query': expr})}", timeout=10) as answer:
            series: list[Any] = json.load(answer)["data"]["result"]
        return series


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
    for told in ("ModelDisparateImpact", "eve@example.com", "slack-critical"):
        assert told in demo.printed


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: f"{query.dashboard} {query.panel}")
def test_dashboard_query_has_data(demo: Demo, query: PanelQuery) -> None:
    absent = names_in(query.expr) <= ABSENT.keys()
    assert bool(demo.ask(query.expr)) is not absent, query.expr


@pytest.mark.parametrize("metric", ABSENT)
def test_what_is_listed_as_absent_is_absent(demo: Demo, metric: str) -> None:
    assert metric in METRICS
    assert demo.ask("fairlead_build_info"), "Prometheus does not answer"
    assert not demo.ask(f'{metric}{{model="{DRIFTING}"}}'), f"it has data, although {ABSENT[metric]}"


def test_demo_ends_when_told(demo: Demo) -> None:
    demo.process.send_signal(signal.SIGTERM)
    assert demo.process.wait(30) == 0
