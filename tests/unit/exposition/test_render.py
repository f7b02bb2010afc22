"""The page in both formats, compressed and plain, and which one an Accept header gets."""

import gzip
import math
from collections.abc import Iterable
from dataclasses import replace

import pytest
from prometheus_client import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from prometheus_client.parser import text_string_to_metric_families as parse_text

from fairlead.core.measurement import Measurement
from fairlead.core.plan import Window
from fairlead.core.run import Run
from fairlead.core.snapshot import Snapshot
from fairlead.exposition import render as rendering
from fairlead.exposition.collector import Collector
from fairlead.exposition.fragment import Fragment, fragment
from fairlead.exposition.render import HELPS, gzipped, page, render, wants_openmetrics, whole
from tests.support.page import NOON, SNAPSHOT, plain, process, state


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
    """What the runs of the snapshot measured, without a word of the exposition's."""
    found: Samples = {}
    for model in SNAPSHOT.models:
        for run in model.runs.values():
            for one in run.measurements:
                labels = frozenset({"model": model.name, **dict(one.labels)}.items())
                found[f"fairlead_{one.metric}", labels] = one.value
                if one.noise is not None:
                    found[f"fairlead_{one.metric}_noise", labels] = one.noise
    return found


def test_text_is_what_was_measured() -> None:
    assert set(expected().items()) <= set(samples(parse_text(plain().decode())).items())


def test_both_formats_say_the_same() -> None:
    assert samples(parse_openmetrics(plain().decode())) == samples(parse_text(plain().decode()))


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


def of_one(feature: str, number: float) -> tuple[Fragment]:
    """A model that measured this."""
    measured = (Measurement("feature_psi", number, (("feature", feature),)),)
    run = Run("credit", "3", "data", Window(NOON, NOON), "scheduled", NOON, NOON, measurements=measured)
    return (fragment((state("credit", {"data": run}),), 100),)


def psi(fragments: Iterable[Fragment]) -> str:
    """The lines of the measurement."""
    return "".join(one.lines["fairlead_feature_psi"].decode() for one in fragments)


@pytest.mark.parametrize("value", ['quo"te', "back\\slash", '\\"', "\\n", "愛 é", "", "{a=1}", "# HELP x", 'x",y="'])
def test_escaped_values_come_back(value: str) -> None:
    text = psi(of_one(value, 1.5))
    for parse in (parse_text, parse_openmetrics):
        assert list(samples(parse(text))) == [
            ("fairlead_feature_psi", frozenset({("model", "credit"), ("feature", value)}))
        ]
    assert text.count("\n") == 1


@pytest.mark.parametrize("number", [0.0, 1.0, -0.25, 1 / 3, 1e-300, 1.7e308, 123456789012.0, math.inf, -math.inf])
def test_numbers_come_back_exactly(number: float) -> None:
    assert list(samples(parse_text(psi(of_one("a", number)))).values()) == [number]


@pytest.mark.parametrize(("number", "text"), [(math.nan, "NaN"), (math.inf, "+Inf"), (-math.inf, "-Inf"), (0, "0")])
def test_numbers_are_spelled_as_the_format_says(number: float, text: str) -> None:
    assert psi(of_one("a", number)) == f'fairlead_feature_psi{{model="credit",feature="a"}} {text}\n'


def fragments_of(count: int) -> tuple[Fragment, ...]:
    """Some thousands of series."""
    states = tuple(replace(SNAPSHOT.models[0], name=f"model {number}") for number in range(count))
    return Collector().collect(Snapshot(states)).fragments


@pytest.mark.parametrize("rest", [b"", b"x 1\n", b"y 2\n" * 50_000])
@pytest.mark.parametrize("models", [0, 1, 40])
def test_both_bodies_hold_the_same_page(models: int, rest: bytes) -> None:
    snapshot = page(fragments_of(models))
    for _ in range(2):
        pieces, length = whole(snapshot, rest)
        text = b"".join(pieces)
        assert len(text) == length
        assert text == b"".join(render(snapshot.fragments)) + rest
        pieces, length = gzipped(snapshot, rest)
        compressed = b"".join(pieces)
        assert len(compressed) == length
        assert gzip.decompress(compressed) == text


def test_pieces_of_a_large_page_are_about_a_megabyte(monkeypatch: pytest.MonkeyPatch) -> None:
    text = b"".join(render(fragments_of(4)))
    monkeypatch.setattr(rendering, "PIECE", 1000)
    pieces = list(render(fragments_of(4)))
    assert b"".join(pieces) == text
    assert all(len(piece) >= 1000 for piece in pieces[:-1])
    assert len(pieces) > len(text) / 20_000


def test_names_come_once_and_in_the_order_of_the_catalogue() -> None:
    names = [line.split()[2].decode() for line in b"".join(render(fragments_of(3))).splitlines() if b"# TYPE" in line]
    assert names == [name for name in HELPS if name in names]


def test_gzip_is_small() -> None:
    snapshot = page(fragments_of(1))
    _, plain_length = whole(snapshot, process().text())
    _, length = gzipped(snapshot, process().text())
    assert length < plain_length / 3


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
