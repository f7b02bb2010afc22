"""Metrics of the process itself."""

from dataclasses import replace
from datetime import timedelta

from prometheus_client.parser import text_string_to_metric_families

from fairlead.exposition.process import ProcessMetrics
from tests.support.runs import run


def value(metrics: ProcessMetrics, name: str, **labels: str) -> float | None:
    """The value of a series, or None when it is not there."""
    for family in text_string_to_metric_families(metrics.text().decode()):
        for sample in family.samples:
            if sample.name == f"fairlead_{name}" and sample.labels == labels:
                return sample.value
    return None


WHERE = {"model": "credit", "family": "data"}


def counted() -> ProcessMetrics:
    metrics = ProcessMetrics()
    metrics.count_for([("credit", "data")])
    return metrics


def test_counters_start_at_zero_before_the_first_run() -> None:
    assert value(counted(), "analysis_runs_total", **WHERE) == 0
    assert value(counted(), "analysis_failures_total", **WHERE) == 0


def test_runs_and_failures_are_counted() -> None:
    metrics = counted()
    for one in (run(9), run(10), run(11, failure="broken")):
        metrics.observe(one)
    assert value(metrics, "analysis_runs_total", **WHERE) == 3
    assert value(metrics, "analysis_failures_total", **WHERE) == 1
    assert value(metrics, "analysis_duration_seconds_count", family="data") == 3
    assert value(metrics, "analysis_duration_seconds_sum", family="data") == 9


def test_duration_falls_into_its_bucket() -> None:
    metrics = counted()
    metrics.observe(replace(run(), finished=run().started + timedelta(seconds=59)))
    assert value(metrics, "analysis_duration_seconds_bucket", family="data", le="15.0") == 0
    assert value(metrics, "analysis_duration_seconds_bucket", family="data", le="60.0") == 1


def test_model_that_is_no_longer_configured_vanishes() -> None:
    metrics = counted()
    metrics.observe(run())
    metrics.count_for([("hiring", "data")])
    assert value(metrics, "analysis_runs_total", **WHERE) is None
    assert value(metrics, "analysis_runs_total", model="hiring", family="data") == 0


def test_run_of_a_model_that_is_not_configured_is_not_counted() -> None:
    metrics = counted()
    metrics.observe(run(model="gone"))
    assert value(metrics, "analysis_runs_total", model="gone", family="data") is None


def test_counts_survive_a_reload() -> None:
    metrics = counted()
    metrics.observe(run())
    metrics.count_for([("credit", "data"), ("hiring", "data")])
    assert value(metrics, "analysis_runs_total", **WHERE) == 1


def test_dropped_series_are_counted() -> None:
    metrics = counted()
    metrics.observe_dropped({"duplicate": 2, "too_many": 0})
    metrics.observe_dropped({"duplicate": 1, "too_many": 0})
    assert value(metrics, "series_dropped_total", reason="duplicate") == 3
    assert value(metrics, "series_dropped_total", reason="too_many") == 0


def test_reload_that_failed_keeps_the_time_of_the_last_good_one() -> None:
    metrics = counted()
    metrics.observe_reload(True, 1000.0)
    metrics.observe_reload(False, 2000.0)
    assert value(metrics, "config_last_reload_successful") == 0
    assert value(metrics, "config_last_reload_success_timestamp_seconds") == 1000


def test_two_in_one_process_do_not_meet() -> None:
    first, second = counted(), counted()
    first.observe(run())
    assert value(second, "analysis_runs_total", **WHERE) == 0
