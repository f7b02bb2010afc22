"""The dashboards as files: current, valid, complete, and in the names the exporter and the rules use."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from grafana.build.dashboards import DASHBOARDS, render
from grafana.build.limits import limit
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard

from fairlead.exposition.catalogue import METRICS
from tests.support import rules
from tests.support.dashboards import FOLDER, PROMETHEUS, SPECIFIED, all_queries, load, names_in, panel_queries, panels

ROOT = Path(__file__).parents[2]
NOT_SHOWN = {"fairlead_fairness_disparate_impact_drift": "a part of the score; the ratio and its baseline are shown"}

UIDS = (
    "fairlead-drift",
    "fairlead-fairness",
    "fairlead-fleet",
    "fairlead-health",
    "fairlead-incidents",
    "fairlead-itself",
)
OF_PLUGINS = {"titleFormat", "textFormat", "step", "useValueForTime"}
"""Keys of an annotation that belong to Prometheus' data source; the SDK reads only those of every data source."""

by_uid = pytest.mark.parametrize("uid", UIDS)


@pytest.mark.parametrize("name", DASHBOARDS)
def test_committed_file_is_what_the_code_builds(name: str) -> None:
    committed = (FOLDER / f"{name}.json").read_text(encoding="utf-8")
    assert committed == render(DASHBOARDS[name]), "out of date: run make dashboards and commit the result"


def test_no_file_without_code() -> None:
    assert {str(path.relative_to(FOLDER).with_suffix("")) for path in FOLDER.rglob("*.json")} == set(DASHBOARDS)
    assert set(load()) == set(UIDS)


@by_uid
def test_file_is_a_dashboard_by_grafanas_schema(uid: str) -> None:
    register_default_plugins()
    document = load()[uid]
    for mark in document["annotations"]["list"]:
        assert mark.keys() >= OF_PLUGINS
        for key in OF_PLUGINS:
            del mark[key]
    parsed = json.loads(JSONEncoder().encode(Dashboard.from_json(document)))
    assert parsed == document


@by_uid
def test_deployments_baselines_and_incidents_are_marked_at_their_moment(uid: str) -> None:
    marks = {mark["name"]: mark for mark in load()[uid]["annotations"]["list"]}
    assert list(marks) == ["Deployments", "Baselines", "Incidents"]
    for mark in marks.values():
        assert mark["useValueForTime"]
        assert mark["expr"].startswith("1000 * max by")
        labels = re.search(r"max by \(([\w, ]+)\)", mark["expr"])
        assert labels is not None
        assert set(re.findall(r"{{(\w+)}}", mark["titleFormat"])) <= set(labels[1].split(", "))


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


@pytest.mark.parametrize(
    ("uid", "names"),
    {
        "fairlead-drift": ["environment", "team", "model", "feature"],
        "fairlead-fairness": ["environment", "team", "model", "attribute"],
        "fairlead-fleet": ["environment", "team"],
        "fairlead-health": ["environment", "team", "model"],
        "fairlead-incidents": ["environment", "team", "model"],
        "fairlead-itself": ["environment", "team", "model"],
    }.items(),
)
def test_variables(uid: str, names: list[str]) -> None:
    assert [variable["name"] for variable in load()[uid]["templating"]["list"]] == ["datasource", *names]


def _data_links(panel: dict[str, Any]) -> list[dict[str, str]]:
    overrides = [each for override in panel["fieldConfig"]["overrides"] for each in override["properties"]]
    return [link for each in overrides if each["id"] == "links" for link in each["value"]]


def test_features_models_and_incidents_lead_on() -> None:
    led = {uid: [link["url"] for panel in panels(load()[uid]) for link in _data_links(panel)] for uid in UIDS}
    for uid in ("fairlead-drift", "fairlead-fleet", "fairlead-incidents"):
        assert led[uid], uid
    for uid, urls in led.items():
        for url in urls:
            found = re.match(r"/d/([\w-]+)\?(.*)", url)
            assert found is not None, url
            names = {variable["name"] for variable in load()[found[1]]["templating"]["list"]}
            here = {variable["name"] for variable in load()[uid]["templating"]["list"]}
            assert set(re.findall(r"var-(\w+)=", found[2])) <= names
            assert set(re.findall(r"\$\{(\w+):queryparam\}", found[2])) <= here
            assert "${__url_time_range}" in found[2]
    assert any("var-feature=" in url for url in led["fairlead-drift"])


