"""The dashboards as files: current, valid, complete, and in the names the exporter and the rules use."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from grafana.build.dashboards import DASHBOARDS, render
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard

from fairlead.exposition.catalogue import METRICS
from tests.support import rules
from tests.support.dashboards import FOLDER, load, names_in, panel_queries, panels, variable_queries

ROOT = Path(__file__).parents[2]
SHOWN_ELSEWHERE = {
    "fairlead_ingested_rows_total",
    "fairlead_ingest_repeated_rows_total",
    "fairlead_ingest_dropped_values_total",
    "fairlead_ingest_rejected_total",
    "fairlead_log_rows",
    "fairlead_log_size_bytes",
    "fairlead_log_files",
    "fairlead_log_oldest_day_timestamp_seconds",
    # about the exporter, not about a model
    "fairlead_audit_entries",
    "fairlead_audit_head_info",
    "fairlead_build_info",
    "fairlead_config_last_reload_successful",
    "fairlead_config_last_reload_success_timestamp_seconds",
    "fairlead_series_dropped_total",
    "fairlead_analysis_runs_total",
    "fairlead_analysis_failures_total",
    "fairlead_analysis_duration_seconds",
    # in the rules
    "fairlead_checkin_interval_seconds",
    "fairlead_checkin_last_timestamp_seconds",
    "fairlead_analysis_cadence_seconds",
    "fairlead_baseline_created_timestamp_seconds",
    "fairlead_fairness_disparate_impact_drift",
}

by_uid = pytest.mark.parametrize("uid", ["fairlead-drift", "fairlead-fairness"])


@pytest.mark.parametrize("name", DASHBOARDS)
def test_committed_file_is_what_the_code_builds(name: str) -> None:
    committed = (FOLDER / f"{name}.json").read_text(encoding="utf-8")
    assert committed == render(DASHBOARDS[name]), "out of date: run make dashboards and commit the result"


def test_no_file_without_code() -> None:
    assert {path.stem for path in FOLDER.glob("*.json")} == set(DASHBOARDS)
    assert set(load()) == {"fairlead-drift", "fairlead-fairness"}


@by_uid
def test_file_is_a_dashboard_by_grafanas_schema(uid: str) -> None:
    register_default_plugins()
    document = load()[uid]
    parsed = json.loads(JSONEncoder().encode(Dashboard.from_json(document)))
    assert parsed == document


@by_uid
def test_every_panel_says_what_it_answers(uid: str) -> None:
    for panel in panels(load()[uid]):
        assert panel["title"].endswith("?"), panel["title"]
        assert len(panel["description"]) > 20, panel["title"]
        defaults = panel["fieldConfig"]["defaults"]
        assert defaults["unit"], panel["title"]
        assert len(defaults["noValue"]) > 10, panel["title"]
        assert panel["targets"], panel["title"]


@by_uid
def test_panels_lie_side_by_side_and_have_their_own_titles(uid: str) -> None:
    document = load()[uid]
    cells: dict[tuple[int, int], str] = {}
    for panel in document["panels"]:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24, panel["title"]
        for x in range(place["x"], place["x"] + place["w"]):
            for y in range(place["y"], place["y"] + place["h"]):
                other = cells.setdefault((x, y), panel["title"])
                assert other == panel["title"], f"{panel['title']} overlaps {other}"
    for key in ("id", "title"):
        values = [panel[key] for panel in document["panels"]]
        assert len(set(values)) == len(values), key


@by_uid
def test_data_comes_from_the_chosen_data_source(uid: str) -> None:
    document = load()[uid]
    for panel in panels(document):
        for source in (panel["datasource"], *(target["datasource"] for target in panel["targets"])):
            assert source == {"type": "prometheus", "uid": "${datasource}"}, panel["title"]


@pytest.mark.parametrize(("uid", "last"), [("fairlead-drift", "feature"), ("fairlead-fairness", "attribute")])
def test_variables(uid: str, last: str) -> None:
    names = [variable["name"] for variable in load()[uid]["templating"]["list"]]
    assert names == ["datasource", "environment", "team", "model", last]


def _public_names() -> set[str]:
    twins = {f"{metric.name}_noise" for metric in METRICS.values() if metric.noise}
    recorded = {rule["record"] for rule in rules.rules() if "record" in rule}
    return set(METRICS) | twins | recorded | {"ALERTS"}


def test_every_name_is_public() -> None:
    public = _public_names()
    # a measurement without a noise twin may still be matched by the pattern for noise twins
    judged_without_noise = {f"{metric.name}_noise" for metric in METRICS.values() if not metric.noise}
    for query in [*panel_queries({"model": "m"}), *variable_queries({"model": "m"})]:
        unknown = names_in(query.expr) - public - judged_without_noise
        assert not unknown, f"{query.dashboard}, {query.panel}: unknown names {sorted(unknown)}"


def test_every_metric_of_a_model_is_shown() -> None:
    queries = [*panel_queries({"model": "m"}), *variable_queries({"model": "m"})]
    shown = {name for query in queries for name in names_in(query.expr)}
    assert set(METRICS) - shown == SHOWN_ELSEWHERE


def test_every_threshold_drawn_exists() -> None:
    metrics = {rule["labels"]["metric"] for rule in rules.rules() if rule.get("record") == "fairlead:threshold"}
    drawn = {
        metric
        for query in panel_queries({"model": "m"})
        for metric in re.findall(r'fairlead:threshold\{metric="(\w+)"', query.expr)
    }
    assert drawn
    assert drawn <= metrics


def test_every_judged_measurement_stands_in_a_table_with_its_verdict() -> None:
    judged = {rule["labels"]["metric"] for rule in rules.rules() if rule.get("record") == "fairlead:threshold"}
    tables = {"What is measured, and what is past its threshold?", "Does the model comply?"}
    exprs = [query.expr for query in panel_queries({"model": "m"}) if query.panel in tables]
    shown = {name for expr in exprs for name in names_in(expr)}
    assert {f"fairlead_{metric}" for metric in judged - {"drift_score"}} <= shown


def test_dashboard_links_of_the_alerts_lead_here() -> None:
    dashboards = load()
    links = [alert["annotations"]["dashboard_url"] for alert in rules.alerts()]
    assert links
    for link in links:
        found = re.search(r"/d/([\w-]+)(?:\?var-(\w+)=.*)?$", link)
        assert found is not None, link
        variables = {variable["name"] for variable in dashboards[found[1]]["templating"]["list"]}
        assert found[2] is None or found[2] in variables, link


def test_provisioning_fits_compose_and_the_dashboards() -> None:
    provisioning = ROOT / "grafana" / "provisioning"
    sources = rules.load(provisioning / "datasources" / "prometheus.yml")["datasources"]
    assert [(source["uid"], source["url"]) for source in sources] == [("prometheus", "http://prometheus:9090")]
    assert _default_source(load()["fairlead-drift"]) == "prometheus"
    (provider,) = rules.load(provisioning / "dashboards" / "fairlead.yml")["providers"]
    volumes = rules.load(ROOT / "docker-compose.yml")["services"]["grafana"]["volumes"]
    mounted = {volume["target"]: volume["source"] for volume in volumes if isinstance(volume, dict)}
    assert mounted[provider["options"]["path"]] == "./grafana/dashboards"
    assert mounted["/etc/grafana/provisioning"] == "./grafana/provisioning"


def _default_source(dashboard: dict[str, Any]) -> Any:
    (variable,) = [one for one in dashboard["templating"]["list"] if one["name"] == "datasource"]
    return variable["current"]["value"]
