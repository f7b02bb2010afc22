"""Every query of every dashboard, asked of a real Prometheus that holds every public metric and runs the real rules."""

import json
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
from tests.support.exposition import FAMILIES, MODEL, SHARE, Exposition

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
    with Exposition() as exposition:
        config: dict[str, Any] = {
            "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
            "rule_files": [path.name for path in rules.RULE_FILES],
            "scrape_configs": [{"job_name": "fairlead", "static_configs": [{"targets": [exposition.address]}]}],
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
