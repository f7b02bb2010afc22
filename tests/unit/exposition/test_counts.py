"""Runs and failures, as text that is made once per change."""

from prometheus_client import CollectorRegistry, Counter, disable_created_metrics, generate_latest
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics

from fairlead.exposition.counts import FAILURES, RUNS, Counts
from tests.support.runs import run

SUBJECTS = [("hiring", "data"), ("credit", "fairness"), ("credit", "data"), ('quo"te\\', "data")]


def counted() -> Counts:
    counts = Counts()
    counts.keep(SUBJECTS)
    for model, family in SUBJECTS:
        counts.add(run(9, model=model, family=family))
    counts.add(run(10, failure="broken"))
    return counts


def test_text_is_what_the_client_library_writes() -> None:
    disable_created_metrics()  # type: ignore[no-untyped-call]  # the library has no types here
    registry = CollectorRegistry()
    runs, failures = (Counter(m.name, m.help, m.labels, registry=registry) for m in (RUNS, FAILURES))
    for subject in sorted(SUBJECTS):
        runs.labels(*subject).inc(2 if subject == ("credit", "data") else 1)
        failures.labels(*subject).inc(1 if subject == ("credit", "data") else 0)
    openmetrics = generate_openmetrics(registry)  # type: ignore[no-untyped-call]
    assert counted().text() == generate_latest(registry)
    assert counted().openmetrics() + b"# EOF\n" == openmetrics


def test_unchanged_text_is_not_made_again() -> None:
    counts = counted()
    first, second = counts.text(), counts.openmetrics()
    assert counts.text() is first
    assert counts.openmetrics() is second
    assert not counts.add(run(model="gone"))
    assert counts.text() is first
    assert counts.add(run())
    assert counts.text() != first
    assert counts.openmetrics() != second


def test_models_that_look_alike_are_counted_together() -> None:
    counts = Counts()
    counts.keep([("nurse \u200d", "data"), ("nurse \u200c", "data")])
    counts.add(run(model="nurse \u200d"))
    counts.add(run(model="nurse \u200c"))
    lines = [line for line in counts.text().decode().splitlines() if line.startswith(RUNS.name)]
    assert lines == [f'{RUNS.name}{{family="data",model="nurse \N{REPLACEMENT CHARACTER}"}} 2.0']
