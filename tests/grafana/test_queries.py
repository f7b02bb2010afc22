"""Every query of every dashboard, asked of a real Prometheus that holds every public metric and runs the real rules."""

import json
import re
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest
import yaml

from fairlead.demo.processes import prometheus
from fairlead.exposition.catalogue import METRICS
from tests.support import rules
from tests.support.dashboards import SPECIFIED, PanelQuery, all_queries, names_in, panel_queries
from tests.support.exposition import FAMILIES, MODEL, SHARE, text
from tests.support.serving import exposing

QUERIES = all_queries({"model": MODEL})
EMPTY = {
    "model_metric:fairlead_headline:forecast_breach": "a forecast needs ten days of values",
    "model_metric:fairlead_headline:deviations30d": "what is unusual needs ten days of values",
    "model_family:fairlead_blind:two_cadences": "it needs two days at least",
    "fairlead:model:unmonitored": "the model is monitored",
}
"""Recorded series that a young Prometheus has not, and why; a query that counts them yields 0 all the same."""
UNEXPOSED = SPECIFIED - set(METRICS)
SECONDS = 60
UNANSWERED = {
    "fairlead:measurement:inconclusive": "every value is past its noise",
    "offset 7d": "it is younger than a week",
    "[30d:5m]": "it is younger than five minutes",
    "forecast_breach": EMPTY["model_metric:fairlead_headline:forecast_breach"],
    'status="open"': "the incidents are acknowledged",
    'le="900.0"': "the made-up histograms have one bucket",
}
"""What is in recipes that this Prometheus cannot answer, and why."""
PAGE = (rules.FOLDER.parent / "exporter" / "docs" / "promql.md").read_text(encoding="utf-8")
RECIPES = re.findall(r"^```promql\n(.*?)^```\n\n?(\*Empty\* [^\n]*|)", PAGE, re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a Prometheus that scrapes and evaluates every second, with alerts that fire at once."""
    folder = tmp_path_factory.mktemp("prometheus")
    for path in rules.RULE_FILES:
        document = rules.load(path)
        for group in document["groups"]:
            group["interval"] = "1s"
            for rule in group["rules"]:
                rule.pop("for", None)
        (folder / path.name).write_text(yaml.safe_dump(document), encoding="utf-8")
    with exposing(text) as address:
        config: dict[str, Any] = {
            "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
            "rule_files": [path.name for path in rules.RULE_FILES],
            "scrape_configs": [{"job_name": "fairlead", "static_configs": [{"targets": [address]}]}],
        }
        (folder / "prometheus.yml").write_text(yaml.safe_dump(config), encoding="utf-8")
        with prometheus(folder, folder / "prometheus.yml") as server:
            server.wait_ready()
            _wait_until_everything_is_recorded(server.url)
            yield server.url


def _wait_until_everything_is_recorded(address: str) -> None:
    deadline = time.monotonic() + SECONDS
    recorded = [
        'ALERTS{alertstate="firing",severity="warning"}',
        "model:fairlead_drift_score:weighted",
        "fairlead:measurement:trend",
        "model_baseline:fairlead_baseline_created:timestamp",
        "family:fairlead_incident_time_to_acknowledge_seconds:mean30d",
        *(f'fairlead:measurement:breach{{family="{family}"}}' for family in FAMILIES),
    ]
    while not all(_ask(address, expr)["data"]["result"] for expr in recorded):
        assert time.monotonic() < deadline, f"nothing was recorded in {SECONDS} s"
        time.sleep(0.2)


def _ask(address: str, expr: str) -> Any:
    with urlopen(f"{address}/api/v1/query?{urlencode({'query': expr})}", timeout=10) as answer:
        return json.load(answer)


def test_there_are_queries() -> None:
    assert len({query.panel for query in QUERIES}) > 30


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: f"{query.dashboard} {query.panel}")
def test_query_returns_data(url: str, query: PanelQuery) -> None:
    waits = names_in(query.expr) <= EMPTY.keys() | UNEXPOSED and "vector(" not in query.expr
    assert bool(_ask(url, query.expr)["data"]["result"]) is not waits, query.expr


def test_every_recipe_is_found() -> None:
    assert len(RECIPES) == PAGE.count("```promql") > 20


@pytest.mark.parametrize(("expr", "reason"), RECIPES)
def test_recipe_returns_data_or_says_why_not(url: str, expr: str, reason: str) -> None:
    own = {name for name in names_in(expr) if name.startswith("fairlead_")}
    known = {*METRICS, *(f"{name}{end}" for name in METRICS for end in ("_noise", "_bucket", "_sum", "_count"))}
    recorded = {rule["record"] for rule in rules.rules() if "record" in rule}
    assert own <= known
    assert {name for name in names_in(expr) if ":" in name} <= recorded
    answer = _ask(url, expr)
    assert answer["status"] == "success"
    waits = any(text in expr for text in UNANSWERED)
    assert reason or not waits
    assert bool(answer["data"]["result"]) is not waits, expr


def _column(address: str, panel: str, index: int) -> dict[str, float]:
    """Measurement → value of one column of a table."""
    queries = [query for query in QUERIES if query.panel == panel]
    found = _ask(address, queries[index].expr)["data"]["result"]
    return {sample["metric"]["metric"]: float(sample["value"][1]) for sample in found}


def _subjects(address: str, panel: str, index: int) -> dict[str, dict[str, str]]:
    """Measurement → the labels that say what it is of."""
    queries = [query for query in QUERIES if query.panel == panel]
    labels = [sample["metric"] for sample in _ask(address, queries[index].expr)["data"]["result"]]
    return {each["metric"]: {name: each[name] for name in each if name != "metric"} for each in labels}


def test_measurements_table_says_what_the_rules_say(url: str) -> None:
    panel = "What is measured, and what is past its threshold?"
    current, noise, warning, critical, verdict = (_column(url, panel, index) for index in range(5))
    assert current["feature_psi"] == SHARE
    assert noise["feature_psi"] == 0.01
    assert (warning["feature_psi"], critical["feature_psi"]) == (0.1, 0.25)
    assert (warning["prediction_class_spike"], critical["prediction_class_spike"]) == (2, 3)
    assert (warning["attribution_consistency"], critical["attribution_consistency"]) == (0.8, 0.6)
    warning_only = {"feature_rare_category_surges", "feature_required_missing", "performance_labelled_ratio"}
    assert verdict == {metric: 1 if metric in warning_only else 2 for metric in current}
    assert warning.keys() == current.keys()
    assert critical.keys() == current.keys() - warning_only


def test_measurements_table_names_the_subject(url: str) -> None:
    panel = "What is measured, and what is past its threshold?"
    for index in (0, 2, 4):
        subjects = _subjects(url, panel, index)
        assert subjects["feature_psi"] == {"feature": "income"}
        assert subjects["feature_correlation_change"] == {"feature": "income", "other": "age"}
        assert subjects["performance_f1_drop"] == {"class": "approved"}
        assert subjects["new_high_correlations"] == {}


def test_compliance_table_says_what_the_rules_say(url: str) -> None:
    current, _, warning, critical, verdict = (_column(url, "Does the model comply?", index) for index in range(5))
    metrics = {
        "fairness_demographic_parity_drift",
        "fairness_equal_opportunity_drift",
        "fairness_accuracy_gap_increase",
        "fairness_disparate_impact_ratio",
    }
    assert set(current) == set(warning) == set(critical) == set(verdict) == metrics
    assert (warning["fairness_disparate_impact_ratio"], critical["fairness_disparate_impact_ratio"]) == (0.9, 0.8)
    assert (warning["fairness_accuracy_gap_increase"], critical["fairness_accuracy_gap_increase"]) == (0.05, 0.1)
    assert set(verdict.values()) == {2}


@pytest.mark.parametrize(("feature", "pairs"), [("income", 1), ("age", 1), ("region", 0)])
def test_pair_is_shown_when_either_feature_is_chosen(url: str, feature: str, pairs: int) -> None:
    panel = "Which features move together differently?"
    chosen = [query for query in panel_queries({"model": MODEL, "feature": feature}) if query.panel == panel]
    assert len(_ask(url, chosen[0].expr)["data"]["result"]) == pairs


def _rows(address: str, dashboard: str, panel: str, index: int, *labels: str) -> dict[tuple[str, ...], float]:
    """The labels of a row → value of one column of a table."""
    queries = [query for query in QUERIES if (query.dashboard, query.panel) == (dashboard, panel)]
    found = _ask(address, queries[index].expr)["data"]["result"]
    for sample in found:
        extra = sample["metric"].keys() - set(labels) - {"__name__"}
        assert not extra, f"{panel}: a row would be torn apart by {extra}"
    return {tuple(sample["metric"].get(label, "") for label in labels): float(sample["value"][1]) for sample in found}


def test_measurements_have_a_last_check_and_a_baseline_where_there_is_one(url: str) -> None:
    where = ("fairlead-drift", "What is measured, and what is past its threshold?")
    subject = ("metric", "feature", "other", "class")
    current, before, checked = (_rows(url, *where, index, *subject) for index in (0, 5, 6))
    assert checked.keys() == current.keys()
    assert all(abs(moment / 1000 - time.time()) < 120 for moment in checked.values())
    assert {metric for metric, *_ in before} == {
        "feature_missing_increase_ratio",
        "prediction_class_spike",
        "prediction_entropy_change_ratio",
        "performance_accuracy_drop",
        "performance_false_positive_increase",
    }
    assert before.keys() <= current.keys()


def test_affected_groups_are_those_below_the_line(url: str) -> None:
    where = ("fairlead-fairness", "Which groups are affected?")
    columns = [_rows(url, *where, index, "attribute", "group") for index in range(7)]
    assert columns[0] == {("sex", "female"): 2}
    assert columns[1] == {("sex", "female"): SHARE}
    assert all(column.keys() == columns[0].keys() for column in columns)


def test_performance_table_has_a_row_per_measure(url: str) -> None:
    where = ("fairlead-health", "How good is it, and how much worse than in the baseline?")
    current, before, worse, noise, verdict = (_rows(url, *where, index, "measure", "class") for index in range(5))
    rates = {("accuracy", ""), ("precision", ""), ("recall", ""), ("false_positive", "")}
    assert before.keys() == rates
    assert current.keys() == worse.keys() == noise.keys() == rates | {("f1", "approved")}
    assert verdict == {("accuracy", ""): 2, ("false_positive", ""): 2, ("f1", "approved"): 2}


def test_fleet_has_one_row_per_model_with_its_verdict(url: str) -> None:
    where = ("fairlead-fleet", "Which models are in trouble?")
    (queries,) = [[query for query in QUERIES if (query.dashboard, query.panel) == where]]
    (row,) = _ask(url, queries[0].expr)["data"]["result"]
    assert row["metric"]["model"] == MODEL
    assert row["value"][1] == "2"
    for index in range(1, len(queries)):
        assert _rows(url, *where, index, "model").keys() == {(MODEL,)}
    totals = {query.panel: _ask(url, query.expr)["data"]["result"] for query in QUERIES if query.dashboard == where[0]}
    shown = ("How many models are there?", "How many are critical?", "How many have open incidents?")
    assert [totals[panel][0]["value"][1] for panel in shown] == ["1", "1", "1"]
    assert totals["How many are not monitored?"][0]["value"][1] == "0"


@pytest.mark.parametrize("table", ["Which incidents are open?", "Which incidents were open in the time shown?"])
def test_columns_about_incidents_meet_in_one_row(url: str, table: str) -> None:
    queries = [query for query in QUERIES if query.panel == table]
    rows = [
        {tuple(sorted(sample["metric"].items())) for sample in _ask(url, query.expr)["data"]["result"]}
        for query in queries
    ]
    assert len(rows[0]) == len(FAMILIES)
    assert all(column == rows[0] for column in rows)
