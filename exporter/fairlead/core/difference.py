"""What differs between two baselines: numbers that need no common bins, and how far each column has moved."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import isfinite

from fairlead.core.baseline import Baseline
from fairlead.core.distance import (
    Apart,
    Distance,
    attributions_apart,
    class_shift,
    distance,
    features_apart,
    gap_changes,
    outputs_apart,
)
from fairlead.core.edges import NumericalBins
from fairlead.core.explanation.magnitude import magnitude
from fairlead.core.fairness.groups import ACCURACY, FALSE_POSITIVE, SELECTION, TRUE_POSITIVE
from fairlead.core.summary import Categorical, Numerical, Summary

MOST_CHANGED = 10
SHARE = "share of "
RATES = {
    "selection rate": SELECTION,
    "true-positive rate": TRUE_POSITIVE,
    "false-positive rate": FALSE_POSITIVE,
    "accuracy": ACCURACY,
}
GAPS = {
    "demographic parity growth": SELECTION,
    "equal opportunity growth": TRUE_POSITIVE,
    "accuracy gap growth": ACCURACY,
}


@dataclass(frozen=True, slots=True)
class Difference:
    """One quantity of one subject in both baselines; None where one has no such thing."""

    subject: str
    quantity: str
    before: float | None
    after: float | None


@dataclass(frozen=True, slots=True)
class Moved:
    """How far one subject has moved between both: a statistic that has no value in either of them."""

    subject: str
    statistic: str
    value: float


@dataclass(frozen=True, slots=True)
class Report:
    """All that differs: the distance in a few numbers, how far each subject has moved, and both values of the rest."""

    before: str
    after: str
    distance: Distance
    moved: tuple[Moved, ...]
    differences: tuple[Difference, ...]


def report(before: Baseline, after: Baseline, group: int) -> Report:
    """The whole report; groups of fewer than ``group`` rows do not enter a gap."""
    found = tuple(_moved(before, after, group))
    apart = distance(before, after, group)
    return Report(before.version, after.version, apart, found, tuple(differences(before, after)))


def _moved(before: Baseline, after: Baseline, group: int) -> Iterator[Moved]:
    yield from _apart("feature ", features_apart(before, after))
    if output := outputs_apart(before, after):
        yield from _apart("predictions ", [output])
    shift = class_shift(before.summary.classes, after.summary.classes)
    if shift is not None:
        yield Moved("predictions", "total variation", shift)
    for statistic, rate in GAPS.items():
        for attribute, change in gap_changes(before, after, rate, group).items():
            yield Moved(attribute, statistic, change)
    yield from _apart("attributions ", attributions_apart(before, after))


def _apart(kind: str, found: Iterable[Apart]) -> Iterator[Moved]:
    for one in found:
        if one.psi is not None:
            yield Moved(kind + one.subject, "PSI", one.psi)
        if one.wasserstein is not None:
            yield Moved(kind + one.subject, "Wasserstein-1", one.wasserstein)


def differences(before: Baseline, after: Baseline) -> list[Difference]:
    """Quantities that differ: sizes, shares, means, extremes, group rates; of categories the most changed ones."""
    quantities = (_quantities(before), _quantities(after))
    found = [
        Difference(*key, quantities[0].get(key), quantities[1].get(key))
        for key in dict.fromkeys((*quantities[0], *quantities[1]))
        if quantities[0].get(key) != quantities[1].get(key)
    ]
    shares: dict[str, list[Difference]] = {}
    for one in found:
        if one.quantity.startswith(SHARE):
            shares.setdefault(one.subject, []).append(one)
    kept = {id(one) for group in shares.values() for one in sorted(group, key=_size)[-MOST_CHANGED:]}
    return [one for one in found if not one.quantity.startswith(SHARE) or id(one) in kept]


def _size(one: Difference) -> float:
    return abs((one.after or 0.0) - (one.before or 0.0))


Quantities = Iterator[tuple[tuple[str, str], float]]


def _quantities(baseline: Baseline) -> dict[tuple[str, str], float]:
    return {key: value for key, value in _walk(baseline) if isfinite(value)}


def _walk(baseline: Baseline) -> Quantities:
    summary = baseline.summary
    yield ("baseline", "rows"), summary.rows
    for feature, column in summary.numerical.items():
        yield from _numerical(f"feature {feature}", column, baseline.bins[feature])
    for feature, names in summary.categorical.items():
        yield from _shares(f"feature {feature}", names)
    yield from _predictions(baseline)
    yield from _groups(summary)
    for feature, column in summary.attributions.items():
        if found := magnitude(column, baseline.attribution_bins[feature]):
            yield (f"attributions {feature}", "mean size"), found.mean


def _predictions(baseline: Baseline) -> Quantities:
    summary = baseline.summary
    yield from _shares("predictions", summary.classes)
    if summary.output is not None:
        yield from _numerical("predictions output", summary.output, baseline.output_bins)
    if summary.labelled:
        yield ("predictions", "accuracy"), summary.correct / summary.labelled
    if summary.entropy.rows:
        yield ("predictions", "mean entropy"), summary.entropy.mean
    if summary.confidence.rows:
        yield ("predictions", "mean confidence"), summary.confidence.mean
    if summary.errors.rows:
        yield ("predictions", "mean absolute error"), summary.errors.mean * baseline.output_bins.unit


def _groups(summary: Summary) -> Quantities:
    for attribute, groups in summary.groups.items():
        for group, tally in groups.items():
            subject = f"{attribute} {group}"
            yield (subject, "rows"), tally.rows
            for name, rate in RATES.items():
                if rate.rows(tally):
                    yield (subject, name), rate.value(tally)


def _numerical(subject: str, column: Numerical, bins: NumericalBins) -> Quantities:
    if column.rows:
        yield (subject, "missing share"), column.missing / column.rows
    finite = column.counted - column.infinite
    if finite:
        yield (subject, "mean"), bins.mean(column)
        yield (subject, "minimum"), column.minimum
        yield (subject, "maximum"), column.maximum


def _shares(subject: str, column: Categorical) -> Quantities:
    if column.rows:
        yield (subject, "missing share"), column.missing / column.rows
    for name, count in column.counts.items():
        yield (subject, f"{SHARE}{name}"), count / column.counted
