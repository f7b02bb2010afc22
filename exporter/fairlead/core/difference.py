"""What differs between two baselines, in numbers that need no common bins."""

from collections.abc import Iterator
from dataclasses import dataclass

from fairlead.core.baseline import Baseline
from fairlead.core.edges import NumericalBins
from fairlead.core.summary import Categorical, Numerical

MOST_CHANGED = 10
SHARE = "share of "


@dataclass(frozen=True, slots=True)
class Difference:
    """One quantity of one subject in both baselines; None where one has no such thing."""

    subject: str
    quantity: str
    before: float | None
    after: float | None


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


def _quantities(baseline: Baseline) -> dict[tuple[str, str], float]:
    return dict(_walk(baseline))


def _walk(baseline: Baseline) -> Iterator[tuple[tuple[str, str], float]]:
    summary = baseline.summary
    yield ("baseline", "rows"), summary.rows
    for feature, column in summary.numerical.items():
        yield from _numerical(f"feature {feature}", column, baseline.bins[feature])
    for feature, names in summary.categorical.items():
        yield from _shares(f"feature {feature}", names)
    yield from _shares("predictions", summary.classes)
    if summary.labelled:
        yield ("predictions", "accuracy"), summary.correct / summary.labelled
    if summary.entropy.rows:
        yield ("predictions", "mean entropy"), summary.entropy.mean
    for attribute, groups in summary.groups.items():
        for group, tally in groups.items():
            subject = f"{attribute} {group}"
            yield (subject, "rows"), tally.rows
            if tally.predicted:
                yield (subject, "selection rate"), tally.selected / tally.predicted
            if tally.positives:
                yield (subject, "true-positive rate"), tally.true_positives / tally.positives


def _numerical(subject: str, column: Numerical, bins: NumericalBins) -> Iterator[tuple[tuple[str, str], float]]:
    if column.rows:
        yield (subject, "missing share"), column.missing / column.rows
    finite = column.counted - column.infinite
    if finite:
        yield (subject, "mean"), bins.mean(column)
        yield (subject, "minimum"), column.minimum
        yield (subject, "maximum"), column.maximum


def _shares(subject: str, column: Categorical) -> Iterator[tuple[tuple[str, str], float]]:
    if column.rows:
        yield (subject, "missing share"), column.missing / column.rows
    for name, count in column.counts.items():
        yield (subject, f"{SHARE}{name}"), count / column.counted