@by_uid
def test_colour_is_never_the_only_signal(uid: str) -> None:
    """What is coloured by a state has a word or a number for it; threshold lines have names and dashes."""
    for panel in panels(load()[uid]):
        defaults, title = panel["fieldConfig"]["defaults"], panel["title"]
        for mapping in defaults.get("mappings") or []:
            assert all(result["text"] for result in mapping["options"].values()), title
        if panel["type"] == "stat":
            assert panel["options"]["textMode"] in {"value", "name"}, title
        if panel["type"] == "bargauge":
            assert panel["options"]["valueMode"] == "text", title
        if panel["type"] == "state-timeline":
            assert panel["options"]["showValue"] == "always", title
        for override in panel["fieldConfig"]["overrides"]:
            ids = {each["id"]: each["value"] for each in override["properties"]}
            if "custom.cellOptions" in ids:
                assert all(result["text"] for result in ids["mappings"][0]["options"].values()), title
            if panel["type"] == "timeseries" and "color" in ids:
                assert ids["custom.lineStyle"]["fill"] == "dash", title


def _public_names() -> set[str]:
    twins = {f"{metric.name}_noise" for metric in METRICS.values() if metric.noise}
    recorded = {rule["record"] for rule in rules.rules() if "record" in rule}
    parts = {f"{metric.name}_{part}" for metric in METRICS.values() if metric.kind == "histogram" for part in PARTS}
    return set(METRICS) | twins | recorded | parts | SPECIFIED


PARTS = ("bucket", "sum", "count")


def test_every_name_is_public() -> None:
    public = _public_names()
    # a measurement without a noise twin may still be matched by the pattern for noise twins
    judged_without_noise = {f"{metric.name}_noise" for metric in METRICS.values() if not metric.noise}
    for query in all_queries({"model": "m"}):
        names = names_in(query.expr)
        unknown = {name for name in names - public - judged_without_noise if not re.fullmatch(PROMETHEUS, name)}
        assert names or "vector(" in query.expr, f"{query.dashboard}, {query.panel}: names nothing"
        assert not unknown, f"{query.dashboard}, {query.panel}: unknown names {sorted(unknown)}"


def test_every_metric_is_shown() -> None:
    shown = {name for query in all_queries({"model": "m"}) for name in names_in(query.expr)}
    shown |= {name.removesuffix(f"_{part}") for name in shown for part in PARTS}
    assert set(METRICS) - shown == set(NOT_SHOWN)


def test_every_trend_that_is_drawn_is_recorded() -> None:
    (rule,) = [rule for rule in rules.rules() if rule.get("record") == "fairlead:measurement:trend"]
    recorded = names_in(rule["expr"])
    twins = {f"{metric.name}_noise" for metric in METRICS.values() if metric.noise}
    assert recorded <= set(METRICS) | twins
    exprs = [query.expr for query in panel_queries({"model": "m"})]
    drawn = {f"fairlead_{of}" for expr in exprs for of in re.findall(r':trend\{[^}]*?metric="(\w+)"', expr)}
    assert drawn == recorded


def test_values_over_weeks_that_have_many_series_are_recorded_ones() -> None:
    """What a graph asks of a feature or group at every scrape would not come within two seconds."""
    many = {metric.name for metric in METRICS.values() if {"feature", "group"} & set(metric.labels)}
    for uid, document in load().items():
        for panel in panels(document):
            if panel["type"] in {"timeseries", "state-timeline"}:
                for target in panel["targets"]:
                    raw = set(re.findall(r"\bfairlead_\w+", re.sub(r'"[^"]*"', "", target["expr"])))
                    assert not raw & (many | {f"{name}_noise" for name in many}), f"{uid}, {panel['title']}"
                    assert "__name__" not in target["expr"], f"{uid}, {panel['title']}"


def test_every_label_of_a_legend_is_in_its_query() -> None:
    for document in load().values():
        for panel in panels(document):
            for target in panel["targets"]:
                for label in re.findall(r"{{(\w+)}}", target.get("legendFormat") or ""):
                    assert re.search(rf"\b{label}\b", target["expr"]), panel["title"]


def test_numbers_of_thresholds_in_the_panels_are_those_of_the_rules() -> None:
    for name, value in (("warning", 0.15), ("critical", 0.30)):
        assert limit("drift_score", name) == value


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
    providers = rules.load(provisioning / "dashboards" / "fairlead.yml")["providers"]
    volumes = rules.load(ROOT / "docker-compose.yml")["services"]["grafana"]["volumes"]
    mounted = {volume["target"]: volume["source"] for volume in volumes if isinstance(volume, dict)}
    assert mounted["/etc/grafana/dashboards"] == "./grafana/dashboards"
    assert mounted["/etc/grafana/provisioning"] == "./grafana/provisioning"
    paths = {Path(provider["options"]["path"]) for provider in providers}
    assert paths == {Path("/etc/grafana/dashboards") / folder.name for folder in FOLDER.iterdir()}
    for key in ("name", "folder", "folderUid"):
        assert len({provider[key] for provider in providers}) == len(providers)
    assert {provider["folderUid"] for provider in providers} == {f"fairlead-{path.name}" for path in paths}


def _default_source(dashboard: dict[str, Any]) -> Any:
    (variable,) = [one for one in dashboard["templating"]["list"] if one["name"] == "datasource"]
    return variable["current"]["value"]
