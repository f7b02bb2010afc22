"""The table of families: names agree with the catalogue, small windows have reasons, values are rounded."""

from dataclasses import replace

import numpy as np
import pytest

from fairlead.core import families
from fairlead.core.baseline import Baseline
from fairlead.core.comparison import Comparison
from fairlead.core.families import FAMILIES, HEADLINES
from fairlead.core.measurement import Measurement, Minimums, NotComputed, Outcomes
from fairlead.core.summary import Summary
from fairlead.core.thresholds import COMPARISONS
from fairlead.exposition.catalogue import MEASUREMENTS, METRICS
from tests.support.comparisons import FAVOURABLE, Rows, baseline_of, outcomes

FULL = Rows(
    numbers={"income": np.arange(200.0), "age": np.linspace(18, 90, 200)},
    names={"purpose": ["car", "boat"] * 100},
    predictions=[FAVOURABLE, FAVOURABLE, "denied", FAVOURABLE] * 50,
    labels=[FAVOURABLE, "denied"] * 100,
    groups={"sex": ["f", "m"] * 50 + ["m", "f"] * 50},
    scores=[0.9, 0.6, 0.2, 0.7] * 50,
    attributions={name: np.full(200, 0.5 / i) for i, name in enumerate(("income", "age", "purpose", "x"), start=1)},
    keys=[row // 2 for row in range(200)],
)
TURNED = replace(FULL, numbers={**FULL.numbers, "age": np.linspace(90, 18, 200)})
"""Correlated the other way."""
REGRESSION = Rows(answers=np.linspace(0, 1, 200).tolist(), targets=np.linspace(0, 2, 200).tolist())


def everything(base: Rows, rows: Rows) -> list[Measurement | NotComputed]:
    baseline = baseline_of(base)
    return [
        one
        for family in FAMILIES
        for one in outcomes(family, baseline, rows, required=("income",), ranged=("income",)).all
    ]


def test_every_measurement_is_in_the_catalogue_with_its_labels_and_noise() -> None:
    found = everything(FULL, TURNED)
    assert [one for one in found if isinstance(one, NotComputed)] == []
    for one in found:
        metric = METRICS[f"fairlead_{one.metric}"]
        assert ("model", *(name for name, _ in one.labels)) == metric.labels
        assert isinstance(one, Measurement)
        assert (one.noise is not None) == metric.noise, one
        assert type(one.value) is float


def test_every_measurement_of_the_catalogue_is_measured() -> None:
    measured = [*everything(FULL, TURNED), *everything(REGRESSION, REGRESSION)]
    assert {f"fairlead_{one.metric}" for one in measured if isinstance(one, Measurement)} == {
        one.name for one in MEASUREMENTS
    }


def test_every_headline_has_thresholds_and_is_measured() -> None:
    headlines = {metric for metrics in HEADLINES.values() for metric in metrics}
    assert headlines <= set(COMPARISONS)
    assert headlines <= {one.metric for one in everything(FULL, FULL)}


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("rows", [1, 29])
def test_window_below_the_minimum_has_a_reason_for_every_headline(family: str, rows: int) -> None:
    small = Rows(numbers={"income": np.arange(float(rows)), "age": np.ones(rows)}, names={"purpose": ["car"] * rows})
    found = outcomes(family, baseline_of(FULL), small)
    assert [(one.metric, one) for one in found.all] == [
        (metric, NotComputed(metric, "too few rows")) for metric in HEADLINES[family]
    ]
    assert found.all, "a family that says nothing looks healthy"


def test_minimums_are_inclusive() -> None:
    column = np.arange(30.0)
    found = outcomes("data", baseline_of(Rows(numbers={"x": column})), Rows(numbers={"x": column}))
    assert found.value("feature_psi", feature="x") == pytest.approx(0, abs=1e-12)


def test_minimums_come_from_the_configuration() -> None:
    column = np.arange(50.0)
    minimums = Minimums(samples=51)
    found = outcomes("data", baseline_of(Rows(numbers={"x": column})), Rows(numbers={"x": column}), minimums=minimums)
    assert found.reason("feature_psi") == "too few rows"


def test_values_keep_twelve_digits_and_what_is_no_number_has_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    def statistic(c: Comparison) -> Outcomes:
        yield Measurement("rounded", 0.92 - 0.87, noise=1 / 3)
        yield Measurement("nan", float("nan"))
        yield Measurement("infinite", float("inf"), (("feature", "x"),))

    monkeypatch.setitem(FAMILIES, "data", (statistic,))
    empty = baseline_of(Rows())
    found = families.measure("data", Comparison(empty, Summary(rows=100), Summary(rows=100)))
    assert found == [
        Measurement("rounded", 0.05, noise=0.333333333333),
        NotComputed("nan", "not a finite number"),
        NotComputed("infinite", "not a finite number", (("feature", "x"),)),
    ]


def test_baseline_is_immutable() -> None:
    baseline: Baseline = baseline_of(FULL)
    with pytest.raises(AttributeError):
        baseline.version = "other"  # type: ignore[misc]  # that is the point
