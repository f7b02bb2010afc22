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
from tests.support import rules
from tests.support.dashboards import SPECIFIED, PanelQuery, all_queries, names_in

QUERIES = all_queries({"model": DRIFTING})
UNANSWERED = "nobody acknowledges or closes an incident in the demonstration"
UNPUSHED = "the predictions come from files, nothing is pushed"
YOUNG = "Prometheus has run for a minute"
ABSENT = {
    "fairlead_performance_mean_absolute_error": "the model answers with classes, it is no regression",
    "fairlead_performance_mean_absolute_error_baseline": "the model answers with classes, it is no regression",
    "fairlead_prediction_volatility_increase_ratio": "nothing says which inputs are the same, every application is one",
    "fairlead_audit_head_info": "it is younger than a day",
    "fairlead_attribution_consistency": "nothing says which inputs are the same, every application is one",
    "fairlead_incident_acknowledged_timestamp_seconds": UNANSWERED,
    "fairlead_incident_recovered_timestamp_seconds": "the alerts go on",
    "fairlead_incident_postmortem_due_timestamp_seconds": UNANSWERED,
    "fairlead_incident_closed_timestamp_seconds": UNANSWERED,
    "fairlead_incident_time_to_acknowledge_seconds_count": UNANSWERED,
    "fairlead_incident_time_to_resolve_seconds_count": UNANSWERED,
    "family:fairlead_incident_time_to_acknowledge_seconds:mean30d": UNANSWERED,
    "family:fairlead_incident_time_to_resolve_seconds:mean30d": UNANSWERED,
    "fairlead_ingested_rows_total": UNPUSHED,
    "fairlead_ingest_repeated_rows_total": UNPUSHED,
    "fairlead_ingest_dropped_values_total": UNPUSHED,
    "fairlead_ingest_rejected_total": UNPUSHED,
    "fairlead_log_rows": UNPUSHED,
    "fairlead_log_size_bytes": UNPUSHED,
    "fairlead_log_files": UNPUSHED,
    "fairlead_log_oldest_day_timestamp_seconds": UNPUSHED,
    "fairlead_baseline_failures_total": "no baseline had to be made by itself",
    "fairlead_baseline_draft_created_timestamp_seconds": "no baseline waits for an approval",
    "fairlead_baseline_distance": "each model has had one baseline only",
    "fairlead_baseline_parity_change": "each model has had one baseline only",
    "fairlead_baseline_review_timestamp_seconds": "no month has passed",
    "fairlead_checkin_last_timestamp_seconds": "no check-in is configured",
    "fairlead_checkin_interval_seconds": "no check-in is configured",
    "checkin:fairlead_checkin_age:intervals": "no check-in is configured",
    "fairlead_exception_expires_timestamp_seconds": "nobody accepts a risk in the demonstration",
    "fairlead_maintenance_ends_timestamp_seconds": "no maintenance is planned in the demonstration",
    **dict.fromkeys(
        (
            "fairlead_digest_last_success_timestamp_seconds",
            "fairlead_slack_messages_total",
            "fairlead_slack_failures_total",
            "fairlead_slack_waiting_messages",
            "fairlead_slack_oldest_timestamp_seconds",
            "fairlead_containment_waiting_timestamp_seconds",
            "fairlead_containment_failures_total",
        ),
        "fairlead itself sends nothing in the demonstration",
    ),
    "model_family:fairlead_analysis_failures:increase6h": "no analysis fails",
    "model_family:fairlead_blind:two_cadences": YOUNG,
    "model_metric:fairlead_headline:forecast_breach": YOUNG,
    "model_metric:fairlead_headline:deviations30d": YOUNG,
}
"""Series that the demonstration has no data for, and why; those that are promised and not exposed yet are, too."""
ALL_COMPUTED = ("fairlead-health", "What could not be computed, and why?")


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
    assert bool(demo.ask(query.expr)) is not _is_absent(query), query.expr


def _is_absent(query: PanelQuery) -> bool:
    """Whether a series that the query cannot do without is absent; ``or`` and patterns of names can."""
    needed = names_in(re.sub(r'__name__=~"[^"]*"', "", query.expr)) & (ABSENT.keys() | SPECIFIED - set(METRICS))
    counted = " or " in query.expr or " unless " in query.expr
    return (query.dashboard, query.panel) == ALL_COMPUTED or (bool(needed) and not counted)


@pytest.mark.parametrize("metric", ABSENT)
def test_what_is_listed_as_absent_is_absent(demo: Demo, metric: str) -> None:
    recorded = {rule.get("record") for rule in rules.rules()}
    assert metric.removesuffix("_count") in {*METRICS, *recorded}
    assert demo.ask("fairlead_build_info"), "Prometheus does not answer"
    found = demo.ask(f"{metric} > 0")
    about_it = [one for one in found if one["metric"].get("model", DRIFTING) == DRIFTING]
    assert not about_it, f"it has data, although {ABSENT[metric]}"


def test_demo_ends_when_told(demo: Demo) -> None:
    demo.process.send_signal(signal.SIGTERM)
    assert demo.process.wait(30) == 0
