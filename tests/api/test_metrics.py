"""The exposition over HTTP: media types, compression, headers."""
# ruff: noqa: E501 - one line per case

import gzip
from typing import Any, cast

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics

from fairlead.api.service import Service
from tests.support.metrics import families_analysed, measured, parse, value
from tests.support.served import HOSTILE, Rig, client_of

TEXT = "text/plain; version=0.0.4; charset=utf-8"
OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"
PROMETHEUS_2 = "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"  # fmt: skip
PROMETHEUS_3 = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6,application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1"  # fmt: skip

ACCEPTED = {
    "": TEXT,
    "*/*": TEXT,
    "text/plain": TEXT,
    "text/html,application/xhtml+xml;q=0.9": TEXT,
    "application/openmetrics-text": OPENMETRICS,
    "application/openmetrics-text; version=1.0.0": OPENMETRICS,
    "application/openmetrics-text; version=0.0.1": TEXT,
    "application/openmetrics-text;q=0.1,text/plain": TEXT,
    "application/openmetrics-text;q=0": TEXT,
    "application/openmetrics-text;q=high,,;;=": TEXT,
    PROMETHEUS_2: OPENMETRICS,
    PROMETHEUS_3: OPENMETRICS,
}


@pytest.mark.parametrize("accept", ACCEPTED)
def test_media_types(accept: str, shared: Rig) -> None:
    answer = shared.client.get("/metrics", headers={"Accept": accept})
    assert (answer.status_code, answer.headers["content-type"]) == (200, ACCEPTED[accept])
    if ACCEPTED[accept] == OPENMETRICS:
        assert answer.text.endswith("\n# EOF\n")
        families = parse_openmetrics(answer.text)  # type: ignore[no-untyped-call]
        assert {family.name for family in families} > {"fairlead_feature_psi", "fairlead_analysis_runs"}
    else:
        assert "# EOF" not in answer.text
        assert families_analysed(answer.text, "credit") == {"data", "fairness", "model", "explanation", "quality"}


def test_both_formats_say_the_same(shared: Rig) -> None:
    plain, other = (shared.client.get("/metrics", headers={"Accept": accept}).text for accept in ("", OPENMETRICS))
    assert measured(plain) == measured(other) != []


@pytest.mark.parametrize(
    ("accepted", "compressed"),
    [("gzip", True), ("deflate, GZIP;q=0.5, br", True), ("identity", False), ("gzip;q=0", False), ("x-gzipped", False), ("", False)],
)  # fmt: skip
def test_compression(accepted: str, compressed: bool, shared: Rig) -> None:
    with shared.client.stream("GET", "/metrics", headers={"Accept-Encoding": accepted}) as answer:
        raw = b"".join(answer.iter_raw())
    assert (answer.headers.get("content-encoding") == "gzip") is compressed
    assert "Accept-Encoding" in answer.headers["vary"]
    assert int(answer.headers["content-length"]) == len(raw)
    text = (gzip.decompress(raw) if compressed else raw).decode()
    assert measured(text) == measured(shared.page())
    assert value(text, "process_start_time_seconds") > 0


def test_a_hostile_model_name_is_one_label(shared: Rig) -> None:
    page = shared.page()
    assert value(page, "fairlead_model_info", model=HOSTILE, team="lending") == 1
    assert value(page, "fairlead_feature_psi", model=HOSTILE, feature="income") < 0.1


def test_series_are_there_once_and_counters_begin_at_0(shared: Rig) -> None:
    page = shared.page()
    assert len(parse(page)) > 200
    for name in ("fairlead_analysis_runs_total", "fairlead_analysis_failures_total"):
        assert value(page, name, model="credit", family="data") == 0


HEADERS = {
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
}


@pytest.mark.parametrize("path", ["/", "/metrics", "/-/healthy", "/nowhere", "/runbooks/x", "/api/v1/openapi.json"])
def test_headers_of_every_answer(path: str, shared: Rig) -> None:
    assert HEADERS.items() <= dict(shared.client.get(path).headers).items()


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/nowhere", 404), ("POST", "/metrics", 405), ("GET", "/-/reload", 405), ("GET", "/api/v1/alerts/webhook", 405), ("GET", "/docs", 404)],
)  # fmt: skip
def test_other_requests(method: str, path: str, status: int, shared: Rig) -> None:
    assert shared.client.request(method, path).status_code == status


def test_healthy_and_ready(shared: Rig) -> None:
    for path, text in (("/-/healthy", "healthy\n"), ("/-/ready", "ready\n")):
        answer = shared.client.get(path)
        assert (answer.status_code, answer.text) == (200, text)


class Starting:
    """A service before its first snapshot."""

    access: Any = None
    audit: Any = None
    answers: Any = None
    predictions: Any = None

    def exposition(self, accept: str, compressed: bool) -> None: ...

    def snapshot(self) -> None: ...

    def reload(self) -> None: ...

    def runbook(self, alert: str) -> None: ...

    def receive_alerts(self, alerts: Any, receiver: str) -> int:
        return 0


def test_before_the_first_snapshot() -> None:
    with client_of(cast(Service, Starting())) as client:
        assert [client.get(path).status_code for path in ("/-/healthy", "/-/ready", "/metrics")] == [200, 503, 503]
        assert "None yet." in client.get("/").text
