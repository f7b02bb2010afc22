"""How long a dashboard of a model with 100 features waits for a real Prometheus that holds thirty days of it."""

import json
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen

from fairlead.demo.processes import Server, prometheus
from fairlead.exposition.catalogue import METRICS, Metric
from tests.bench.history import Series, write
from tests.bench.report import Row
from tests.bench.rounds import BenchError
from tests.support import rules
from tests.support.dashboards import load, names_in, panels, substitute

MODEL = "large"
FEATURES, CLASSES, GROUPS = 100, 5, 10
DAYS = 30
LIMIT = 2.0
AT_ONCE = 6
"""Requests that a browser has open to one server."""

ROUNDS = 5
PIXELS = 60
"""Points that a graph asks for, per column of the grid: a screen of 1,440 pixels."""

VALUES: Mapping[str, tuple[str, ...]] = {
    "model": (MODEL,),
    "feature": tuple(f"feature-{number:03}" for number in range(FEATURES)),
    "other": ("feature-000",),
    "class": tuple(f"class-{number}" for number in range(CLASSES)),
    "attribute": ("sex", "region"),
    "group": tuple(f"group-{number}" for number in range(GROUPS)),
    "family": ("data", "fairness", "model", "explanation", "quality"),
    "quantile": ("0.05", "0.25", "0.5", "0.75", "0.95"),
    "severity": ("critical",),
}
MANY = {"feature", "group"}


@dataclass(frozen=True, slots=True)
class Asked:
    """One request of a dashboard."""

    path: str
    query: dict[str, str]


def rows(folder: Path) -> list[Row]:
    """Medians, for each dashboard, of all its requests together."""
    home = folder / "dashboards"
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    (home / "prometheus.yml").write_text("global: {scrape_interval: 15s}\n", encoding="utf-8")
    receiver = ["--web.enable-remote-write-receiver", "--storage.tsdb.retention.time=90d"]
    with prometheus(home, home / "prometheus.yml", extra=receiver) as server:
        server.wait_ready()
        end = int(time.time())
        start = time.perf_counter()
        held = list(_series(end))
        samples = write(server.url, held, end)
        note = f"{len(held):,} series, written in {time.perf_counter() - start:.0f} s"
        found = [Row("samples that Prometheus holds", samples, note=note), *_measured(server, end)]
    shutil.rmtree(home)
    return found


def _measured(server: Server, end: int) -> Iterator[Row]:
    for uid, dashboard in load().items():
        url, asked = server.url, list(_requests(dashboard, end))
        _together(url, asked)
        before = _processor(server)
        took = [_together(url, asked) for _ in range(ROUNDS)]
        used = (_processor(server) - before) / ROUNDS
        title = f"{dashboard['title']}, {DAYS} days, {FEATURES} features: all {len(asked)} requests"
        slowest = max(((_alone(url, one), one.query.get("query", one.path)) for one in asked), key=lambda one: one[0])
        note = f"slowest {max(took):.2g} s; slowest request {slowest[0]:.2g} s; processor time {used:.2g} s"
        yield Row(title, median(took), "s", LIMIT, note=note)
        if not asked:
            raise BenchError(f"dashboards: {uid} must ask for something, got nothing")


def _processor(server: Server) -> float:
    """Seconds of processor time that it has used; other work on the machine does not change them much."""
    fields = Path(f"/proc/{server.pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _requests(dashboard: dict[str, Any], end: int) -> Iterator[Asked]:
    """As Grafana sends them: variables first in the file, then marks, then panels; all of them for thirty days."""
    begin = end - DAYS * 86400
    whole = {"start": str(begin), "end": str(end)}
    for variable in dashboard["templating"]["list"]:
        if variable["type"] == "query":
            selector, label = variable["query"]["query"].removeprefix("label_values(").removesuffix(")").rsplit(", ", 1)
            yield Asked(f"/api/v1/label/{label}/values", {"match[]": _filled(selector, 60), **whole})
    for mark in dashboard["annotations"]["list"]:
        step = DAYS * 86400 // 100
        yield Asked("/api/v1/query_range", {"query": _filled(mark["expr"], step), "step": str(step), **whole})
    for panel in panels(dashboard):
        points = panel.get("maxDataPoints") or PIXELS * panel["gridPos"]["w"]
        step = max(15, DAYS * 86400 // int(points))
        for target in panel["targets"]:
            query = _filled(target["expr"], step)
            if target.get("instant"):
                yield Asked("/api/v1/query", {"query": query, "time": str(end)})
            else:
                yield Asked("/api/v1/query_range", {"query": query, "step": str(step), **whole})


def _filled(text: str, step: int) -> str:
    own = {"__interval": f"{step}s", "__rate_interval": f"{max(step + 15, 60)}s", "__range": f"{DAYS}d"}
    return substitute(text, {"model": MODEL, **own})


def _together(url: str, asked: list[Asked]) -> float:
    start = time.perf_counter()
    with ThreadPoolExecutor(AT_ONCE) as browser:
        list(browser.map(lambda one: _alone(url, one), asked))
    return time.perf_counter() - start


def _alone(url: str, one: Asked) -> float:
    start = time.perf_counter()
    query = urlencode(one.query)
    by_get = one.path.startswith("/api/v1/label/")
    with urlopen(f"{url}{one.path}{f'?{query}' if by_get else ''}", None if by_get else query.encode()) as answer:
        told = json.load(answer)
    if told["status"] != "success":
        raise BenchError(f"dashboards: {one.query} must be answered, got {told}")
    return time.perf_counter() - start


def _series(end: int) -> Iterator[Series]:
    """What a scrape every 15 seconds and the rules would have left; of features and groups only the last hour."""
    begin, lately = end - DAYS * 86400, end - 3600
    for metric in METRICS.values():
        if metric.kind != "histogram":
            since = lately if MANY & set(metric.labels) else begin
            for name in (metric.name, *([f"{metric.name}_noise"] if metric.noise else [])):
                for labels in _labels(metric):
                    yield Series(name, labels, 0.2, 15, since)
    for rule in rules.rules():
        if rule.get("record") == "fairlead:threshold":
            yield Series("fairlead:threshold", rule["labels"], 0.1, 60, begin)
        if rule.get("record") == "fairlead:measurement:trend":
            for name in names_in(rule["expr"]):
                metric = METRICS[name.removesuffix("_noise") if name not in METRICS else name]
                for labels in _labels(metric):
                    own = {**labels, "metric": name.removeprefix("fairlead_")}
                    yield Series("fairlead:measurement:trend", own, 0.2, 300, begin)
    for feature, severity in product(VALUES["feature"], ("warning", "critical")):
        own = {"model": MODEL, "metric": "feature_psi", "family": "data", "feature": feature, "severity": severity}
        yield Series("fairlead:measurement:breach", own, 0.3, 60, begin)
    for name in ("model:fairlead_drift_score:weighted", "model:fairlead_drift_score:coverage"):
        yield Series(name, {"model": MODEL}, 0.4, 60, begin)
    for name, family in product(
        ("model_family:fairlead_drift_score:max", "model_family:fairlead_analysis_overdue:seconds"), VALUES["family"]
    ):
        yield Series(name, {"model": MODEL, "family": family}, 0.3, 60, begin)


def _labels(metric: Metric) -> Iterator[dict[str, str]]:
    choices = [VALUES.get(label, (f"some {label}",)) for label in metric.labels]
    for chosen in product(*choices):
        yield dict(zip(metric.labels, chosen, strict=True))
