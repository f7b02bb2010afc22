"""Precision, recall and false-positive rate on labelled rows, of one class or on average over the classes."""

import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from fairlead.core import noise
from fairlead.core.comparison import Comparison
from fairlead.core.measurement import Measurement, NotComputed, Outcomes
from fairlead.core.prediction.classes import MAX_CLASSES
from fairlead.core.summary import MAX_GROUPS, ClassTally, Summary

Pair = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Rate:
    """(wrong rows, rows) of a class against the rest; its change is the growth of wrong ÷ rows, signed, worse is more.

    The rate is the right share, or with ``of_wrong`` the wrong one. ``undefined`` says of a class that there are no
    rows.
    """

    name: str
    change: str
    pair: Callable[[ClassTally, int], Pair]
    undefined: str
    of_wrong: bool = False

    def value(self, pairs: Mapping[str, Pair]) -> float:
        """Mean over classes, not empty."""
        wrong = _wrong(pairs)
        return wrong if self.of_wrong else 1 - wrong


RATES = (
    Rate("precision", "precision_drop", lambda t, _: (t.predicted - t.both, t.predicted), "never predicted"),
    Rate("recall", "recall_drop", lambda t, _: (t.actual - t.both, t.actual), "never a label"),
    Rate(
        "false_positive",
        "false_positive_increase",
        lambda t, labelled: (t.predicted - t.both, labelled - t.actual),
        "the only label",
        of_wrong=True,
    ),
)


def measure(c: Comparison) -> Outcomes:
    """Rates in [0, 1]; drops baseline − current, increase current − baseline, in [−1, 1], 0 when nothing changed.

    Of the configured class, else the unweighted mean over the classes, each against the rest, that have the rate in
    window and baseline. A class that is never predicted has no precision, one that is never a label no recall, and
    the only label no false-positive rate: it is left out, never taken for 0. Equal to scikit-learn's precision_score
    and recall_score over the same classes (average="macro", zero_division=nan). Without labels: nothing.
    """
    if c.regression or not (c.cohort.labelled or c.baseline.summary.labelled):
        return
    for rate in RATES:
        yield from _measure(c, rate)


def _measure(c: Comparison, rate: Rate) -> Outcomes:
    current, base = c.cohort, c.baseline.summary
    names = {*current.by_class, *base.by_class} if c.positive is None else {c.positive}
    many = len(names) > MAX_CLASSES or any(_lost(side, c.positive) for side in (current, base))
    now, before = ({} if many else _pairs(rate, side, names) for side in (current, base))
    common = sorted(now.keys() & before.keys())
    if c.positive is None and current.labelled and base.labelled:
        now, before = ({name: side[name] for name in common} for side in (now, before))
    rows, base_rows = _rows(now, current), _rows(before, base)
    if now:
        yield Measurement(f"performance_{rate.name}_ratio", rate.value(now), samples=rows)
    if before:
        yield Measurement(f"performance_{rate.name}_baseline_ratio", rate.value(before), baseline_samples=base_rows)
    reason = "too many classes" if many else _reason(c, rate, now, before)
    if reason:
        yield NotComputed(f"performance_{rate.change}", reason)
        return
    pairs = [(now[name], before[name]) for name in common]
    z = noise.one_sided_z(noise.ALPHA)
    limit = noise.rate_increase(*pairs[0], z) if len(pairs) == 1 else noise.mean_rate_increase(pairs, z)
    yield Measurement(f"performance_{rate.change}", _wrong(now) - _wrong(before), (), limit, rows, base_rows)


def _lost(side: Summary, positive: str | None) -> bool:
    """Whether there are so many classes that the positive one may not have been kept."""
    return positive is not None and len(side.by_class) >= MAX_GROUPS and positive not in side.by_class


def _pairs(rate: Rate, side: Summary, names: Collection[str]) -> dict[str, Pair]:
    """(wrong rows, rows) of each class that has the rate; a class without a row is a false positive of none."""
    found = {name: rate.pair(side.by_class.get(name, ClassTally()), side.labelled) for name in names}
    return {name: pair for name, pair in found.items() if pair[1]}


def _wrong(pairs: Mapping[str, Pair]) -> float:
    return math.fsum(wrong / rows for wrong, rows in pairs.values()) / len(pairs)


def _rows(pairs: Mapping[str, Pair], side: Summary) -> int:
    """Rows that the rates are out of; a row is a negative of many classes and counts once."""
    return min(sum(rows for _, rows in pairs.values()), side.labelled)


def _reason(c: Comparison, rate: Rate, now: Mapping[str, Pair], before: Mapping[str, Pair]) -> str | None:
    current, base = c.cohort.labelled, c.baseline.summary.labelled
    reason = "no labels" if current == 0 else c.too_few(current, base)
    if reason or (now and before):
        return reason
    if c.positive is None:
        return "no class in common with the baseline"
    return f"{c.positive} is {rate.undefined} in the {'baseline' if now else 'window'}"
