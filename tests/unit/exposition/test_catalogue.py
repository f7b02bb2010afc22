"""Every public name once, well formed, each in the exposition."""

import re

import pytest
from prometheus_client.parser import text_string_to_metric_families

from fairlead.exposition.catalogue import METRICS, Metric
from tests.support.page import plain, process

PLAIN = re.compile(r"fairlead(_[a-z0-9]+)+")


@pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS)
def test_name_help_and_labels(metric: Metric) -> None:
    assert PLAIN.fullmatch(metric.name)
    assert metric.help.endswith(".")
    assert "\n" not in metric.help
    assert "\\" not in metric.help
    assert (metric.kind == "counter") == metric.name.endswith("_total")
    assert len(set(metric.labels)) == len(metric.labels)
    assert not set(metric.labels) & {"instance", "job", "le"}
    assert ("quantile" in metric.labels) == metric.name.endswith("_quantile")
    assert not metric.name.endswith("_noise")
    assert not metric.noise or metric.kind == "gauge"


def test_names_are_unique_with_their_twins() -> None:
    names = [*METRICS, *(f"{metric.name}_noise" for metric in METRICS.values() if metric.noise)]
    assert len(set(names)) == len(names)


def test_page_has_every_metric_of_the_catalogue_and_no_other() -> None:
    page = (plain() + process().text()).decode()
    exposed = {
        family.name
        for family in text_string_to_metric_families(page)
        if not family.name.startswith(("python_", "process_")) and not family.name.endswith("_created")
    }
    wanted = {name.removesuffix("_total") for name in METRICS}
    wanted |= {f"{metric.name}_noise" for metric in METRICS.values() if metric.noise}
    assert exposed == wanted
