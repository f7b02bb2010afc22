"""The page in both formats, compressed and plain, and which one an Accept header gets."""

import gzip
import math
from collections.abc import Iterable

import pytest
from prometheus_client import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from prometheus_client.parser import text_string_to_metric_families as parse_text

from fairlead.exposition.collector import Family, collect
from fairlead.exposition.render import gzipped, page, render, wants_openmetrics
from tests.support.page import SNAPSHOT, plain, process


def parse_openmetrics(page: str) -> list[Metric]:
    """The families of a page without its end mark."""
    return list(text_string_to_metric_families(page + "# EOF\n"))  # type: ignore[no-untyped-call]  # not annotated


Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def samples(families: Iterable[Metric]) -> Samples:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in families
        for sample in family.samples
    }


def expected() -> Samples:
    return {
        (family.name, frozenset(zip(family.labels, values, strict=True))): number
        for family in collect(SNAPSHOT).families
        for values, number in family.series.items()
    }


def test_text_is_what_the_collector_says() -> None:
    assert samples(parse_text(plain().decode())) == expected()


def test_openmetrics_is_what_the_collector_says() -> None:
    assert samples(parse_openmetrics(plain().decode())) == expected()


def test_whole_page_parses_in_both_formats() -> None:
    metrics = process()
    text = samples(parse_text((plain() + metrics.text()).decode()))
    openmetrics = samples(parse_openmetrics((plain() + metrics.openmetrics()).decode().removesuffix("# EOF\n")))
    assert set(expected().items()) <= set(text.items())
    assert set(expected().items()) <= set(openmetrics.items())
    assert text["fairlead_analysis_runs_total", frozenset({("model", "credit-default"), ("family", "data")})] == 1
    assert text["fairlead_build_info", frozenset({("version", _version())})] == 1


def _version() -> str:
    from fairlead import __version__

    return __version__


def test_openmetrics_ends_with_its_mark_and_text_has_none() -> None:
    assert (plain() + process().openmetrics()).endswith(b"\n# EOF\n")
    assert b"# EOF" not in plain() + process().text()


@pytest.mark.parametrize("value", ['quo"te', "back\\slash", "new\nline", '\\"', "\\n", "愛 é", "", "{a=1}", "# HELP x"])
def test_escaped_values_come_back(value: str) -> None:
    text = render([Family("fairlead_x", "A help.", ("feature",), {(value,): 1.5})]).decode()
    for parse in (parse_text, parse_openmetrics):
        assert samples(parse(text)) == {("fairlead_x", frozenset({("feature", value)})): 1.5}
    assert text.count("\n") == 3


@pytest.mark.parametrize("number", [0.0, 1.0, -0.25, 1 / 3, 1e-300, 1.7e308, 123456789012.0, math.inf, -math.inf])
def test_numbers_come_back_exactly(number: float) -> None:
    text = render([Family("fairlead_x", "A help.", ("feature",), {("a",): number})]).decode()
    assert list(samples(parse_text(text)).values()) == [number]


def test_nan_is_a_number_of_the_format() -> None:
    assert render([Family("x", "A help.", ("f",), {("a",): math.nan})]).endswith(b" NaN\n")


@pytest.mark.parametrize("rest", [b"", b"x 1\n", b"y 2\n" * 50_000])
@pytest.mark.parametrize("part", [b"", plain()])
def test_gzip_holds_the_plain_page(part: bytes, rest: bytes) -> None:
    snapshot = page(part)
    for _ in range(2):
        assert gzip.decompress(gzipped(snapshot, rest)) == part + rest


def test_gzip_is_small() -> None:
    assert len(gzipped(page(plain()), process().text())) < len(plain()) / 3


PROMETHEUS_2_42 = (
    "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
    "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
)
PROMETHEUS_2_53 = (
    "application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,"
    "text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
)
PROMETHEUS_3_5 = (
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
    "application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,"
    "text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
)
PROMETHEUS_3_5_TEXT_ONLY = "text/plain;version=0.0.4;q=0.6,*/*;q=0.5"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.mark.parametrize(
    ("accept", "openmetrics"),
    [
        (PROMETHEUS_2_42, True),
        (PROMETHEUS_2_53, True),
        (PROMETHEUS_3_5, True),
        (PROMETHEUS_3_5_TEXT_ONLY, False),
        (BROWSER, False),
        ("", False),
        ("*/*", False),
        ("text/plain", False),
        ("application/openmetrics-text", True),
        ("Application/OpenMetrics-Text; Version=1.0.0", True),
        ("application/openmetrics-text;version=0.0.1", False),
        ("application/openmetrics-text;version=2.0.0,text/plain", False),
        ("application/openmetrics-text;q=0", False),
        ("application/openmetrics-text;q=0.2,text/plain;version=0.0.4;q=0.8", False),
        ("text/plain;q=0.5,application/openmetrics-text;q=0.5", True),
        ("application/openmetrics-text;q=nonsense", False),
        (";;,,=;q", False),
    ],
)
def test_accept_header(accept: str, openmetrics: bool) -> None:
    assert wants_openmetrics(accept) is openmetrics
