"""Reads a metrics page with Prometheus' own parser and finds series in it."""

from collections.abc import Mapping

from prometheus_client.parser import text_string_to_metric_families

Key = tuple[str, frozenset[tuple[str, str]]]

QUANTILE = 'fairlead_prediction_score_quantile non-summary metrics should not have "quantile" label'
"""All that promtool has against the page: a public name, quantiles of a window's scores, which no client sums up."""


def parse(page: str) -> dict[Key, float]:
    """Every series once, by name and labels; a page that cannot be parsed or repeats a series is an error."""
    found: dict[Key, float] = {}
    for family in text_string_to_metric_families(page):
        for sample in family.samples:
            key = (sample.name, frozenset(sample.labels.items()))
            assert key not in found, f"{key} occurs twice"
            found[key] = sample.value
    return found


def series(page: str, name: str, **labels: str) -> dict[frozenset[tuple[str, str]], float]:
    """Values of a metric whose labels contain these."""
    wanted = set(labels.items())
    return {of: value for (metric, of), value in parse(page).items() if metric == name and wanted <= of}


def value(page: str, name: str, labels: Mapping[str, str] | None = None, **further: str) -> float:
    """The one value of a metric with these labels among its own."""
    (found,) = series(page, name, **{**(labels or {}), **further}).values()
    return found


def families_analysed(page: str, model: str) -> set[str]:
    """Families of a model that have an analysed window."""
    found = series(page, "fairlead_window_samples", model=model)
    return {dict(labels)["family"] for labels in found}


VOLATILE = (
    "fairlead_analysis_runs_",
    "fairlead_analysis_failures_",
    "fairlead_analysis_duration_seconds",
    "fairlead_analysis_next_due_timestamp_seconds",
    "fairlead_retention_",
    "fairlead_reconciliation_",
    "fairlead_ingest",
    "fairlead_series_dropped_",
    "fairlead_config_",
    "fairlead_build_info",
)
"""Of the process, or of the time of day."""


def measured(page: str) -> list[str]:
    """Lines that the stored results make: everything that is not volatile."""
    return [line for line in page.splitlines() if line.startswith("fairlead_") and not line.startswith(VOLATILE)]
